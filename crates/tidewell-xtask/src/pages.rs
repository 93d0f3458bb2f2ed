//! What a page points at exists: source files in backticks, and links to other pages.

use crate::{Tree, Violation};

/// Checks every Markdown page.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, file) in tree.files.iter().filter(|(path, _)| path.ends_with(".md")) {
        for (index, line) in file.text.lines().enumerate() {
            let sources = between(line, "`", "`").filter_map(source_path);
            let links = between(line, "](", ")").filter_map(|link| linked_page(path, link));
            for target in sources.chain(links).filter(|target| !tree.files.contains_key(target)) {
                let remedy = "name the file that took its place";
                violations.push(Violation::new(path, index + 1, format!("{target} does not exist"), remedy));
            }
        }
    }
    violations
}

/// The texts between each opening and the next closing mark.
fn between<'a>(line: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(open)?;
        let (inside, after) = after.split_once(close)?;
        rest = after;
        Some(inside)
    })
}

/// The file that a text like `wal/src/local.rs` or `crates/tidewell-wal/src/local.rs` names; `None` for any other text.
fn source_path(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
    if !text.ends_with(".rs") || !text.contains("/src/") || !text.chars().all(plain) {
        return None;
    }
    Some(if text.starts_with("crates/") { text.to_owned() } else { format!("crates/tidewell-{text}") })
}

/// The page that a relative link in `page` leads to; `None` for anchors, addresses and files that are not pages.
fn linked_page(page: &str, link: &str) -> Option<String> {
    let target = link.split('#').next().filter(|target| target.ends_with(".md") && !target.contains("://"))?;
    let mut folders: Vec<&str> = page.split('/').collect();
    folders.pop();
    for part in target.split('/') {
        match part {
            "." => {}
            ".." => drop(folders.pop()),
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}

#[cfg(test)]
mod tests;
