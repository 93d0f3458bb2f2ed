//! Every bug of others that could be ours is tried by a test that exists, runs, and says whose bug it is.

use crate::{Tree, Violation};

/// The table of bugs and tests.
const PAGE: &str = "docs/others-bugs.md";
/// How many rows it has.
const BUG_COUNT: usize = 38;

/// One row of the table.
struct Bug<'a> {
    line: usize,
    number: &'a str,
    /// The first issue that its source names: `slatedb #352`.
    source: &'a str,
    guards: Vec<&'a str>,
}

/// Checks the table's rows against each other and against the tests.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    check_table(tree, BUG_COUNT)
}

fn check_table(tree: &Tree, bug_count: usize) -> Vec<Violation> {
    let page = tree.files.get(PAGE).map_or("", |file| file.text.as_str());
    let bugs: Vec<Bug<'_>> = page.lines().enumerate().filter_map(|(index, line)| read_row(index + 1, line)).collect();
    let mut violations = Vec::new();
    let numbers = bugs.iter().map(|bug| bug.number.to_owned());
    if !numbers.eq((1..=bug_count).map(|number| number.to_string())) {
        let wrong = format!("its rows are not numbered from 1 to {bug_count}");
        violations.push(Violation::new(PAGE, 1, wrong, "keep one row a bug, in order"));
    }
    for bug in &bugs {
        if bug.guards.is_empty() {
            let remedy = "name a test in backticks";
            violations.push(Violation::new(
                PAGE,
                bug.line,
                format!("nothing guards us from bug {}", bug.number),
                remedy,
            ));
        }
        for guard in &bug.guards {
            violations.extend(fault_of(tree, bug, guard).map(|(wrong, remedy)| {
                let wrong = format!("{guard}, which guards us from bug {}, {wrong}", bug.number);
                Violation::new(PAGE, bug.line, wrong, remedy)
            }));
        }
    }
    violations
}

/// A row that begins with a number, or `None`.
fn read_row(line: usize, text: &str) -> Option<Bug<'_>> {
    let cells: Vec<&str> = text.strip_prefix('|')?.split('|').map(str::trim).collect();
    let [number, sources, _broke, guards, ..] = cells[..] else { return None };
    if number.is_empty() || !number.chars().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let source = sources.split([',', ';']).next().unwrap_or_default().trim();
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let guards = guards.split('`').skip(1).step_by(2).filter(is_name).collect();
    Some(Bug { line, number, source, guards })
}

/// What is wrong with a guard, and what to do.
fn fault_of(tree: &Tree, bug: &Bug<'_>, guard: &str) -> Option<(String, String)> {
    let Some(above) = tree.rust().find_map(|(_, file)| above_function(&file.text, guard)) else {
        return Some(("does not exist".to_owned(), "name the test that took its place".to_owned()));
    };
    let has = |attribute: &str| above.iter().any(|line| line.contains(attribute));
    if !has("test]") && !has("::test(") {
        return Some(("is no test".to_owned(), "give it its attribute".to_owned()));
    }
    if has("#[ignore") {
        return Some(("is ignored".to_owned(), "let it run, or name another one".to_owned()));
    }
    let docs: String = above.iter().filter_map(|line| line.strip_prefix("///")).collect();
    let remedy = format!("say so in its doc comment, with {}", bug.source);
    (!docs.contains(bug.source)).then(|| ("does not say whose bug it tries".to_owned(), remedy))
}

/// The doc comments and attributes right above a function of this name.
fn above_function<'a>(text: &'a str, name: &str) -> Option<Vec<&'a str>> {
    let declared = format!("fn {name}(");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let at =
        lines.iter().position(|line| line.starts_with(&declared) || line.starts_with(&format!("async {declared}")))?;
    let above = lines.get(..at)?.iter().rev();
    Some(above.take_while(|line| line.starts_with("///") || line.starts_with("#[")).copied().collect())
}

#[cfg(test)]
mod tests;
