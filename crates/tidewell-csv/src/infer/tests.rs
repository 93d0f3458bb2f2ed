//! Plans of samples, and the errors that name what is missing.

use super::*;
use crate::{DateOrder, Decimal, EpochUnit, TimeFormat};

fn plan_with(text: &str, options: &CsvOptions) -> Result<CsvPlan, CsvError> {
    infer(text.as_bytes(), true, options)
}

fn plan(text: &str) -> CsvPlan {
    plan_with(text, &CsvOptions::default()).unwrap()
}

fn refusal(text: &str, options: &CsvOptions) -> String {
    plan_with(text, options).unwrap_err().to_string()
}

fn times(plan: &CsvPlan) -> (String, String) {
    (plan.time_columns().collect::<Vec<_>>().join("+"), plan.time_format().to_string())
}

#[test]
fn infer_time_is_found_by_name_and_content() {
    for (text, columns, format) in [
        ("v,when\n1,2024-01-01T00:00:00Z\n", "when", "auto"),
        ("created_at,time,v\n2024-01-01,2024-01-02,1\n", "time", "auto"),
        ("date,v\n31/01/2024,1\n01/02/2024,2\n", "date", "day_first"),
        ("date,v\n01/31/2024 6:00 PM,1\n", "date", "month_first"),
        ("date,v\n01.02.2024,1\n", "date", "day_first"),
        ("ts,id\n1700000000,1700000000\n", "ts", "epoch_s"),
        ("timestamp,v\n1700000000000,1\n1,2\n1700000000001,2\n", "timestamp", "epoch_ms"),
        ("time,v\n1700000000000000,1\n", "time", "epoch_us"),
        ("time,v\n1700000000000000000,1\n", "time", "epoch_ns"),
        ("Date,Time,v\n2024-01-31,18:00,1\n", "Date+Time", "auto"),
        ("Date;Time;v\n16/12/2006;17:24:00;4.216\n", "Date+Time", "day_first"),
        ("hour,year,month,day,v\n1,2010,1,2,3\n", "hour+year+month+day", "auto"),
        ("day,v\n20240131,1\n", "day", "auto"),
    ] {
        assert_eq!(times(&plan(text)), (columns.to_owned(), format.to_owned()), "{text:?}");
    }
}

#[test]
fn infer_time_that_is_not_sure_lists_what_there_is() {
    let none = CsvOptions::default();
    for (text, word) in [
        ("a,b\n1,2\n", "none of \"a\", \"b\" has times"),
        ("start_time,end_time\n2024-01-01,2024-01-02\n", "\"start_time\" has times, \"end_time\" has times"),
        ("time,v\n1,2\n2,3\n", "\"time\" is named like a time"),
        ("id,v\n1700000000,2\n", "\"id\" has numbers that may count from 1970"),
        ("clock,v\n18:00,2\n", "\"clock\" has times of day and no dates"),
    ] {
        let error = refusal(text, &none);
        assert!(error.contains(word) && error.contains("--time-columns"), "{error}");
        assert!(error.starts_with("line 1"), "{error}");
    }
}

#[test]
fn infer_date_of_either_order_is_refused_until_it_is_given() {
    let text = "date,v\n01/02/2024,1\n02/03/2024,2\n";
    let error = refusal(text, &CsvOptions::default());
    assert!(error.contains("line 2, column \"date\": \"01/02/2024\" may be day-first or month-first"), "{error}");
    let options = CsvOptions { time_format: TimeFormat::Text(DateOrder::DayFirst), ..CsvOptions::default() };
    assert_eq!(times(&plan_with(text, &options).unwrap()).1, "day_first");
    let both = refusal("date,v\n31/01/2024,1\n01/31/2024,2\n", &CsvOptions::default());
    assert!(both.contains("line 3"), "{both}");
}

