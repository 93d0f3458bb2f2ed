//! Good lines become rows under their tables' columns; bad ones are named and change nothing.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array as _, RecordBatch};
use proptest::prelude::*;
use tidewell_types::{ColumnKind, FieldType, TIME_COLUMN};

use super::*;

const NOW: TimestampNs = TimestampNs::from_ns(1_700_000_000_000_000_000);

fn admit_to(known: &[(&str, TableSchema)], body: &str) -> Admitted {
    let schema_of =
        |name: &str| known.iter().find(|(table, _)| *table == name).map(|(_, schema)| Arc::new(schema.clone()));
    admit(body.as_bytes(), Precision::Nanosecond, NOW, schema_of, &AdmitLimits::default()).unwrap()
}

fn admitted(body: &str) -> Admitted {
    admit_to(&[], body)
}

fn level() -> TableSchema {
    let mut schema = TableSchema::new();
    schema.add_tag("site").unwrap();
    schema.add_field("v", FieldType::Float).unwrap();
    schema
}

fn only(admitted: &Admitted) -> &RecordBatch {
    assert_eq!(admitted.batch.tables.len(), 1);
    &admitted.batch.tables[0].rows
}

fn times(rows: &RecordBatch) -> Vec<i64> {
    rows[TIME_COLUMN].as_primitive::<TimestampNanosecondType>().values().to_vec()
}

fn floats(rows: &RecordBatch, column: &str) -> Vec<Option<f64>> {
    rows[column].as_primitive::<Float64Type>().iter().collect()
}

fn tags(rows: &RecordBatch, column: &str) -> Vec<Option<String>> {
    let values = rows[column].as_dictionary::<Int32Type>().downcast_dict::<arrow_array::StringArray>().unwrap();
    (0..rows.num_rows())
        .map(|row| values.is_valid(row).then(|| values.into_iter().nth(row).flatten().unwrap().into()))
        .collect()
}

fn rejected(admitted: &Admitted) -> Vec<(usize, &str)> {
    assert_eq!(admitted.rejected.count, admitted.rejected.lines.len());
    admitted.rejected.lines.iter().map(|line| (line.line_number, line.reason.as_str())).collect()
}

fn columns(schema: &TableSchema) -> Vec<(String, ColumnKind)> {
    let tags = schema.tags().iter().map(|tag| (tag.to_string(), ColumnKind::Tag));
    tags.chain(schema.fields().iter().map(|(field, kind)| (field.to_string(), ColumnKind::Field(*kind)))).collect()
}

#[test]
fn body_becomes_rows_of_its_tables_in_line_order() {
    let admitted = admitted("a,t=x v=1,w=2i 10\nb v=true 20\na,t=y v=3 5\na u=7u,s=\"q\" 5\n");
    assert_eq!(rejected(&admitted), []);
    let names: Vec<_> = admitted.batch.tables.iter().map(|table| table.table.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    let a = &admitted.batch.tables[0].rows;
    let columns: Vec<_> = a.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(columns, ["s", "t", "time", "u", "v", "w"]);
    assert_eq!(times(a), [10, 5, 5]);
    assert_eq!(tags(a, "t"), [Some("x".to_owned()), Some("y".to_owned()), None]);
    assert_eq!(floats(a, "v"), [Some(1.0), Some(3.0), None]);
    assert_eq!(a["w"].as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(2), None, None]);
    assert!(admitted.batch.tables[1].rows["v"].as_boolean().value(0));
}

#[test]
fn rows_fit_the_schema_that_they_grow() {
    let admitted = admitted("a,t=x,r=1 v=1,w=2i,u=3u,b=f,s=\"q\" 10\n");
    let (name, grown) = &admitted.growth[0];
    assert_eq!(name.as_str(), "a");
    assert_eq!(only(&admitted).schema(), grown.arrow());
}

#[test]
fn conflict_within_a_body_rejects_the_later_line() {
    let admitted = admitted("m v=1 1\nm v=2i 2\nm,v=x w=1 3\nm v=4 4\n");
    let rejected = rejected(&admitted);
    assert_eq!(rejected.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3]);
    assert!(rejected[0].1.contains("\"v\"") && rejected[0].1.contains("integer") && rejected[0].1.contains("float"));
    assert!(rejected[1].1.contains("tag"), "{rejected:?}");
    assert_eq!((times(only(&admitted)), floats(only(&admitted), "v")), (vec![1, 4], vec![Some(1.0), Some(4.0)]));
    assert_eq!(columns(&admitted.growth[0].1), [("v".to_owned(), ColumnKind::Field(FieldType::Float))]);
}

