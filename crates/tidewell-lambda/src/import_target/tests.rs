//! Keys and their tables.

use super::*;

fn target(key: &str) -> Result<ImportTarget, Failure> {
    ImportTarget::of_key("import/", key)
}

#[test]
fn a_key_below_the_prefix_names_database_table_file_and_kind() {
    let of = |key: &str| {
        let target = target(key).unwrap();
        (target.database, target.table, target.file, target.kind)
    };
    let expected = |db: &str, table: &str, file: &str, kind| (db.to_owned(), table.to_owned(), file.to_owned(), kind);
    assert_eq!(of("import/metrics/cpu/a.parquet"), expected("metrics", "cpu", "a.parquet", ImportKind::Parquet));
    assert_eq!(of("import/m/cpu/2026/03/a b.csv"), expected("m", "cpu", "2026/03/a b.csv", ImportKind::Csv));
    assert_eq!(of("import/m/cpu/a.csv.gz"), expected("m", "cpu", "a.csv.gz", ImportKind::CsvGz));
}

#[test]
fn an_empty_prefix_is_one_too() {
    assert_eq!(ImportTarget::of_key("", "m/cpu/a.csv").unwrap().database, "m");
}

#[test]
fn other_keys_are_refused_with_what_is_expected() {
    let strange = [
        "other/m/cpu/a.csv",
        "import/a.csv",
        "import/m/a.csv",
        "import//cpu/a.csv",
        "import/m//a.csv",
        "import/m/cpu/",
        "",
        "import/m/cpu/a.txt",
        "import/m/cpu/a.csv.zst",
        "import/m/cpu/a.gz",
        "import/m/cpu/.csv",
        "import/m/cpu/x/.parquet",
        "import/m/cpu/a.csv/",
        "import/m/cpu/a.CSV",
        "import/m/cpu/acsv",
    ];
    for key in strange {
        let message = target(key).unwrap_err().message;
        assert!(message.contains("import/<database>/<table>/<file>.parquet"), "{key}: {message}");
    }
}
