//! Every byte format has a page in docs/formats, and every page a format.

use crate::{Tree, Violation};

/// One format: its page, and the files whose code writes it.
struct Format {
    page: &'static str,
    encoders: &'static [&'static str],
}

/// The formats: the one place that pairs code with its page.
const FORMATS: [Format; 6] = [
    Format { page: "docs/formats/bucket.md", encoders: &["crates/tidewell-storage/src/names.rs"] },
    Format { page: "docs/formats/store.md", encoders: &["crates/tidewell-storage/src/format.rs"] },
    Format { page: "docs/formats/segment.md", encoders: &["crates/tidewell-segment/src/encode.rs"] },
    Format { page: "docs/formats/wal.md", encoders: &["crates/tidewell-wal/src/entry.rs"] },
    Format { page: "docs/formats/import.md", encoders: &["crates/tidewell-import/src/journal/entry.rs"] },
    Format { page: "docs/formats/commit.md", encoders: &["crates/tidewell-manifest/src/record.rs"] },
];

const TABLE: &str = "crates/tidewell-xtask/src/format_pages.rs";
const FOLDER: &str = "docs/formats/";
const INDEX: &str = "docs/formats/README.md";

/// Checks the table against the tree, and the index against the table.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    check_table(tree, &FORMATS)
}

fn check_table(tree: &Tree, formats: &[Format]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let index = tree.files.get(INDEX).map_or("", |file| file.text.as_str());
    for Format { page, encoders } in formats {
        if tree.files.get(*page).is_none_or(|file| file.text.trim().is_empty()) {
            let remedy = format!("describe there, byte by byte, what {} writes", encoders.join(" and "));
            violations.push(Violation::new(page, 1, "the page of a format is missing or empty", remedy));
        }
        for encoder in encoders.iter().filter(|encoder| !tree.files.contains_key(**encoder)) {
            let wrong = format!("{encoder}, the encoder of {page}, does not exist");
            violations.push(Violation::new(TABLE, 1, wrong, "name the file that writes this format"));
        }
        let name = page.trim_start_matches(FOLDER);
        if !index.contains(&format!("({name})")) {
            violations.push(Violation::new(INDEX, 1, format!("{name} is not in the index"), "link it"));
        }
    }
    let pages = tree.files.keys().filter(|path| path.starts_with(FOLDER) && *path != INDEX);
    for page in pages.filter(|path| !formats.iter().any(|format| format.page == path.as_str())) {
        violations.push(Violation::new(page, 1, "no encoder is known for this page", format!("pair it in {TABLE}")));
    }
    violations
}

#[cfg(test)]
mod tests;
