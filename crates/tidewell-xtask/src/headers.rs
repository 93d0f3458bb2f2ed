//! Every Rust file says on its first line what it is.

use crate::{Tree, Violation};

/// Checks the first line of every Rust file; attributes come after it.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let silent = tree.rust().filter(|(_, file)| !says_what_it_is(file.text.lines().next().unwrap_or_default()));
    let remedy = "open the file with one `//!` line that says what it is, attributes after it";
    silent.map(|(path, _)| Violation::new(path, 1, "the first line is no `//!` sentence", remedy)).collect()
}

fn says_what_it_is(line: &str) -> bool {
    line.strip_prefix("//!").is_some_and(|sentence| !sentence.trim().is_empty())
}

#[cfg(test)]
mod tests;
