//! Finding files: folders, patterns, stores; hidden ones are left out, each is found once.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use tempfile::tempdir;

use super::*;
use crate::sample::{memory, write};
use bytes::Bytes;

fn names(files: &[SourceFile], root: &str) -> Vec<String> {
    files.iter().map(|file| file.url().strip_prefix(root).unwrap().trim_start_matches('/').to_owned()).collect()
}

async fn find_names(sources: &[&str], root: &Path) -> Result<Vec<String>, ImportError> {
    let root = root.to_str().unwrap();
    let sources: Vec<Source> = sources.iter().map(|source| Source::Local(format!("{root}/{source}"))).collect();
    Ok(names(&find(&sources, "csv", &Env::system()).await?, root))
}

#[tokio::test]
async fn folders_are_walked_without_hidden_and_other_files() {
    let folder = tempdir().unwrap();
    for name in ["b.csv", "a/x.CSV", "a/y.txt", ".hidden/z.csv", "_temporary/z.csv", "a/_SUCCESS.csv", "c=1/d.csv"] {
        write(folder.path(), name, b"x");
    }
    let path = folder.path();
    assert_eq!(find_names(&[""], path).await.unwrap(), ["a/x.CSV", "b.csv", "c=1/d.csv"]);
    assert_eq!(find_names(&["b.csv", "a", "b.csv"], path).await.unwrap(), ["b.csv", "a/x.CSV"]);
    assert_eq!(find_names(&["a/y.txt"], path).await.unwrap(), ["a/y.txt"]);
    assert_eq!(find_names(&["*/*.csv"], path).await.unwrap(), ["_temporary/z.csv", "a/_SUCCESS.csv", "c=1/d.csv"]);
    for nothing in ["*.parquet", "_temporary/q*"] {
        assert!(matches!(find_names(&[nothing], path).await, Err(ImportError::NoFile { .. })), "{nothing}");
    }
    for wrong in ["nothing.csv", "a/["] {
        assert!(matches!(find_names(&[wrong], path).await, Err(ImportError::Source { .. })), "{wrong}");
    }
    write(path, "packed/e.csv.gz", b"x");
    write(path, "packed/f.gz", b"x");
    assert_eq!(find_names(&["packed"], path).await.unwrap(), ["packed/e.csv.gz"]);
}

#[tokio::test]
async fn a_name_with_signs_of_patterns_is_found_as_it_is() {
    let folder = tempdir().unwrap();
    write(folder.path(), "a[1].csv", b"x");
    assert_eq!(find_names(&["a[1].csv"], folder.path()).await.unwrap(), ["a[1].csv"]);
}

#[tokio::test]
async fn objects_are_found_by_name_folder_and_pattern() {
    let store = memory();
    for key in ["in/a.csv", "in/x=1/b.csv", "in/_tmp/c.csv", "in/d.txt", "other/e.csv"] {
        store.put(&ObjectName::foreign(key).unwrap(), Bytes::from_static(b"time\n")).await.unwrap();
    }
    for (key, expected) in [
        ("in/d.txt", vec!["in/d.txt"]),
        ("in", vec!["in/a.csv", "in/x=1/b.csv"]),
        ("", vec!["in/a.csv", "in/x=1/b.csv", "other/e.csv"]),
        ("*/a.csv", vec!["in/a.csv"]),
        ("in/*", vec!["in/a.csv", "in/d.txt"]),
    ] {
        let source = Source::Store { store: store.clone(), key: key.to_owned() };
        let found = find(&[source], "csv", &Env::system()).await.unwrap();
        assert_eq!(names(&found, "memory://"), expected, "{key}");
        assert!(found.iter().all(|file| file.file_bytes() == 5));
    }
    let source = Source::Store { store, key: "in/*.parquet".to_owned() };
    assert!(matches!(find(&[source], "csv", &Env::system()).await, Err(ImportError::NoFile { .. })));
}

#[test]
fn sources_are_paths_or_urls() {
    let parse = |text: &str| Source::parse(text, &Env::system(), &tidewell_storage::StoreOptions::default());
    assert!(matches!(parse("a/b*.csv"), Ok(Source::Local(path)) if path == "a/b*.csv"));
    assert!(matches!(parse("file:///tmp/x"), Ok(Source::Local(path)) if path == "/tmp/x"));
    for wrong in ["", "ftp://x/y", "s3://"] {
        assert!(matches!(parse(wrong), Err(ImportError::Source { .. })), "{wrong}");
    }
}
