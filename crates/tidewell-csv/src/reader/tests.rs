//! Files to rows, rejected rows and errors.

use arrow_array::RecordBatch;

use super::*;
use crate::options::CsvOptions;
use crate::shown::{Read, read, read_with, rows_of};
use crate::{TimeError, infer};

fn whole(text: &str) -> Read {
    read_with(text.as_bytes(), &CsvOptions::default(), usize::MAX)
}

/// Reads with a plan from so many bytes of sample.
fn sampled(text: &str, sample_bytes: usize) -> Read {
    read(text.as_bytes(), &CsvOptions::default(), sample_bytes, &[usize::MAX])
}

fn ints_then(last: &str) -> String {
    let mut text = "time,n\n".to_owned();
    for second in 10..60 {
        text.push_str(&format!("2024-01-01 00:00:{second},{second}\n"));
    }
    text + &format!("2024-01-01 00:01:00,{last}\n2024-01-01 00:01:01,7\n")
}

#[test]
fn reader_types_each_column_by_its_cells() {
    let found = whole(
        "time,i,u,f,b,s,e\n2024-01-01,1,18446744073709551615,1.5,true,x,\n2024-01-02,-2,0,2,FALSE,\"y,\"\"z\",\n2024-01-03,,,,,,\n",
    );
    assert_eq!(
        found.rows,
        [
            "b=true f=1.5 i=1 s=\"x\" time=1704067200 u=18446744073709551615",
            "b=false f=2.0 i=-2 s=\"y,\\\"z\" time=1704153600 u=0",
            "time=1704240000",
        ]
    );
}

#[test]
fn reader_integers_widen_beyond_the_sample() {
    let found = sampled(&ints_then("1.5"), 100);
    assert_eq!(found.rejections.count, 0);
    assert_eq!(found.rows.len(), 52);
    assert!(found.rows[0].contains("n=10.0"), "{}", found.rows[0]);
    assert!(found.rows[50].contains("n=1.5"), "{}", found.rows[50]);
    let settled = sampled(&ints_then("7"), 100);
    assert!(settled.rows[0].contains("n=10 "), "{}", settled.rows[0]);
}

#[test]
fn reader_integers_that_a_float_would_change_do_not_widen() {
    let text = ints_then("9007199254740993") + "2024-01-01 00:02:00,1.5\n";
    let found = sampled(&text, 100);
    assert_eq!(found.rejections.count, 1);
    assert_eq!(found.rejections.listed[0].reason, RejectReason::Widening);
    assert_eq!(found.rejections.listed[0].line, 54);
    assert!(found.rows[50].contains("n=9007199254740993"), "{}", found.rows[50]);
}

#[test]
fn reader_cells_that_do_not_fit_reject_their_row() {
    for (cell, column, word) in [
        ("x", "n", "integer"),
        ("9223372036854775808", "n", "unsigned"),
        ("99999999999999999999999", "n", "string"),
        ("1,2", "", "cells"),
        ("\"1\"x", "", "quote"),
    ] {
        let found = sampled(&ints_then(cell), 100);
        assert_eq!(found.rejections.count, 1, "{cell}");
        let rejected = found.rejections.listed[0].to_string();
        assert!(rejected.starts_with("line 52"), "{rejected}");
        assert!(rejected.contains(word) && rejected.contains(column), "{rejected}");
        assert_eq!(found.rows.len(), 51, "{cell}");
    }
}

#[test]
fn reader_column_given_a_type_does_not_widen() {
    let types = vec![("n".to_owned(), tidewell_types::FieldType::Integer)];
    let options = CsvOptions { column_types: types, ..CsvOptions::default() };
    let found = read_with(ints_then("1.5").as_bytes(), &options, 100);
    assert_eq!(found.rejections.count, 1);
    assert_eq!(found.rejections.listed[0].reason, RejectReason::Type("integer"));
}