#[test]
fn conflict_with_the_known_schema_keeps_the_good_lines() {
    let admitted =
        admit_to(&[("m", level())], "m,site=a v=1 1\nm v=\"x\" 2\nm site=3 3\nm,v=q z=1 4\nm,site=b v=5 5\n");
    assert_eq!(rejected(&admitted).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 4]);
    let shown = &admitted.rejected.lines[0];
    assert_eq!((shown.line.as_str(), shown.column), ("m v=\"x\" 2", 1));
    assert!(shown.reason.contains("table \"m\"") && shown.reason.contains("string field"), "{}", shown.reason);
    assert_eq!(times(only(&admitted)), [1, 5]);
    assert!(admitted.growth.is_empty());
}

#[test]
fn column_of_a_rejected_line_is_not_created() {
    let admitted = admit_to(&[("m", level())], "m,new=1 fresh=1,v=2i 1\nm fresh=\"text\" 2\n");
    assert_eq!(rejected(&admitted).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1]);
    assert_eq!(columns(&admitted.growth[0].1), [("fresh".to_owned(), ColumnKind::Field(FieldType::String))]);
    assert!(only(&admitted).column_by_name("new").is_none());
}

#[test]
fn table_of_rejected_lines_only_is_not_created() {
    let admitted = admitted("m v=1,time=2 1\nm,time=x v=1 1\ngood v=1 1\n");
    assert_eq!(rejected(&admitted).len(), 2);
    assert!(admitted.rejected.lines[0].reason.contains("\"time\""));
    assert_eq!(only(&admitted).num_rows(), 1);
    assert_eq!(admitted.growth.len(), 1);
}

#[test]
fn line_that_does_not_parse_is_named_with_its_column() {
    let admitted = admitted("m v=1 1\n\n# note\nm v= 2\nm v=3 3");
    let bad = &admitted.rejected.lines[0];
    assert_eq!((bad.line_number, bad.line.as_str(), admitted.rejected.count), (4, "m v= 2", 1));
    assert!(bad.column > 1);
    assert_eq!(times(only(&admitted)), [1, 3]);
}

#[test]
fn line_with_ten_thousand_tag_keys_is_rejected_and_leaves_no_trace() {
    let tags: String = (0..10_000).map(|key| format!(",k{key}=v")).collect();
    let admitted = admitted(&format!("m,a=1 v=1 1\nm{tags} v=2 2\nm,a=2 v=3 3\n"));
    let bad = &admitted.rejected.lines[0];
    assert_eq!((bad.line_number, bad.line.len(), admitted.rejected.count), (2, 1024, 1));
    assert!(bad.reason.contains("250 tags"), "{}", bad.reason);
    assert_eq!(times(only(&admitted)), [1, 3]);
    assert_eq!(columns(&admitted.growth[0].1).len(), 2);
}

#[test]
fn table_grows_to_its_limits_and_no_further() {
    let limits = AdmitLimits { columns_max: 5, tags_max: 2 };
    let known = level();
    let schema_of = |_: &str| Some(Arc::new(known.clone()));
    let admit_all = |body: &str| admit(body.as_bytes(), Precision::Nanosecond, NOW, schema_of, &limits).unwrap();
    // Time, site and v are there: two columns are left, one of which may be a tag.
    let fits = admit_all("m,site=a,gauge=1 v=1,w=2 1\n");
    assert_eq!((rejected(&fits), only(&fits).num_columns()), (vec![], 5));
    let tags = admit_all("m,gauge=1,third=2 v=1 1\nm,gauge=1 v=2 2\n");
    assert!(tags.rejected.lines[0].reason.contains("2 tags"), "{:?}", tags.rejected);
    assert_eq!(times(only(&tags)), [2]);
    let fields = admit_all("m a=1,b=2,c=3 1\nm a=1,b=2 2\nm c=3 3\n");
    assert_eq!(rejected(&fields).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3]);
    assert!(fields.rejected.lines[0].reason.contains("5 columns"), "{:?}", fields.rejected);
    assert_eq!(columns(&fields.growth[0].1).len(), 2);
}

#[test]
fn tags_in_any_order_are_one_series() {
    let admitted = admitted("m,a=1,b=2 v=1 1\nm,b=2,a=1 v=2 1\n");
    let rows = only(&admitted);
    assert_eq!(tags(rows, "a"), [Some("1".to_owned()), Some("1".to_owned())]);
    assert_eq!(tags(rows, "b"), [Some("2".to_owned()), Some("2".to_owned())]);
}

#[test]
fn line_without_a_timestamp_gets_now() {
    let admitted = admitted("m v=1\nm v=2 7\nm v=3\n");
    assert_eq!(times(only(&admitted)), [NOW.as_ns(), 7, NOW.as_ns()]);
}

