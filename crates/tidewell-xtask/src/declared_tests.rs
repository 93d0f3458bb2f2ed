//! Tests live in a sibling file, and the sibling is declared, so that none is silently left out.

use crate::{Tree, Violation};

/// Checks that each `tests.rs` is declared by the file it tests, and that no test module is written inline.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, file) in tree.rust() {
        if let Some(folder) = path.strip_suffix("/tests.rs") {
            violations.extend(undeclared(tree, path, folder));
        }
        for (index, _) in file.scan.code.lines().enumerate().filter(|(_, line)| line.contains("mod tests {")) {
            let remedy = "move it to the sibling `<this file>/tests.rs` and declare `mod tests;`";
            violations.push(Violation::new(path, index + 1, "tests are written inline", remedy));
        }
    }
    violations
}

fn undeclared(tree: &Tree, path: &str, folder: &str) -> Option<Violation> {
    let parents =
        [format!("{folder}.rs"), format!("{folder}/mod.rs"), format!("{folder}/lib.rs"), format!("{folder}/main.rs")];
    let declares = |parent: &String| tree.files.get(parent).is_some_and(|file| declares_tests(&file.scan.code));
    if parents.iter().any(declares) {
        return None;
    }
    let remedy = format!("declare `#[cfg(test)] mod tests;` in {folder}.rs, or delete the file");
    Some(Violation::new(path, 1, "no file declares these tests, so they never run", remedy))
}

fn declares_tests(code: &str) -> bool {
    let mut lines = code.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    while let Some(line) = lines.next() {
        let gated = line.contains("#[cfg(") && line.contains("test");
        if gated && (line.ends_with("mod tests;") || lines.peek().is_some_and(|next| next.ends_with("mod tests;"))) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
