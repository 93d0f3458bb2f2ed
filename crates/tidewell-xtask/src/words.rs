//! Words that promise work instead of doing it, and names that say nothing.

use crate::{Kind, SourceFile, Tree, Violation};

/// Marks of unfinished work, anywhere in a text; spelled apart so that this file passes its own check.
const MARKS: [&str; 2] = [concat!("FIX", "ME"), concat!("TO", "DO")];
/// Macros that must not ship, in code only.
const MACROS: [&str; 3] = ["dbg!", "unimplemented!", "todo!"];
/// Names that fit anything.
const NAMES: [&str; 8] = ["utils", "util", "common", "helpers", "helper", "manager", "managers", "misc"];

/// Checks texts, code and names.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, file) in &tree.files {
        marks(path, file, &mut violations);
        if file.kind != Kind::Other {
            macros(path, file, &mut violations);
            file_name(path, &mut violations);
            inline_modules(path, file, &mut violations);
        }
    }
    violations
}

fn marks(path: &str, file: &SourceFile, violations: &mut Vec<Violation>) {
    for (index, line) in file.text.lines().enumerate() {
        for mark in MARKS.iter().filter(|mark| has_word(line, mark)) {
            let remedy = "do it now, or write down the limit as a fact";
            violations.push(Violation::new(path, index + 1, format!("{mark} is left over"), remedy));
        }
    }
}

fn macros(path: &str, file: &SourceFile, violations: &mut Vec<Violation>) {
    for (index, line) in file.scan.code.lines().enumerate() {
        for found in MACROS.iter().filter(|name| has_word(line, name)) {
            let remedy = "write what should happen there, or remove it";
            violations.push(Violation::new(path, index + 1, format!("{found} is left over"), remedy));
        }
    }
}

fn file_name(path: &str, violations: &mut Vec<Violation>) {
    let parts = path.trim_end_matches(".rs").split(['/', '-', '_']);
    for vague in parts.filter(|part| NAMES.contains(part)) {
        violations.push(vague_name(path, 1, vague));
    }
}

fn inline_modules(path: &str, file: &SourceFile, violations: &mut Vec<Violation>) {
    for (index, line) in file.scan.code.lines().enumerate() {
        let Some((_, name)) = line.split_once("mod ").filter(|_| line.contains('{')) else { continue };
        let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        if let Some(vague) = name.split('_').find(|part| NAMES.contains(part)) {
            violations.push(vague_name(path, index + 1, vague));
        }
    }
}

fn vague_name(path: &str, line: usize, name: &str) -> Violation {
    Violation::new(path, line, format!("the name `{name}` says nothing"), "name the step or the noun it holds")
}

/// Whether `word` stands in `line` on its own, not as a part of a longer word.
fn has_word(line: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_word) && (word.ends_with('!') || !after.is_some_and(is_word))
    })
}

#[cfg(test)]
mod tests;