#[test]
fn timestamp_outside_of_what_can_be_stored_is_rejected() {
    let body = format!("m v=1 {}\nm v=2 {}\nm v=3 -9223372036\n", i64::MAX, 9_223_372_037i64);
    let admitted = admit(body.as_bytes(), Precision::Second, NOW, |_| None, &AdmitLimits::default()).unwrap();
    assert_eq!(rejected(&admitted).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2]);
    assert!(
        admitted.rejected.lines[1].reason.contains("9223372037")
            && admitted.rejected.lines[1].reason.contains("precision")
    );
    assert_eq!(times(only(&admitted)), [-9_223_372_036_000_000_000]);
}

#[test]
fn new_tags_are_ordered_by_how_few_values_they_have() {
    let body: String =
        (0..12).map(|row| format!("m,a{}=x,host=h{row},rack=r{},zone=z v=1 {row}\n", row % 2, row % 3)).collect();
    let (_, grown) = &admitted(&body).growth[0];
    // Ties go by name.
    assert_eq!(grown.tags().iter().map(|tag| &**tag).collect::<Vec<_>>(), ["a0", "a1", "zone", "rack", "host"]);
    // Known tags keep their place: growth is what comes behind them.
    let mut known = level();
    known.add_tag("host").unwrap();
    let (_, grown) = &admit_to(&[("m", known)], &body).growth[0];
    assert_eq!(grown.tags().iter().map(|tag| &**tag).collect::<Vec<_>>(), ["a0", "a1", "zone", "rack"]);
}

#[test]
fn field_named_twice_in_a_line_keeps_the_last_value() {
    let admitted = admitted("m v=1,w=1,v=2 1\nm v=3 2\n");
    assert_eq!((rejected(&admitted), floats(only(&admitted), "v")), (vec![], vec![Some(2.0), Some(3.0)]));
}

#[test]
fn table_name_that_cannot_be_is_rejected() {
    let long = "x".repeat(257);
    let admitted = admitted(&format!("{long} v=1 1\nm\u{7f} v=1 1\nok v=1 1\n"));
    assert_eq!(rejected(&admitted).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(admitted.batch.tables.len(), 1);
}

#[test]
fn body_without_lines_is_an_empty_batch() {
    for body in ["", "\n\n", "# only a note\n"] {
        let admitted = admitted(body);
        assert!(admitted.batch.tables.is_empty() && admitted.growth.is_empty() && admitted.rejected.is_empty());
    }
}

#[test]
fn hundreds_of_bad_lines_are_counted_and_a_hundred_described() {
    let admitted = admitted(&"m v=\n".repeat(350));
    assert_eq!((admitted.rejected.count, admitted.rejected.lines.len()), (350, 100));
}

fn line() -> impl Strategy<Value = String> {
    let value = prop_oneof![Just("1"), Just("2i"), Just("3u"), Just("t"), Just("\"s\"")];
    let fields = proptest::collection::vec((0..4u8, value), 1..4);
    let tags = proptest::collection::btree_map(0..3u8, 0..3u8, 0..3);
    (0..2u8, tags, fields, 0..5i64).prop_map(|(table, tags, fields, time)| {
        let tags: String = tags.iter().map(|(key, value)| format!(",c{key}={value}")).collect();
        let fields: Vec<String> = fields.iter().map(|(key, value)| format!("c{key}={value}")).collect();
        format!("m{table}{tags} {} {time}", fields.join(","))
    })
}

proptest! {
    /// A rejected line has no effect: without it, the body gives the same rows and columns.
    #[test]
    fn rejected_lines_change_nothing(lines in proptest::collection::vec(line(), 1..30)) {
        let whole = admitted(&lines.join("\n"));
        let bad: BTreeSet<usize> = rejected(&whole).iter().map(|(line, _)| *line).collect();
        let good: Vec<&str> =
            (1..).zip(&lines).filter(|(number, _)| !bad.contains(number)).map(|(_, line)| line.as_str()).collect();
        let alone = admitted(&good.join("\n"));
        prop_assert_eq!(rejected(&alone), vec![]);
        prop_assert_eq!(whole.batch.row_count(), good.len());
        prop_assert_eq!(alone.batch.tables.len(), whole.batch.tables.len());
        for table in &whole.batch.tables {
            let other = alone.batch.tables.iter().find(|other| other.table == table.table).unwrap();
            prop_assert_eq!(&table.rows, &other.rows);
        }
        let sorted = |mut growth: Vec<(TableName, TableSchema)>| {
            growth.sort_by(|(a, _), (b, _)| a.cmp(b));
            growth
        };
        prop_assert_eq!(sorted(whole.growth), sorted(alone.growth));
    }
}
