//! Which datasets there are: a listing of objects, grouped.

use std::collections::BTreeMap;

use tidewell_storage::Listed;

use crate::sidecar;

/// A dataset as the listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its folder; empty for the whole store.
    pub(crate) root: String,
    /// Its YAML file.
    pub(crate) sidecar: Option<Listed>,
    /// Its Parquet files, by their keys.
    pub(crate) files: Vec<Listed>,
}

fn folder_of(key: &str) -> (&str, &str) {
    key.rsplit_once('/').unwrap_or(("", key))
}

fn is_parquet(name: &str) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    !stem.is_empty() && ["parquet", "parq", "pq"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Whether other programs keep files there that are no data: `_temporary`, `_delta_log`, `.tmp`.
fn is_hidden(part: &str) -> bool {
    part.starts_with(['_', '.']) && !part.contains('=')
}

/// The parts of a key from `start` on, each with the place where it ends.
fn parts_below(key: &str, start: usize) -> impl Iterator<Item = (usize, &str)> {
    let below = key.get(start..).unwrap_or_default();
    below.split('/').scan(start, |at, part| {
        let end = *at + part.len();
        *at = end + 1;
        Some((end, part))
    })
}

/// Groups the objects below `prefix` into datasets, by their roots.
///
/// A Parquet file belongs to the nearest folder above it, up to `prefix`, that has a YAML file; where none has, to its own
/// folder, or where that lies within `name=value` folders, to the folder above the first of these. Files and folders whose
/// names begin with `_` or `.` are left out, YAML files excepted.
pub(crate) fn discover(prefix: &str, listed: Vec<Listed>) -> Vec<Found> {
    let start = if prefix.is_empty() { 0 } else { prefix.len() + 1 };
    let mut sidecars: BTreeMap<String, (usize, Listed)> = BTreeMap::new();
    let mut files = Vec::new();
    for object in listed {
        let (folder, name) = folder_of(&object.key);
        let is_in_hidden = parts_below(folder, start.min(folder.len())).any(|(_, part)| is_hidden(part));
        if is_in_hidden {
            continue;
        }
        if let Some(rank) = sidecar::rank(name) {
            let is_better = sidecars.get(folder).is_none_or(|(known, _)| rank < *known);
            if is_better {
                sidecars.insert(folder.to_owned(), (rank, object));
            }
        } else if is_parquet(name) && !is_hidden(name) {
            files.push(object);
        }
    }
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for file in files {
        let (root, sidecar) = root_of(&file.key, start, &sidecars);
        let dataset = found.entry(root.to_owned()).or_insert_with(|| Found {
            root: root.to_owned(),
            sidecar: sidecar.cloned(),
            files: Vec::new(),
        });
        dataset.files.push(file);
    }
    let mut found: Vec<Found> = found.into_values().collect();
    found.iter_mut().for_each(|dataset| dataset.files.sort_unstable_by(|a, b| a.key.cmp(&b.key)));
    found
}

/// The root of the dataset that a file belongs to, and its YAML file.
fn root_of<'a, 'b>(
    key: &'a str,
    start: usize,
    sidecars: &'b BTreeMap<String, (usize, Listed)>,
) -> (&'a str, Option<&'b Listed>) {
    let (own, _) = folder_of(key);
    let mut folder = own;
    loop {
        if let Some((_, sidecar)) = sidecars.get(folder) {
            return (folder, Some(sidecar));
        }
        if folder.len() < start || folder.is_empty() {
            break;
        }
        folder = folder_of(folder).0;
    }
    let mut root = key.get(..start.saturating_sub(1)).unwrap_or_default();
    for (end, part) in parts_below(own, start.min(own.len())) {
        if part.split_once('=').is_some_and(|(name, _)| !name.is_empty()) {
            return (root, None);
        }
        root = own.get(..end).unwrap_or(own);
    }
    (own, None)
}

#[cfg(test)]
mod tests;