#[test]
fn reader_column_without_values_is_decided_by_the_first_one() {
    let mut text = "time,a,b\n".to_owned();
    for day in 1..=28 {
        text.push_str(&format!("2024-01-{day:02},,\n"));
    }
    text.push_str("2024-02-01,5,x\n2024-02-02,2.5,\n2024-02-03,NA,NA\n");
    let found = sampled(&text, 60);
    assert_eq!(found.rejections.count, 0);
    assert_eq!(found.rows[27], "time=1706400000");
    assert_eq!(found.rows[28], "a=5.0 b=\"x\" time=1706745600");
    assert_eq!(found.rows[29], "a=2.5 time=1706832000");
    assert_eq!(found.rows[30], "b=\"NA\" time=1706918400");
}

#[test]
fn reader_rejected_rows_name_their_lines() {
    let options = CsvOptions { skip_lines: 2, rejected_listed_max: 3, ..CsvOptions::default() };
    let text = "banner\r\nmore\r\ntime,s,v\r\n2024-01-01,\"two\nlines\",1\r\nnever,x,2\r\n\r\n2024-01-03,x\r\n2024-01-04,x,3,4\r\n\
        2024-01-05,y,4\r\n2024-01-06,z,1e999\r\n";
    let found = read_with(text.as_bytes(), &options, usize::MAX);
    let lines: Vec<u64> = found.rejections.listed.iter().map(|rejected| rejected.line).collect();
    assert_eq!(lines, [6, 8, 9]);
    assert_eq!(found.rejections.count, 4);
    assert_eq!(found.rejections.listed[0].reason, RejectReason::Time(TimeError::Unknown));
    assert_eq!(found.rejections.listed[1].reason, RejectReason::CellCount { found: 2, expected: 3 });
    assert_eq!(found.rows.len(), 2);
    assert!(found.rows[0].contains("two\\nlines"));
}

#[test]
fn reader_hostile_bytes_reject_their_rows_only() {
    let text = b"time,s,v\n2024-01-01,ok,1\n2024-01-02,\xff\xfe,2\n2024-01-03,a\0b,3\n2024-01-04,fine,4\n2024-01-05,\"open,5\n2024,x,6\n";
    let found = read_with(text, &CsvOptions::default(), usize::MAX);
    assert_eq!(found.rows.len(), 2);
    let reasons: Vec<_> = found.rejections.listed.iter().map(|rejected| rejected.reason.clone()).collect();
    assert_eq!(reasons[..2], [RejectReason::Utf8, RejectReason::Nul]);
    assert!(matches!(reasons[2], RejectReason::OpenQuote(_)));
    assert_eq!(found.rejections.listed[2].line, 6);
}

#[test]
fn reader_quote_that_never_closes_ends_in_an_error_and_little_memory() {
    let head = b"time,s\n2024-01-01,a\n2024-01-02,b\n2024-01-03,\"";
    let options = CsvOptions { record_bytes_max: 100_000, ..CsvOptions::default() };
    let mut reader = CsvReader::new(infer(&head[..34], false, &options).unwrap());
    reader.push(head).unwrap();
    let mut pushed = 0;
    let error = loop {
        match reader.push(b"text that goes on,\n") {
            Ok(_) => pushed += 19,
            Err(error) => break error,
        }
        assert!(pushed < 1 << 20, "memory is bounded");
    };
    assert_eq!(error, CsvError::RecordTooLong { line: 4, bytes_max: 100_000 });
    assert!(error.to_string().contains("--quote"));
}

#[test]
fn reader_date_and_clock_in_two_columns_with_commas_and_markers() {
    let text = "Date;Time;CO(GT);T;;\n10/03/2004;18.00.00;2,6;13,6;;\n10/03/2004;19.00.00;-200;-200,0;;\n31/03/2004;20.00.00;2,25;11;;\n;;;;;\n;;;;;\n";
    let options = CsvOptions { missing: Some(vec!["-200".to_owned()]), ..CsvOptions::default() };
    let found = read_with(text.as_bytes(), &options, usize::MAX);
    assert_eq!(found.rejections.count, 0);
    assert_eq!(
        found.rows,
        ["CO(GT)=2.6 T=13.6 time=1078941600", "time=1078945200", "CO(GT)=2.25 T=11.0 time=1080763200"]
    );
}

