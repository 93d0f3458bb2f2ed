//! Where the `tidewell` binary under test is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// The binary: `$TIDEWELL_BIN`, else what cargo built for this very test, else the one in the target folder of the running
/// test, built first where it is missing or older than its sources. Found once a process.
///
/// # Panics
/// When there is none and cargo cannot build it.
pub fn binary() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        let given = std::env::var_os("TIDEWELL_BIN").or_else(|| std::env::var_os("CARGO_BIN_EXE_tidewell"));
        given.map_or_else(built, PathBuf::from)
    })
}

fn built() -> PathBuf {
    let test = std::env::current_exe().expect("the running test has a path");
    // target/<profile>/deps/<test>, or target/<profile>/<benchmark>
    let folder = test.parent().expect("the test is in a folder");
    let profile_folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    let binary = profile_folder.join("tidewell");
    if !is_fresh(&binary) {
        build(profile_folder);
    }
    assert!(binary.is_file(), "cargo did not leave the binary at {}", binary.display());
    binary
}

/// Builds with the features of the whole workspace, as its tests are built, so that no dependency is compiled twice.
/// Cargo itself keeps two builders in one target folder apart.
fn build(profile_folder: &Path) {
    let name = profile_folder.file_name().and_then(|name| name.to_str()).unwrap_or("debug");
    let profile = if name == "debug" { "dev" } else { name };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--workspace", "--bin", "tidewell", "--profile", profile]);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    if let Some(target_folder) = profile_folder.parent() {
        command.arg("--target-dir").arg(target_folder);
    }
    let status = command.status().expect("cargo starts");
    assert!(status.success(), "cargo could not build the binary: {status}");
}

/// Whether the binary is newer than every source that cargo listed beside it.
fn is_fresh(binary: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
    let Some(built) = modified(binary) else { return false };
    let Ok(listed) = std::fs::read_to_string(binary.with_extension("d")) else { return false };
    sources(&listed).iter().all(|source| modified(source).is_some_and(|changed: SystemTime| changed <= built))
}

/// The sources of a dependency list: `target: source source …`, spaces within a path escaped.
fn sources(listed: &str) -> Vec<PathBuf> {
    let Some((_, list)) = listed.split_once(": ") else { return Vec::new() };
    let list = list.replace("\\ ", "\0");
    list.split_whitespace().map(|path| PathBuf::from(path.replace('\0', " "))).collect()
}

#[cfg(test)]
mod tests;
