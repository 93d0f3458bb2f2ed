//! Files that leave.
#![allow(clippy::unwrap_used)]

use super::*;

#[tokio::test]
async fn file_has_its_name_once_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let outlet = Outlet::open(folder.path().to_str().unwrap(), Env::system()).unwrap();
    let mut file = outlet.begin("a/b.csv").unwrap();
    file.write(b"one").await.unwrap();
    let path = folder.path().join("a/b.csv");
    assert!(!path.exists());
    file.finish().await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"one");
    let mut other = outlet.begin("a/c.csv").unwrap();
    other.write(b"two").await.unwrap();
    other.abort().await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path().join("a")).unwrap().count(), 1);
}

#[tokio::test]
async fn bucket_takes_names_that_objects_can_have() {
    let outlet = Outlet::open("memory://", Env::system()).unwrap();
    let mut file = outlet.begin("day=2024-01-31/part-0.parquet").unwrap();
    file.write(b"one").await.unwrap();
    file.finish().await.unwrap();
    assert_eq!(outlet.begin("").unwrap_err().kind, ErrorKind::Invalid);
}

#[test]
fn place_that_is_no_url_is_refused() {
    assert_eq!(Outlet::open("gopher://x", Env::system()).unwrap_err().kind, ErrorKind::Invalid);
}