#[test]
fn reader_year_month_day_hour_in_four_columns() {
    let text = "No,year,month,day,hour,pm2.5\n1,2010,1,1,0,NA\n2,2010,1,1,23,129\n3,2010,1,2,24,130\n4,2010,2,30,0,1\n";
    let found = whole(text);
    assert_eq!(found.rows[..2], ["No=1 time=1262304000", "No=2 pm2.5=129 time=1262386800"]);
    assert_eq!(found.rows[2], "No=3 pm2.5=130 time=1262476800");
    assert_eq!(found.rejections.listed[0].reason, RejectReason::Time(TimeError::NoSuch("date")));
    assert_eq!(found.rejections.listed[0].text, "2010 2 30 0");
}

#[test]
fn reader_zone_of_local_times_rejects_what_no_clock_shows() {
    let options = CsvOptions { timezone: "Europe/Berlin".parse().unwrap(), ..CsvOptions::default() };
    let text = "time,v\n2024-03-31 01:30:00,1\n2024-03-31 02:30:00,2\n2024-03-31 03:30:00,3\n2024-10-27 02:30:00,4\n2024-10-27 03:30:00,5\n";
    let found = read_with(text.as_bytes(), &options, usize::MAX);
    assert_eq!(found.rows, ["time=1711845000 v=1", "time=1711848600 v=3", "time=1729996200 v=5"]);
    assert_eq!(found.rejections.count, 2);
    assert!(found.rejections.listed[0].to_string().contains("does not exist in Europe/Berlin"));
    assert!(found.rejections.listed[1].to_string().contains("happens twice in Europe/Berlin"));
}

#[test]
fn reader_times_out_of_range_are_rejected_and_never_wrap() {
    let found = whole("time,v\n2024-01-01,1\n2262-04-12,2\n9999-12-31,3\n2024-01-02,4\n1500-01-01,5\n2024-01-03,5\n");
    assert_eq!(found.rejections.count, 3);
    assert!(
        found.rejections.listed.iter().all(|rejected| rejected.reason == RejectReason::Time(TimeError::OutOfRange))
    );
    assert_eq!(found.rejections.listed[0].column.as_deref(), Some("time"));
}

#[test]
fn reader_value_below_an_empty_name_is_rejected() {
    let mut text = "time,v,\n".to_owned();
    for day in 1..=28 {
        text.push_str(&format!("2024-01-{day:02},{day},\n"));
    }
    text.push_str("2024-02-01,5,lost\n");
    let found = sampled(&text, 60);
    assert_eq!(found.rejections.count, 1);
    assert_eq!(found.rejections.listed[0].reason, RejectReason::NoName);
    assert_eq!(found.rejections.listed[0].column.as_deref(), Some("column 3"));
}

#[test]
fn reader_line_ends_of_every_kind_give_the_same_rows() {
    let text = "time,s,v\n2024-01-01,a,1\n2024-01-02,\"b\",2\n2024-01-03,,3\n";
    let expected = whole(text).rows;
    assert_eq!(expected.len(), 3);
    for other in [
        text.replace('\n', "\r\n"),
        text.replace('\n', "\r"),
        text.trim_end().to_owned(),
        format!("\u{feff}{text}"),
        text.replace('\n', "\n\n"),
        text.replace(',', "\t"),
        text.replace(',', ";"),
        text.replace(',', "|"),
    ] {
        assert_eq!(whole(&other).rows, expected, "{other:?}");
    }
}

#[test]
fn reader_batches_end_at_their_limits() {
    let options = CsvOptions { batch_rows_max: 7, ..CsvOptions::default() };
    let text = ints_then("1");
    let mut reader = CsvReader::new(infer(text.as_bytes(), true, &options).unwrap());
    let mut batches = reader.push(text.as_bytes()).unwrap();
    let end = reader.finish().unwrap();
    assert_eq!((end.row_count, end.line), (52, 54));
    batches.extend(end.batches);
    let counts: Vec<usize> = batches.iter().map(RecordBatch::num_rows).collect();
    assert_eq!(counts, [7, 7, 7, 7, 7, 7, 7, 3]);
    let options = CsvOptions { batch_bytes_max: 50, ..CsvOptions::default() };
    let mut reader = CsvReader::new(infer(text.as_bytes(), true, &options).unwrap());
    assert_eq!(reader.push(text.as_bytes()).unwrap()[0].num_rows(), 3);
}

