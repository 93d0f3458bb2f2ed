//! Runs every check over one workspace.

use std::path::{Path, PathBuf};
use std::{env, fmt};

use crate::metadata::Metadata;
use crate::{
    TidyError, Tree, Violation, bucket_names, declared_tests, format_pages, headers, layers, lengths, others_bugs,
    pages, words,
};

/// What the checks found.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many files were looked at.
    pub file_count: usize,
    /// Every broken rule, by path and line.
    pub violations: Vec<Violation>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for violation in &self.violations {
            writeln!(f, "{violation}")?;
        }
        write!(f, "tidy: {} files, {} violations", self.file_count, self.violations.len())
    }
}

/// Checks the workspace at `root` against every rule; reads files and runs `cargo metadata`, writes nothing.
///
/// # Errors
///
/// [`TidyError`] when a file cannot be read or cargo cannot describe the workspace: nothing was decided, fix that first.
pub fn tidy(root: &Path) -> Result<Report, TidyError> {
    let tree = Tree::read(root)?;
    let mut violations = layers::check(&Metadata::read(root)?, &tree);
    for check in [
        bucket_names::check,
        declared_tests::check,
        format_pages::check,
        headers::check,
        lengths::check,
        others_bugs::check,
        pages::check,
        words::check,
    ] {
        violations.extend(check(&tree));
    }
    violations.sort_by(|a, b| (&a.path, a.line, &a.wrong).cmp(&(&b.path, b.line, &b.wrong)));
    Ok(Report { file_count: tree.files.len(), violations })
}

/// The workspace this crate belongs to, two folders above it.
///
/// Asks the environment that cargo runs programs with first: in a shared build folder the program may have been compiled
/// from another checkout.
#[must_use]
pub fn workspace_root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.ancestors().nth(2).unwrap_or(&here).to_path_buf()
}

#[cfg(test)]
mod tests;