#[test]
fn infer_options_choose_columns_by_name_case_or_place() {
    let options = CsvOptions {
        time_columns: vec!["1".to_owned()],
        tags: vec!["ROOM".to_owned()],
        skip_columns: vec!["note".to_owned()],
        time_format: TimeFormat::Epoch(Some(EpochUnit::Seconds)),
        column_types: vec![("v".to_owned(), FieldType::Float)],
        ..CsvOptions::default()
    };
    let plan = plan_with("t,Room,note,v\n1,a,x,1\n", &options).unwrap();
    let roles: Vec<ColumnRole> = plan.columns().iter().map(|column| column.role).collect();
    assert_eq!(
        roles,
        [ColumnRole::Time, ColumnRole::Tag, ColumnRole::Skipped, ColumnRole::Field(Some(FieldType::Float))]
    );
    let given = CsvOptions { time_columns: vec!["when".to_owned()], ..CsvOptions::default() };
    let error = refusal("time,v\n2024-01-01,1\n", &given);
    assert!(error.contains("no column is named \"when\" (time columns): the columns are time, v"), "{error}");
    let twice = CsvOptions { tags: vec!["a".to_owned(), "1".to_owned()], ..CsvOptions::default() };
    assert!(refusal("a,time\nx,2024-01-01\n", &twice).contains("named twice"));
}

#[test]
fn infer_header_that_gives_no_names_is_refused() {
    let none = CsvOptions::default();
    for (text, word) in [
        ("time,v,v\n2024-01-01,1,2\n", "column 3: the name \"v\" is that of column 2 too"),
        ("time,,v\n2024-01-01,1,2\n", "column 2: the column has values and an empty name"),
        ("time,\"a\nb\"\n2024-01-01,1\n", "control character"),
        ("date,time\n2024-01-01,5\n", "column 2: the name \"time\" is taken"),
    ] {
        let options = if text.starts_with("date") {
            CsvOptions { time_columns: vec!["date".to_owned()], ..CsvOptions::default() }
        } else {
            none.clone()
        };
        let error = refusal(text, &options);
        assert!(error.starts_with("line 1") && error.contains(word), "{error}");
    }
    let names = Some(["time", "a", "b"].map(str::to_owned).to_vec());
    let options = CsvOptions { column_names: names, header: Some(true), ..CsvOptions::default() };
    assert!(plan_with("time,v,v\n2024-01-01,1,2\n", &options).is_ok());
}

#[test]
fn infer_header_is_told_from_rows() {
    assert_eq!(plan("2024-01-01,1\n2024-01-02,2\n").columns()[1].name, "column_2");
    assert_eq!(plan("time,1st\n2024-01-02,2\n").columns()[1].name, "1st");
    assert_eq!(plan("2024-01-01,1\n").rows_from(), (0, 1));
    assert_eq!(plan("\u{feff}time,v\n2024-01-01,1\n").rows_from(), (10, 2));
}

#[test]
fn infer_nothing_to_read_is_an_error_of_its_kind() {
    let none = CsvOptions::default();
    assert_eq!(plan_with("", &none).unwrap_err(), CsvError::Empty { line: 1 });
    assert_eq!(plan_with("\u{feff}\n\n", &none).unwrap_err(), CsvError::Empty { line: 1 });
    assert_eq!(plan_with("time,v\n", &none).unwrap_err(), CsvError::NoRows { line: 1 });
    let skip = CsvOptions { skip_lines: 3, ..CsvOptions::default() };
    assert_eq!(plan_with("a\nb\n", &skip).unwrap_err(), CsvError::Empty { line: 4 });
    assert!(matches!(infer(b"a\nb\n", false, &skip), Err(CsvError::Option(_))));
    assert!(matches!(infer(b"time,va", false, &none), Err(CsvError::Option(_))));
}

#[test]
fn infer_other_encodings_are_named() {
    let wide: Vec<u8> = "time,v\n2024-01-01,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xff, 0xfe][..], &wide].concat();
    for bytes in [&wide, &marked] {
        let error = infer(bytes, true, &CsvOptions::default()).unwrap_err();
        assert_eq!(error, CsvError::Encoding { encoding: "UTF-16 (little-endian)" });
    }
    assert!(matches!(infer(b"\x1f\x8b\x08", true, &CsvOptions::default()), Err(CsvError::Encoding { .. })));
}

