//! The public test corpora, which live beside the repository and not in it.

use std::path::{Path, PathBuf};

/// Files for tests that are too large or not ours to keep in the repository: `../shared/corpus` seen from its root.
#[derive(Debug)]
pub struct Corpus;

impl Corpus {
    /// The file or folder at `relative`, like `sql/sql_dev.json`. Without it says on stderr that the test is skipped and
    /// gives `None`: return from the test then.
    #[must_use]
    pub fn path(relative: &str) -> Option<PathBuf> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let path = root.join("../shared/corpus").join(relative);
        match path.canonicalize() {
            Ok(path) => Some(path),
            Err(_) => {
                eprintln!("skipped: the corpus has no {relative} here");
                None
            }
        }
    }
}
