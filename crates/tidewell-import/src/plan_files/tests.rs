//! Plans of files: columns, refusals, and the table that they would make.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use tempfile::tempdir;
use tidewell_types::FieldType;

use super::*;
use crate::sample::*;

#[tokio::test]
async fn plans_say_what_each_file_would_become_and_read_no_rows() {
    let folder = tempdir().unwrap();
    write(folder.path(), "r=1/a.parquet", &parquet_bytes(&[batch(&[(1, "a", Some(1.0), Some(1))])]));
    write(folder.path(), "b.parquet", b"no parquet");
    let files = find_in(folder.path(), "parquet").await;
    let plan = plan_files(&Env::system(), &files, &parquet(), &TableSchema::new()).await.unwrap();
    let good = plan.files.iter().find(|file| file.problem.is_none()).unwrap();
    assert_eq!((good.row_count, good.columns.len()), (Some(1), 5));
    let kinds: Vec<_> = good.columns.iter().map(|column| (column.name.as_str(), column.kind.unwrap())).collect();
    assert_eq!(kinds[..3], [("time", ColumnKind::Time), ("r", ColumnKind::Tag), ("host", ColumnKind::Tag)]);
    assert!(plan.files.iter().any(|file| file.problem.as_ref().is_some_and(|problem| problem.contains("Parquet"))));
    assert_eq!(plan.table.kind("v"), Some(ColumnKind::Field(FieldType::Float)));
}

#[tokio::test]
async fn a_conflict_between_files_is_the_later_ones_problem() {
    let folder = tempdir().unwrap();
    write(folder.path(), "a.csv", b"time,host,v\n2024-01-01,a,1.5\n");
    write(folder.path(), "b.csv", b"time,host,v\n2024-01-01,a,text\n");
    write(folder.path(), "c.csv", b"time,host,v\n");
    let files = find_in(folder.path(), "csv").await;
    let plan = plan_files(&Env::system(), &files, &csv(), &TableSchema::new()).await.unwrap();
    let problems: Vec<bool> = plan.files.iter().map(|file| file.problem.is_some()).collect();
    assert_eq!(problems, [false, true, false], "{plan:?}");
}
