//! Files stay short: a hard limit, a ratchet for the long ones, and a median for all.

use std::collections::BTreeMap;

use crate::{Kind, SourceFile, Tree, Violation};

const RATCHET: &str = "crates/tidewell-xtask/ratchet.txt";
const PRODUCTION_LINES_MAX: usize = 800;
/// Above this a file needs a row in the ratchet, and a row only ever shrinks.
const RATCHET_LINES: usize = 500;
const TEST_LINES_MAX: usize = 1500;
/// The median of production files stays below this.
const MEDIAN_LINES: usize = 200;

/// One row of the ratchet: its line in the file, and the lines it allows.
struct Row {
    line: usize,
    allowed: usize,
}

/// Checks every Rust file, then the ratchet's own rows, then the median.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let text = tree.files.get(RATCHET).map_or("", |file| file.text.as_str());
    let (rows, mut violations) = parse(text);
    for (path, file) in tree.rust() {
        violations.extend(if file.kind == Kind::Test { test_length(path, file) } else { length(path, file, &rows) });
    }
    let gone = rows.iter().filter(|(path, _)| !tree.files.contains_key(**path));
    violations.extend(
        gone.map(|(path, row)| Violation::new(RATCHET, row.line, format!("{path} does not exist"), "remove its row")),
    );
    violations.extend(median(tree));
    violations
}

fn parse(text: &str) -> (BTreeMap<&str, Row>, Vec<Violation>) {
    let mut rows = BTreeMap::new();
    let mut violations = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once(' ').map(|(path, allowed)| (path, allowed.trim().parse())) {
            Some((path, Ok(allowed))) => {
                rows.insert(path, Row { line: index + 1, allowed });
            }
            _ => violations.push(Violation::new(RATCHET, index + 1, "the row is not `path lines`", "write both")),
        }
    }
    (rows, violations)
}

fn length(path: &str, file: &SourceFile, rows: &BTreeMap<&str, Row>) -> Option<Violation> {
    let lines = file.line_count();
    let row = rows.get(path);
    if lines > PRODUCTION_LINES_MAX {
        let wrong = format!("{lines} lines, more than {PRODUCTION_LINES_MAX}");
        return Some(Violation::new(path, PRODUCTION_LINES_MAX + 1, wrong, "split it by step or noun"));
    }
    match row {
        None if lines > RATCHET_LINES => Some(Violation::new(
            path,
            RATCHET_LINES + 1,
            format!("{lines} lines, more than {RATCHET_LINES}"),
            format!(
                "split it by step or noun; if it must stay whole, add `{path} {lines}` with the reason to {RATCHET}"
            ),
        )),
        Some(row) if lines > row.allowed => Some(Violation::new(
            path,
            row.allowed + 1,
            format!("it grew from {} to {lines} lines", row.allowed),
            "split off what is new: a row of the ratchet only shrinks",
        )),
        Some(row) if lines <= RATCHET_LINES => {
            Some(Violation::new(RATCHET, row.line, format!("{path} has only {lines} lines now"), "remove its row"))
        }
        Some(row) if lines < row.allowed => {
            let wrong = format!("{path} shrank to {lines} lines");
            Some(Violation::new(RATCHET, row.line, wrong, format!("write `{path} {lines}`, so that it stays so")))
        }
        _ => None,
    }
}

fn test_length(path: &str, file: &SourceFile) -> Option<Violation> {
    let lines = file.line_count();
    let wrong = format!("{lines} lines of tests, more than {TEST_LINES_MAX}");
    (lines > TEST_LINES_MAX).then(|| Violation::new(path, TEST_LINES_MAX + 1, wrong, "split them by subject"))
}

fn median(tree: &Tree) -> Option<Violation> {
    let mut lengths: Vec<usize> = tree.of_kind(&[Kind::Production]).map(|(_, file)| file.line_count()).collect();
    lengths.sort_unstable();
    let median = *lengths.get(lengths.len() / 2)?;
    let wrong = format!("the median production file has {median} lines, not under {MEDIAN_LINES}");
    (median >= MEDIAN_LINES).then(|| Violation::new("crates", 1, wrong, "split the longest files by step or noun"))
}

#[cfg(test)]
mod tests;