#[test]
fn reader_tags_are_dictionaries_in_the_rows_form_of_the_table() {
    let options = CsvOptions { tags: vec!["room".to_owned()], ..CsvOptions::default() };
    let text = "time,room,v\n2024-01-02,b,1\n2024-01-01,a,2\n2024-01-03,,3\n2024-01-02,b,4\n";
    let plan = infer(text.as_bytes(), true, &options).unwrap();
    assert_eq!(plan.repeated_keys_in_sample(), 1);
    let schema = plan.table_schema().unwrap();
    let mut reader = CsvReader::new(plan);
    reader.push(text.as_bytes()).unwrap();
    let batch = reader.finish().unwrap().batches.remove(0);
    assert_eq!(batch.schema(), schema.arrow());
    assert_eq!(
        rows_of(&batch),
        [
            "room='b' time=1704153600 v=1",
            "room='a' time=1704067200 v=2",
            "time=1704240000 v=3",
            "room='b' time=1704153600 v=4"
        ]
    );
}

#[test]
fn reader_without_time_gives_every_column_as_it_is() {
    let options = CsvOptions { without_time: true, tags: vec!["room".to_owned()], ..CsvOptions::default() };
    let text = "time,room,v\n2024-01-02,b,1\nsoon,a,\n,,\n,,3\n";
    let found = read_with(text.as_bytes(), &options, usize::MAX);
    assert_eq!(found.rejections.count, 0);
    assert_eq!(found.rows, ["room='b' time=\"2024-01-02\" v=1", "room='a' time=\"soon\"", "v=3"]);
    let given = CsvOptions { time_columns: vec!["time".to_owned()], ..options };
    let error = infer(text.as_bytes(), true, &given).unwrap_err().to_string();
    assert!(error.contains("give one of both"), "{error}");
}

#[test]
fn reader_of_a_settled_plan_keeps_the_types_of_the_sample() {
    let text = ints_then("1.5").replace("time,n", "time,n,e").replace('\n', ",\n").replace("e,\n", "e\n");
    let mut plan = infer(&text.as_bytes()[..100], false, &CsvOptions::default()).unwrap();
    plan.settle();
    let mut reader = CsvReader::new(plan);
    assert!(reader.push(text.as_bytes()).unwrap().is_empty());
    let end = reader.finish().unwrap();
    assert_eq!((end.rejections.count, end.row_count), (1, 51));
    assert_eq!(end.rejections.listed[0].line, 52);
    let names =
        |batch: &RecordBatch| batch.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    assert_eq!(names(&end.batches[0]), ["e", "n", "time"]);
}

#[test]
fn reader_cells_longer_than_a_window_are_whole() {
    for length in [61, 62, 63, 64, 65, 127, 128, 129, 500] {
        let long = "x".repeat(length);
        let text = format!("time,a,b\n2024-01-01,{long},\"{long}\"\n2024-01-02,\"{long}\n\",{long}\n");
        let found = whole(&text);
        assert_eq!(
            found.rows,
            [
                format!("a=\"{long}\" b=\"{long}\" time=1704067200"),
                format!("a=\"{long}\\n\" b=\"{long}\" time=1704153600")
            ]
        );
    }
}

#[test]
fn reader_quoted_tags_are_not_taken_for_like_ones() {
    let options = CsvOptions { tags: vec!["room".to_owned()], ..CsvOptions::default() };
    let text =
        "time,room,v\n2024-01-01,a\"\"b,1\n2024-01-02,\"a\"\"b\",2\n2024-01-03,\"a\"\"b\",3\n2024-01-04,a\"\"b,4\n";
    let found = read_with(text.as_bytes(), &options, usize::MAX);
    let rooms: Vec<&str> = found.rows.iter().filter_map(|row| row.split(' ').next()).collect();
    assert_eq!(rooms, ["room='a\"\"b'", "room='a\"b'", "room='a\"b'", "room='a\"\"b'"]);
}
