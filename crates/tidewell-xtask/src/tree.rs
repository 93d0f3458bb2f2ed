//! The text files of the workspace, read once for all checks.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::TidyError;
use crate::layers;
use crate::scan::{Scan, scan};

/// Folders that hold nothing written by hand, from the root.
const SKIPPED_PATHS: [&str; 5] = ["target", "data", "fuzz/target", "fuzz/corpus", "fuzz/artifacts"];
/// Folders that hold nothing written by hand, wherever they are.
const SKIPPED_NAMES: [&str; 2] = ["fixtures", "node_modules"];
/// Hidden folders that are part of the project.
const HIDDEN_FOLDERS: [&str; 3] = [".cargo", ".ci", ".github"];
const TEXT_EXTENSIONS: [&str; 9] = ["rs", "toml", "md", "txt", "sh", "yml", "yaml", "py", "proto"];

/// What a file is for, which decides the limits that bind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Rust that ships.
    Production,
    /// Rust of the development packages and benches: the limits of production, without its say in the median.
    Development,
    /// Rust that tests.
    Test,
    /// Any other text.
    Other,
}

impl Kind {
    fn of(path: &str) -> Self {
        let folders: Vec<&str> = path.split('/').collect();
        if !path.ends_with(".rs") {
            Self::Other
        } else if folders.iter().any(|part| *part == "tests" || *part == "tests.rs") {
            Self::Test
        } else if layers::is_development_path(path) || folders.contains(&"benches") || folders.contains(&"examples") {
            Self::Development
        } else {
            Self::Production
        }
    }
}

/// One text file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// What it is for.
    pub kind: Kind,
    /// Its text.
    pub text: String,
    pub(crate) scan: Scan,
}

impl SourceFile {
    fn new(path: &str, text: String) -> Self {
        let kind = Kind::of(path);
        let scan = if kind == Kind::Other { Scan::default() } else { scan(&text) };
        Self { kind, text, scan }
    }

    pub(crate) fn line_count(&self) -> usize {
        self.text.lines().count()
    }
}

/// The text files of a workspace, by path relative to its root.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The files; paths have `/` between folders.
    pub files: BTreeMap<String, SourceFile>,
}

impl Tree {
    /// A tree from paths and texts.
    #[must_use]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let pair = |(path, text): &(&str, &str)| ((*path).to_owned(), SourceFile::new(path, (*text).to_owned()));
        Self { files: files.iter().map(pair).collect() }
    }

    /// Reads every text file below `root` that people write.
    ///
    /// # Errors
    ///
    /// [`TidyError::Read`] when a folder cannot be listed or a file is not readable UTF-8.
    pub fn read(root: &Path) -> Result<Self, TidyError> {
        let mut tree = Self::default();
        tree.read_folder(root, "")?;
        Ok(tree)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> Result<(), TidyError> {
        let failed = |source| TidyError::Read { path: folder.to_owned(), source };
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let file_type = entry.file_type().map_err(failed)?;
            let path = format!("{prefix}{name}");
            if file_type.is_dir() {
                if is_walked(&path, &name) {
                    self.read_folder(&entry.path(), &format!("{path}/"))?;
                }
            } else if file_type.is_file() && is_text(&path) {
                let text = fs::read_to_string(entry.path())
                    .map_err(|source| TidyError::Read { path: entry.path(), source })?;
                self.files.insert(path.clone(), SourceFile::new(&path, text));
            }
        }
        Ok(())
    }

    pub(crate) fn of_kind(&self, kinds: &[Kind]) -> impl Iterator<Item = (&str, &SourceFile)> {
        self.files.iter().filter(|(_, file)| kinds.contains(&file.kind)).map(|(path, file)| (path.as_str(), file))
    }

    pub(crate) fn rust(&self) -> impl Iterator<Item = (&str, &SourceFile)> {
        self.of_kind(&[Kind::Production, Kind::Development, Kind::Test])
    }
}

fn is_walked(path: &str, name: &str) -> bool {
    let skipped = SKIPPED_PATHS.contains(&path) || SKIPPED_NAMES.contains(&name) || name.starts_with('.');
    HIDDEN_FOLDERS.contains(&name) || !skipped
}

fn is_text(path: &str) -> bool {
    path.starts_with(".ci/") || path.rsplit_once('.').is_some_and(|(_, extension)| TEXT_EXTENSIONS.contains(&extension))
}

#[cfg(test)]
mod tests;
