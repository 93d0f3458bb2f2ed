//! What is taken for the time and the id.

use super::*;

fn column(name: &str, file_type: &str) -> FileColumn {
    let is_text = file_type == "string";
    let is_instant = file_type.starts_with("timestamp");
    FileColumn {
        name: name.to_owned(),
        file_type: file_type.to_owned(),
        can_be_time: file_type != "float64",
        is_instant,
        can_be_tag: !is_instant && file_type != "float64",
        is_text,
    }
}

fn ids(columns: &[(&str, &str)], partitions: &[&str]) -> Vec<String> {
    let columns: Vec<FileColumn> = columns.iter().map(|(name, of)| column(name, of)).collect();
    let partitions: Vec<String> = partitions.iter().map(|name| (*name).to_owned()).collect();
    series_columns(&columns, &partitions, "ts")
}

#[test]
fn id_is_the_one_column_or_folder_that_is_named_so() {
    assert_eq!(ids(&[("host", "string"), ("Series-ID", "string"), ("item_id", "string")], &[]), ["Series-ID"]);
    assert_eq!(ids(&[("item_id", "int64")], &[]), ["item_id"]);
    assert_eq!(ids(&[("host", "string")], &["series_id"]), ["series_id"]);
}

#[test]
fn id_is_all_columns_that_name_parts_of_one() {
    let columns =
        [("host", "string"), ("value", "float64"), ("region", "string"), ("device_id", "int32"), ("site", "int32")];
    assert_eq!(ids(&columns, &["day", "symbol"]), ["symbol", "host", "region", "device_id"]);
    assert_eq!(ids(&[("note", "string"), ("value", "float64")], &["day"]), [""; 0]);
    assert_eq!(ids(&[("ts", "int64"), ("id", "float64")], &[]), [""; 0]);
}

#[test]
fn time_is_named_so_or_typed_so() {
    let time = |columns: &[(&str, &str)]| {
        let columns: Vec<FileColumn> = columns.iter().map(|(name, of)| column(name, of)).collect();
        time_column(&columns)
    };
    assert_eq!(time(&[("date", "string"), ("Time", "int64"), ("x", "timestamp(ms)")]).as_deref(), Some("Time"));
    assert_eq!(time(&[("date", "string"), ("x", "timestamp(ms)")]).as_deref(), Some("x"));
    assert_eq!(time(&[("date", "string"), ("n", "int64")]).as_deref(), Some("date"));
    assert_eq!(time(&[("timestamp", "float64"), ("n", "int64")]), None);
}
