//! Files that are kept, given up and in the way of each other.

use super::NewFile;

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn new_file_has_its_name_only_when_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/x.parquet");
    let mut file = NewFile::create(&path).unwrap();
    file.write(b"abc").unwrap();
    assert!(!path.exists());
    let left = names(path.parent().unwrap());
    assert!(left.len() == 1 && left[0].starts_with(".x.parquet.") && left[0].ends_with(".partial"), "{left:?}");
    let other = NewFile::create(&path).unwrap();
    assert_eq!(names(path.parent().unwrap()).len(), 2);
    assert_eq!(file.keep().unwrap(), (path.clone(), 3));
    drop(other);
    assert_eq!(names(path.parent().unwrap()), ["x.parquet"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"abc");
}

#[test]
fn new_file_below_a_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x"), b"").unwrap();
    let error = NewFile::create(&folder.path().join("x/y")).unwrap_err();
    assert!(error.contains("cannot create it"), "{error}");
}
