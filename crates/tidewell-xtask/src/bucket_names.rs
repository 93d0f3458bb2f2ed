//! Names of objects in the bucket are printed and parsed by one module only.

use crate::{Kind, Tree, Violation};

/// The module, and the folder of its parts.
const NAMING: [&str; 2] = ["crates/tidewell-storage/src/names.rs", "crates/tidewell-storage/src/names/"];

/// The folders of the bucket layout.
const FOLDERS: [&str; 7] = ["db/", "log/", "wal/", "hot/", "cold/", "ckpt/", "meta/"];

/// Checks the string literals of production code.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let elsewhere =
        tree.of_kind(&[Kind::Production]).filter(|(path, _)| !NAMING.iter().any(|home| path.starts_with(home)));
    for (path, file) in elsewhere {
        for literal in file.scan.literals.iter().filter(|literal| is_bucket_path(&literal.text)) {
            violations.push(Violation::new(
                path,
                literal.line,
                format!("\"{}\" looks like the name of an object", literal.text),
                format!("print or parse it in {}", NAMING[0]),
            ));
        }
    }
    violations
}

/// Whether the text begins with a bucket folder, or puts one after a value: `{root}/wal/`.
fn is_bucket_path(text: &str) -> bool {
    FOLDERS.iter().any(|folder| text.starts_with(folder) || text.contains(&format!("}}/{folder}")))
}

#[cfg(test)]
mod tests;
