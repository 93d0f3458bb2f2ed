//! The packages of the workspace and what they depend on, as cargo sees them.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::TidyError;

/// The part of `cargo metadata` that the layer check reads.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    workspace_root: String,
}

/// One package of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    manifest_path: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a dependency table.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// The package, whatever the manifest renames it to.
    pub(crate) name: String,
    /// `None` for a normal dependency, otherwise `dev` or `build`.
    pub(crate) kind: Option<String>,
}

impl Dependency {
    pub(crate) fn is_dev(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

impl Metadata {
    /// Asks cargo about the workspace at `root`, without the network and without other people's packages.
    pub(crate) fn read(root: &Path) -> Result<Self, TidyError> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
            .current_dir(root)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| TidyError::Metadata(error.to_string()))?;
        if !output.status.success() {
            return Err(TidyError::Metadata(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        Self::parse(&output.stdout)
    }

    pub(crate) fn parse(json: &[u8]) -> Result<Self, TidyError> {
        serde_json::from_slice(json).map_err(|error| TidyError::Metadata(error.to_string()))
    }

    /// The manifest of a package, relative to the workspace root.
    pub(crate) fn manifest_of<'a>(&self, package: &'a Package) -> &'a str {
        let path = package.manifest_path.as_str();
        path.strip_prefix(&self.workspace_root).unwrap_or(path).trim_start_matches('/')
    }
}
