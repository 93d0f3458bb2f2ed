//! Compressed files are read as what they hold.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::file::SourceFile;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn open(path: &Path, bytes: &[u8], env: &Env) -> Result<OpenFile, FileError> {
    std::fs::write(path, bytes).unwrap();
    let file = SourceFile::local(path.to_owned(), &std::fs::metadata(path).unwrap());
    inflated(file.open(env).await.unwrap(), env).await
}

#[tokio::test]
async fn compressed_file_is_read_as_what_it_holds() {
    let (folder, env) = (tempfile::tempdir().unwrap(), Env::system());
    let text: Vec<u8> = (0..300_000u32).flat_map(|row| format!("{row},{}\n", row * 7).into_bytes()).collect();
    let two_members = [gzip(&text[..1000]), gzip(&text[1000..])].concat();
    for packed in [gzip(&text), two_members] {
        let file = open(&folder.path().join("a.csv.gz"), &packed, &env).await.unwrap();
        assert_eq!(file.file_bytes(), text.len() as u64);
        assert_eq!(read(&file, 0..text.len() as u64).await.unwrap(), text);
        assert_eq!(file.source_bytes(text.len() as u64), packed.len() as u64);
        file.check_unchanged().await.unwrap();
    }
}

#[tokio::test]
async fn plain_and_empty_files_stay_what_they_are() {
    let (folder, env) = (tempfile::tempdir().unwrap(), Env::system());
    for text in ["", "a", "time,v\n1,2\n"] {
        let file = open(&folder.path().join("a.csv"), text.as_bytes(), &env).await.unwrap();
        assert_eq!(read(&file, 0..text.len() as u64).await.unwrap(), text.as_bytes());
    }
}

#[tokio::test]
async fn damaged_gzip_and_bombs_are_refused() {
    let (folder, env) = (tempfile::tempdir().unwrap(), Env::system());
    let path = folder.path().join("a.csv.gz");
    let mut cut = gzip(b"time,v\n1,2\n");
    cut.truncate(cut.len() - 6);
    let error = open(&path, &cut, &env).await.unwrap_err().to_string();
    assert!(error.contains("gzip is damaged"), "{error}");
    let bomb = gzip(&vec![b'0'; 100 << 20]);
    let error = open(&path, &bomb, &env).await.unwrap_err().to_string();
    assert!(error.contains("inflates to more than"), "{error}");
}