#[test]
fn infer_decimal_comma_is_found_or_asked_for() {
    let none = CsvOptions::default();
    let float = |text: &str| plan(text).columns()[1].role == ColumnRole::Field(Some(FieldType::Float));
    assert!(float("time;v\n2024-01-01;2,5\n2024-01-02;1,234\n"));
    assert!(float("time;v\n2024-01-01;0,123\n"));
    assert!(!float("time;v;w\n2024-01-01;2,5;2.5\n"));
    let error = refusal("time;v\n2024-01-01;1,234\n2024-01-02;12,345\n", &none);
    assert!(error.contains("line 2, column \"v\"") && error.contains("--decimal"), "{error}");
    let comma = CsvOptions { decimal: Decimal::Comma, ..CsvOptions::default() };
    assert!(plan_with("time;v\n2024-01-01;1,234\n", &comma).is_ok());
}

#[test]
fn infer_types_are_the_narrowest_that_lose_nothing() {
    for (cells, role) in [
        ("1 2 -3", Some(FieldType::Integer)),
        ("1 18446744073709551615", Some(FieldType::Unsigned)),
        ("-1 18446744073709551615", Some(FieldType::String)),
        ("1 99999999999999999999", Some(FieldType::String)),
        ("1.5 99999999999999999999", Some(FieldType::Float)),
        ("1 2.5 NA", Some(FieldType::Float)),
        ("true FALSE", Some(FieldType::Boolean)),
        ("true 1", Some(FieldType::String)),
        ("1 x", Some(FieldType::String)),
        ("NA null", None),
        ("\"1\" \"2\"", Some(FieldType::Integer)),
    ] {
        let rows: String = cells.split(' ').map(|cell| format!("2024-01-01,{cell}\n")).collect();
        let plan = plan(&format!("time,v\n{rows}"));
        assert_eq!(plan.columns()[1].role, ColumnRole::Field(role), "{cells}");
    }
}

#[test]
fn plan_adopts_the_types_of_a_table() {
    let mut table = tidewell_types::TableSchema::new();
    table.add_tag("host").unwrap();
    table.add_field("v", FieldType::Float).unwrap();
    table.add_field("w", FieldType::Boolean).unwrap();
    let mut fits = plan("time,host,v\n2024-01-01,a,1\n");
    fits.adopt(&table).unwrap();
    assert_eq!(fits.table_schema().unwrap().kind("v"), table.kind("v"));
    assert_eq!(fits.table_schema().unwrap().kind("host"), table.kind("host"));
    let error = plan("time,w\n2024-01-01,5\n").adopt(&table).unwrap_err().to_string();
    assert!(error.contains("\"w\" is integer field here and boolean field in the table"), "{error}");
}

#[test]
fn infer_times_that_mostly_do_not_read_are_refused_by_the_first() {
    let options = CsvOptions {
        time_format: "%Y-%m-%d".parse().unwrap(),
        time_columns: vec!["time".to_owned()],
        ..CsvOptions::default()
    };
    let error = refusal("time,v\n2024/01/01,1\n2024/01/02,1\n", &options);
    assert_eq!(error, "line 2, column \"time\": \"2024/01/01\" does not fit the time format \"%Y-%m-%d\"");
}

#[test]
fn infer_options_that_cannot_be_are_refused() {
    let base = CsvOptions::default;
    for options in [
        CsvOptions { delimiter: Some(b'\n'), ..base() },
        CsvOptions { delimiter: Some(b'a'), ..base() },
        CsvOptions { delimiter: Some(b'"'), ..base() },
        CsvOptions { quote: Some(0), ..base() },
        CsvOptions { record_bytes_max: 0, ..base() },
        CsvOptions { batch_rows_max: 0, ..base() },
        CsvOptions { column_names: Some(vec!["time".to_owned()]), ..base() },
    ] {
        assert!(matches!(plan_with("time,v\n2024-01-01,1\n", &options), Err(CsvError::Option(_))), "{options:?}");
    }
}
