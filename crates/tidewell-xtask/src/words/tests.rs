//! Left-over marks, macros and vague names are found, look-alikes are not.

use super::check;
use crate::Tree;

fn found(files: &[(&str, &str)]) -> Vec<(String, usize)> {
    check(&Tree::of(files)).into_iter().map(|violation| (violation.path, violation.line)).collect()
}

#[test]
fn mark_in_a_comment_a_text_or_a_page_is_found() {
    let rust = concat!("//! A.\n// FIX", "ME later\nconst X: &str = \"TO", "DO\";\n");
    let page = concat!("# A\n\nTO", "DO: write\n");
    let lines = found(&[("crates/a/src/x.rs", rust), ("docs/a.md", page)]);
    assert_eq!(lines, [("crates/a/src/x.rs".into(), 2), ("crates/a/src/x.rs".into(), 3), ("docs/a.md".into(), 3)]);
}

#[test]
fn mark_inside_a_longer_word_is_left_alone() {
    assert_eq!(found(&[("crates/a/src/x.rs", concat!("//! A.\nconst TO", "DOS: u8 = 1;\n"))]), []);
}

#[test]
fn macro_in_code_is_found_and_in_a_text_is_not() {
    let text = "//! A dbg! page.\nfn f() { dbg!(1); }\nfn g() { unimplemented!() }\nfn h() { todo!() }\nfn i() { p(\"todo!\") }\n";
    let lines: Vec<usize> = found(&[("crates/a/src/x.rs", text)]).into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, [2, 3, 4]);
}

#[test]
fn vague_name_of_a_file_a_folder_a_crate_or_a_module_is_found() {
    for path in
        ["crates/a/src/utils.rs", "crates/a/src/cache_manager.rs", "crates/a-common/src/x.rs", "tests/common/mod.rs"]
    {
        assert_eq!(found(&[(path, "//! A.\n")]), [(path.into(), 1)]);
    }
    let inline = "//! A.\n\npub(crate) mod test_helpers {\n}\n";
    assert_eq!(found(&[("crates/a/src/x.rs", inline)]), [("crates/a/src/x.rs".into(), 3)]);
}

#[test]
fn good_names_pass() {
    assert_eq!(found(&[("crates/a/src/commit.rs", "//! A.\nmod command {}\nmod uncommon {}\n")]), []);
}
