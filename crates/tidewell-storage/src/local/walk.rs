//! Lists the files of a folder tree while others write and delete in it.

use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

use super::failed;
use super::publish::is_bookkeeping;
use crate::backend::{Failure, Listed, Tag};
use crate::memory::folder_start;

/// A file or folder; `sort_key` orders as the keys below it do.
struct Entry {
    name: String,
    sort_key: String,
    is_folder: bool,
    entry: DirEntry,
}

/// Whether something was taken away since its name was read.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The entries of a folder that are objects or folders of them, in the order of their keys.
fn entries(folder: &Path) -> Result<Vec<Entry>, Failure> {
    let mut found = Vec::new();
    let reader = match fs::read_dir(folder) {
        Ok(reader) => reader,
        Err(error) if is_gone(&error) => return Ok(found),
        Err(error) => return Err(failed(error)),
    };
    for entry in reader {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if is_gone(&error) => continue,
            Err(error) => return Err(failed(error)),
        };
        let Ok(name) = entry.file_name().into_string() else { continue };
        if is_bookkeeping(&name) {
            continue;
        }
        let is_folder = match entry.file_type() {
            // A link counts as what it leads to.
            Ok(kind) if kind.is_symlink() => entry.path().is_dir(),
            Ok(kind) => kind.is_dir(),
            Err(error) if is_gone(&error) => continue,
            Err(error) => return Err(failed(error)),
        };
        let sort_key = if is_folder { format!("{name}/") } else { name.clone() };
        found.push(Entry { name, sort_key, is_folder, entry });
    }
    found.sort_unstable_by(|a, b| a.sort_key.cmp(&b.sort_key));
    // A folder may be read twice where it changes while it is read.
    found.dedup_by(|a, b| a.sort_key == b.sort_key);
    Ok(found)
}

fn listed(entry: &Entry, start: &str) -> Result<Option<Listed>, Failure> {
    match fs::metadata(entry.entry.path()) {
        Ok(metadata) => {
            let key = format!("{start}{}", entry.name);
            Ok(Some(Listed { key, bytes: metadata.len(), tag: Some(Tag::of_file(&metadata)) }))
        }
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// All files below a folder, in the order of their keys.
pub(super) fn all(root: &Path, folder: &str) -> Result<Vec<Listed>, Failure> {
    let mut found = Vec::new();
    collect(&root.join(folder), &folder_start(folder), &mut found)?;
    Ok(found)
}

fn collect(folder: &Path, start: &str, found: &mut Vec<Listed>) -> Result<(), Failure> {
    for entry in entries(folder)? {
        if entry.is_folder {
            collect(&entry.entry.path(), &format!("{start}{}", entry.sort_key), found)?;
        } else {
            found.extend(listed(&entry, start)?);
        }
    }
    Ok(())
}

/// The file below a folder whose key comes first.
pub(super) fn first(root: &Path, folder: &str) -> Result<Option<Listed>, Failure> {
    first_in(&root.join(folder), &folder_start(folder))
}

fn first_in(folder: &Path, start: &str) -> Result<Option<Listed>, Failure> {
    for entry in entries(folder)? {
        let found = if entry.is_folder {
            first_in(&entry.entry.path(), &format!("{start}{}", entry.sort_key))?
        } else {
            listed(&entry, start)?
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The names of the folders directly below a folder, sorted.
pub(super) fn folders(root: &Path, folder: &str) -> Result<Vec<String>, Failure> {
    let mut names: Vec<String> =
        entries(&root.join(folder))?.into_iter().filter(|entry| entry.is_folder).map(|entry| entry.name).collect();
    names.sort_unstable();
    Ok(names)
}
