//! Edges that point sideways or up, and heavy crates outside their owner, are found.
#![allow(clippy::unwrap_used)]

use super::{LAYERS, check, is_development_path};
use crate::metadata::Metadata;
use crate::{Tree, Violation};

/// The workspace of the table, where `package` has one more dependency.
fn workspace(package: &str, dependency: &str, kind: Option<&str>) -> Metadata {
    let extra = [("tidewell-stray", ())].into_iter().filter(|(name, ())| *name == package).map(|(name, ())| name);
    let packages: Vec<serde_json::Value> = LAYERS
        .iter()
        .map(|(name, _)| *name)
        .chain(extra)
        .map(|name| {
            let edge = serde_json::json!({ "name": dependency, "kind": kind });
            let dependencies = if name == package { vec![edge] } else { Vec::new() };
            let manifest_path = format!("/w/crates/{name}/Cargo.toml");
            serde_json::json!({ "name": name, "manifest_path": manifest_path, "dependencies": dependencies })
        })
        .collect();
    let json = serde_json::json!({ "packages": packages, "workspace_root": "/w" });
    Metadata::parse(json.to_string().as_bytes()).unwrap()
}

fn found(package: &str, dependency: &str, kind: Option<&str>) -> Vec<Violation> {
    check(&workspace(package, dependency, kind), &Tree::default())
}

#[test]
fn edge_downward_passes() {
    for (package, dependency) in [
        ("tidewell-env", "tidewell-types"),
        ("tidewell-manifest", "tidewell-storage"),
        ("tidewell-engine", "tidewell-query"),
        ("tidewell-cli", "tidewell-server"),
        ("tidewell-storage", "object_store"),
        ("tidewell-storage", "bytes"),
    ] {
        assert_eq!(found(package, dependency, None), [], "{package} -> {dependency}");
    }
}

#[test]
fn edge_sideways_upward_or_to_a_development_package_is_found() {
    for (package, dependency) in [
        ("tidewell-types", "tidewell-env"),
        ("tidewell-segment", "tidewell-storage"),
        ("tidewell-query", "tidewell-ingest"),
        ("tidewell-storage", "tidewell-manifest"),
        ("tidewell-server", "tidewell-cli"),
        ("tidewell-wal", "tidewell-testkit"),
    ] {
        assert_eq!(found(package, dependency, None).len(), 1, "{package} -> {dependency}");
        assert_eq!(found(package, dependency, Some("build")).len(), 1, "{package} -> {dependency}");
        assert_eq!(found(package, dependency, Some("dev")), [], "{package} -> {dependency}");
    }
}

#[test]
fn development_package_may_use_anything() {
    assert_eq!(found("tidewell-testkit", "tidewell-cli", None), []);
    assert_eq!(found("tidewell-testkit", "object_store", None), []);
}

#[test]
fn heavy_crate_outside_its_owner_is_found() {
    for (package, dependency) in [
        ("tidewell-wal", "object_store"),
        ("tidewell-query", "parquet"),
        ("tidewell-engine", "datafusion-common"),
        ("tidewell-cli", "axum-extra"),
        ("tidewell-server", "clap"),
        ("tidewell-wal", "prost"),
        ("tidewell-query", "moka"),
    ] {
        assert_eq!(found(package, dependency, None).len(), 1, "{package} -> {dependency}");
    }
    assert_eq!(found("tidewell-wal", "clapper", None), []);
}

#[test]
fn package_without_a_layer_is_found() {
    let stray = found("tidewell-stray", "bytes", None);
    assert!(matches!(stray.as_slice(), [only] if only.path == "crates/tidewell-stray/Cargo.toml"), "{stray:?}");
}

#[test]
fn row_without_a_package_is_found() {
    let empty = Metadata::parse(br#"{"packages":[],"workspace_root":"/w"}"#).unwrap();
    assert_eq!(check(&empty, &Tree::default()).len(), LAYERS.len());
}

#[test]
fn violation_points_at_the_line_of_the_manifest() {
    let path = "crates/tidewell-wal/Cargo.toml";
    for (manifest, line) in [
        (
            "[package]\nname = \"x\"\n[dev-dependencies]\nmoka.workspace = true\n[dependencies]\nmoka.workspace = true\n",
            6,
        ),
        ("[package]\n\n[dependencies.moka]\nversion = \"1\"\n", 3),
        ("[target.'cfg(unix)'.dependencies]\nmoka-x = \"1\"\nmoka = \"1\"\n", 3),
        ("[dependencies]\nrenamed = { package = \"moka\" }\n", 1),
    ] {
        let found = check(&workspace("tidewell-wal", "moka", None), &Tree::of(&[(path, manifest)]));
        assert!(matches!(found.as_slice(), [only] if only.path == path && only.line == line), "{manifest}: {found:?}");
    }
}

#[test]
fn development_path_is_known_by_its_package() {
    assert!(is_development_path("crates/tidewell-testkit/src/lib.rs"));
    assert!(is_development_path("benches/ingest.rs"));
    assert!(!is_development_path("crates/tidewell-wal/src/lib.rs"));
}
