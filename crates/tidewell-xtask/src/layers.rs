//! Dependencies point strictly downward, and each heavy crate has one owner.

use crate::metadata::{Dependency, Metadata, Package};
use crate::{Tree, Violation};

/// Where a package stands: layer, then step within the layer. Product packages see only what is strictly below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Product(u8, u8),
    Development,
}

/// The layers, lowest first: the one place that decides them.
const LAYERS: [(&str, Place); 31] = [
    ("tidewell-types", Place::Product(0, 0)),
    ("tidewell-env", Place::Product(0, 1)),
    ("tidewell-line-protocol", Place::Product(1, 0)),
    ("tidewell-csv", Place::Product(1, 0)),
    ("tidewell-segment", Place::Product(1, 0)),
    ("tidewell-plugin", Place::Product(1, 0)),
    ("tidewell-buffer", Place::Product(1, 0)),
    ("tidewell-storage", Place::Product(1, 0)),
    ("tidewell-wal", Place::Product(2, 0)),
    ("tidewell-manifest", Place::Product(2, 0)),
    ("tidewell-cache", Place::Product(2, 0)),
    ("tidewell-wire", Place::Product(2, 0)),
    ("tidewell-cost", Place::Product(2, 0)),
    ("tidewell-bucket", Place::Product(2, 0)),
    ("tidewell-stage", Place::Product(2, 1)),
    ("tidewell-ingest", Place::Product(3, 0)),
    ("tidewell-query", Place::Product(3, 0)),
    ("tidewell-maintain", Place::Product(3, 0)),
    ("tidewell-import", Place::Product(3, 0)),
    ("tidewell-catalog", Place::Product(3, 0)),
    ("tidewell-engine", Place::Product(4, 0)),
    ("tidewell-server", Place::Product(5, 0)),
    ("tidewell-cli", Place::Product(5, 1)),
    ("tidewell-lambda", Place::Product(5, 2)),
    ("tidewell-csv-reader", Place::Product(5, 0)),
    ("tidewell-parquet-writer", Place::Product(5, 0)),
    ("tidewell-hostile", Place::Development),
    ("tidewell-models", Place::Development),
    ("tidewell-testkit", Place::Development),
    ("tidewell-sim", Place::Development),
    ("tidewell-xtask", Place::Development),
];

/// The heavy crates and the one package whose dependency each is; `name-*` and `name_*` belong to the same owner.
const OWNERS: [(&str, &str); 9] = [
    ("object_store", "tidewell-storage"),
    ("parquet", "tidewell-segment"),
    ("datafusion", "tidewell-query"),
    ("axum", "tidewell-server"),
    ("clap", "tidewell-cli"),
    ("prost", "tidewell-manifest"),
    ("moka", "tidewell-cache"),
    ("lambda_runtime", "tidewell-lambda"),
    ("aws-sdk-s3", "tidewell-bucket"),
];

const TABLE: &str = "crates/tidewell-xtask/src/layers.rs";

/// Whether the file belongs to a development package.
pub(crate) fn is_development_path(path: &str) -> bool {
    let folder = path.strip_prefix("crates/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    path.starts_with("benches/") || place_of(folder) == Some(Place::Development)
}

/// Checks the whole graph of the workspace.
pub(crate) fn check(metadata: &Metadata, tree: &Tree) -> Vec<Violation> {
    let mut violations = stale_rows(metadata);
    for package in &metadata.packages {
        let manifest = metadata.manifest_of(package);
        let text = tree.files.get(manifest).map_or("", |file| file.text.as_str());
        let Some(place) = place_of(&package.name) else {
            let wrong = format!("package {} is in no layer", package.name);
            violations.push(Violation::new(manifest, 1, wrong, format!("give it a row in {TABLE}")));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| !dependency.is_dev()) {
            if let Some((wrong, remedy)) = judge(package, place, &dependency.name) {
                violations.push(Violation::new(manifest, line_of(text, dependency), wrong, remedy));
            }
        }
    }
    violations
}

fn place_of(package: &str) -> Option<Place> {
    LAYERS.iter().find(|(name, _)| *name == package).map(|(_, place)| *place)
}

/// Rows of the table whose package is gone.
fn stale_rows(metadata: &Metadata) -> Vec<Violation> {
    let exists = |name: &str| metadata.packages.iter().any(|package| package.name == name);
    let stale = LAYERS.iter().filter(|(name, _)| !exists(name));
    stale
        .map(|(name, _)| Violation::new(TABLE, 1, format!("{name} is no package any more"), "remove its row"))
        .collect()
}

/// What is wrong with one normal or build dependency, and what to do.
fn judge(package: &Package, place: Place, dependency: &str) -> Option<(String, String)> {
    if place == Place::Development {
        return None;
    }
    let name = &package.name;
    match place_of(dependency) {
        Some(Place::Development) => Some((
            format!("{name} ships and depends on {dependency}, which does not"),
            "move it to [dev-dependencies]".to_owned(),
        )),
        Some(below) if below >= place => Some((
            format!("{name} depends on {dependency}, which is not in a lower layer"),
            "move what both need to a lower crate, or what uses both to a higher one".to_owned(),
        )),
        Some(_) => None,
        None => owner_of(dependency).filter(|owner| owner != name).map(|owner| {
            let remedy = format!("use what {owner} offers, or let it offer more");
            (format!("{name} depends on {dependency}, which belongs to {owner}"), remedy)
        }),
    }
}

fn owner_of(dependency: &str) -> Option<&'static str> {
    let owns = |heavy: &str| match dependency.strip_prefix(heavy) {
        Some(rest) => rest.is_empty() || rest.starts_with(['-', '_']),
        None => false,
    };
    OWNERS.iter().find(|(heavy, _)| owns(heavy)).map(|(_, owner)| *owner)
}

/// The line of the manifest that names the dependency, or its first line when it hides behind a rename.
fn line_of(manifest: &str, dependency: &Dependency) -> usize {
    let section = if dependency.kind.is_some() { "build-dependencies" } else { "dependencies" };
    let mut header = "";
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix('[') {
            header = rest.trim_end_matches(']');
            if header
                .strip_suffix(&dependency.name)
                .is_some_and(|table| is_section(table.trim_end_matches('.'), section))
            {
                return index + 1;
            }
        } else if is_section(header, section) {
            let rest = line.strip_prefix(dependency.name.as_str());
            if rest.is_some_and(|rest| rest.starts_with(['.', '=', ' '])) {
                return index + 1;
            }
        }
    }
    1
}

/// Whether a table header is the section itself or its form for one target.
fn is_section(header: &str, section: &str) -> bool {
    header == section || header.strip_suffix(section).is_some_and(|target| target.ends_with('.'))
}

#[cfg(test)]
mod tests;
