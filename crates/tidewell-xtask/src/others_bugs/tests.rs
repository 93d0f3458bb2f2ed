//! A row without a test that runs and names its source is found.

use super::{PAGE, check_table};
use crate::Tree;

const TEST: &str =
    "//! A.\n\n/// slatedb #1, #2: it broke.\n#[tokio::test(start_paused = true)]\nasync fn works() {}\n";

fn found(page: &str, test: &str) -> Vec<String> {
    let tree = Tree::of(&[(PAGE, page), ("crates/a/src/x/tests.rs", test)]);
    check_table(&tree, 1).into_iter().map(|violation| violation.wrong).collect()
}

fn page(rows: &str) -> String {
    format!("# Bugs\n\n| # | source | what | guard |\n|---|---|---|---|\n{rows}")
}

#[test]
fn row_with_a_test_that_names_its_source_passes() {
    assert_eq!(found(&page("| 1 | slatedb #1, #2; lance #3 | broke | `works`, but for `This` |\n"), TEST), [""; 0]);
    let plain = "/// slatedb #1\n#[test]\nfn works() {}\n";
    assert_eq!(found(&page("| 1 | slatedb #1 | broke | `works` |\n"), plain), [""; 0]);
}

#[test]
fn rows_that_are_missing_or_out_of_order_are_found() {
    for rows in ["", "| 2 | slatedb #1 | broke | `works` |\n", &"| 1 | slatedb #1 | broke | `works` |\n".repeat(2)] {
        assert_eq!(found(&page(rows), TEST), ["its rows are not numbered from 1 to 1"], "{rows}");
    }
    assert_eq!(check_table(&Tree::default(), 1).len(), 1);
}

#[test]
fn test_that_is_missing_ignored_or_none_is_found() {
    let row = page("| 1 | slatedb #1 | broke | `works` |\n");
    let guard = "works, which guards us from bug 1, ";
    for (test, wrong) in [
        (TEST.replace("works", "worked"), "does not exist"),
        (TEST.replace("works", "works_too"), "does not exist"),
        (TEST.replace("#[tokio::test(start_paused = true)]", ""), "is no test"),
        (TEST.replace("async fn", "#[ignore = \"later\"]\nasync fn"), "is ignored"),
        (TEST.replace("slatedb #1", "slatedb #7"), "does not say whose bug it tries"),
        (TEST.replace("/// slatedb #1", "// slatedb #1"), "does not say whose bug it tries"),
    ] {
        assert_eq!(found(&row, &test), [format!("{guard}{wrong}")], "{test}");
    }
    assert_eq!(found(&page("| 1 | slatedb #1 | broke | a prayer |\n"), TEST), ["nothing guards us from bug 1"]);
}
