//! From what a user names to the files that are there.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};
use tidewell_env::Env;
use tidewell_storage::{ObjectName, Prefix, StorageError, Store};

use crate::error::ImportError;
use crate::file::{SourceFile, has_extension, is_visible};
use crate::source::Source;

/// Folders within folders, at most: a link that leads back up ends there.
const DEPTH_MAX: usize = 64;
/// How patterns match: a star stays within a folder, and does not match hidden names.
const MATCH: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// The files that the sources name: those of a source by their paths, the sources in the order given, each file once. Of a
/// folder all below it whose names end in `extension` and do not begin with `.` or `_`, as those of its subfolders.
///
/// Of a place in a store: one HEAD (two where the store names no contents), and one LIST for each 1000 objects where it is no object.
///
/// # Errors
/// [`ImportError::NoFile`] for a source without files, [`ImportError::Source`] for one that cannot be, [`ImportError::Storage`].
pub async fn find(sources: &[Source], extension: &str, env: &Env) -> Result<Vec<SourceFile>, ImportError> {
    let (mut files, mut seen) = (Vec::new(), BTreeSet::new());
    for source in sources {
        let found = match source {
            Source::Local(path) => {
                let (path, extension) = (path.clone(), extension.to_owned());
                env.blocking(move || find_local(&path, &extension)).await?
            }
            Source::Store { store, key } => find_objects(store, key, extension).await?,
        };
        if found.is_empty() {
            return Err(ImportError::NoFile { source_name: source.to_string(), extension: extension.to_owned() });
        }
        files.extend(found.into_iter().filter(|file| seen.insert(file.url().to_owned())));
    }
    Ok(files)
}

fn find_local(text: &str, extension: &str) -> Result<Vec<SourceFile>, ImportError> {
    let wrong = |problem: String| ImportError::Source { source_name: text.to_owned(), problem };
    let path = Path::new(text);
    let mut paths: Vec<PathBuf> = Vec::new();
    if path.exists() {
        paths.push(path.to_owned());
    } else if is_pattern(text) {
        let matched = glob::glob_with(text, MATCH).map_err(|error| wrong(format!("it is no pattern: {error}")))?;
        for found in matched {
            paths.push(found.map_err(|error| wrong(error.to_string()))?);
        }
    } else {
        return Err(wrong("there is no such file or folder".to_owned()));
    }
    let mut files = Vec::new();
    for path in paths {
        let read = |error: io::Error| wrong(format!("{}: {error}", path.display()));
        if std::fs::metadata(&path).map_err(read)?.is_dir() {
            walk(&path, extension, DEPTH_MAX, &mut files).map_err(read)?;
        } else {
            files.push(SourceFile::local(path.clone(), &std::fs::metadata(&path).map_err(read)?));
        }
    }
    Ok(files)
}

/// The files below a folder, by their paths.
fn walk(folder: &Path, extension: &str, depth: usize, files: &mut Vec<SourceFile>) -> io::Result<()> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(io::Error::other(format!(
            "folders are nested deeper than {DEPTH_MAX}: remove links that lead back"
        )));
    };
    let mut paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    for path in paths {
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
        if !is_visible(&name) {
            continue;
        }
        let metadata = std::fs::metadata(&path)?;
        if metadata.is_dir() {
            walk(&path, extension, depth, files)?;
        } else if has_extension(&name, extension) {
            files.push(SourceFile::local(path, &metadata));
        }
    }
    Ok(())
}

async fn find_objects(store: &Store, key: &str, extension: &str) -> Result<Vec<SourceFile>, ImportError> {
    let source_name = || format!("{}/{key}", store.url());
    let wrong = |problem: String| ImportError::Source { source_name: source_name(), problem };
    if let Some(name) = ObjectName::foreign(key) {
        let found = match store.pin(&name).await {
            Ok(pin) => pin.map(|pin| (pin.bytes, Some(pin))),
            Err(StorageError::Unsupported { .. }) => store.head(&name).await?.map(|bytes| (bytes, None)),
            Err(error) => return Err(error.into()),
        };
        if let Some((file_bytes, pin)) = found {
            return Ok(vec![SourceFile::object(store, name, file_bytes, pin)]);
        }
    }
    let folder = if is_pattern(key) { plain_folder(key) } else { key };
    let prefix = Prefix::foreign(folder);
    let prefix = prefix.ok_or_else(|| wrong("a part of its path is empty, '.' or '..'".to_owned()))?;
    let pattern = match is_pattern(key) {
        true => Some(Pattern::new(key).map_err(|error| wrong(format!("it is no pattern: {error}")))?),
        false => None,
    };
    let mut listed = store.list(&prefix).await?;
    listed.sort_by(|a, b| a.key.cmp(&b.key));
    let below = |key: &str| key.get(folder.len()..).unwrap_or_default().split('/').all(is_visible);
    let is_wanted = |key: &str| match &pattern {
        Some(pattern) => pattern.matches_with(key, MATCH),
        None => has_extension(key, extension) && below(key),
    };
    let wanted = listed.into_iter().filter(|object| is_wanted(&object.key));
    let named = wanted.filter_map(|object| Some((ObjectName::foreign(&object.key)?, object.bytes, object.pin())));
    Ok(named.map(|(name, file_bytes, pin)| SourceFile::object(store, name, file_bytes, pin)).collect())
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The folder above the first part of a path that has a sign of patterns.
fn plain_folder(pattern: &str) -> &str {
    let sign = pattern.find(['*', '?', '[']).unwrap_or(pattern.len());
    let before = pattern.get(..sign).unwrap_or_default();
    before.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests;
