//! An object name outside the naming module is found.

use super::check;
use crate::Tree;

#[test]
fn bucket_path_in_production_is_found_where_it_stands() {
    let text =
        "//! A.\nfn f() -> String {\n    format!(\"db/{}/log\", 1)\n}\nfn g() { format!(\"{root}/wal/{seq}\") }\n";
    let found: Vec<usize> = check(&Tree::of(&[("crates/a/src/x.rs", text)])).iter().map(|v| v.line).collect();
    assert_eq!(found, [3, 5]);
}

#[test]
fn bucket_path_in_the_naming_module_a_test_or_a_comment_passes() {
    let text = "//! A.\nconst X: &str = \"meta/format\";\n";
    let tree = Tree::of(&[
        ("crates/tidewell-storage/src/names.rs", text),
        ("crates/tidewell-storage/src/names/log.rs", text),
        ("crates/a/src/x/tests.rs", text),
        ("tests/recovery.rs", text),
        ("crates/a/src/y.rs", "//! A.\n// \"db/\" is a folder.\nconst ROUTE: &str = \"/api/v2/write\";\n"),
    ]);
    assert_eq!(check(&tree), []);
}

#[test]
fn neighbour_of_the_naming_module_is_not_excused() {
    let tree = Tree::of(&[("crates/tidewell-storage/src/names_of.rs", "//! A.\nconst X: &str = \"hot/\";\n")]);
    assert_eq!(check(&tree).len(), 1);
}
