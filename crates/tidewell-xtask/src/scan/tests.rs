//! Comments, literals and code are told apart.
#![allow(clippy::unwrap_used)]

use super::{Literal, scan};

fn literals(text: &str) -> Vec<String> {
    scan(text).literals.into_iter().map(|literal| literal.text).collect()
}

#[test]
fn scan_of_comments_blanks_them_and_keeps_the_lines() {
    let scanned = scan("a // \"no\"\n/* x /* y */ \"no\" */ b\n");
    assert_eq!(scanned.literals, []);
    assert_eq!(scanned.code.lines().count(), 2);
    assert_eq!(scanned.code.split_whitespace().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn scan_of_strings_gives_their_text_and_line() {
    let scanned = scan("let x =\n    \"a\\\"b\"; // c\nlet y = \"two\nlines\";\nlet z = \"w\";");
    let expected = [(2, "a\\\"b"), (3, "two\nlines"), (5, "w")];
    let expected = expected.map(|(line, text)| Literal { line, text: text.to_owned() });
    assert_eq!(scanned.literals, expected);
}

#[test]
fn scan_of_raw_and_byte_strings_gives_their_text() {
    assert_eq!(literals(r###"f(r"a\", r#"b"c"#, br"d", b"e", br#"f"#, c"g")"###), ["a\\", "b\"c", "d", "e", "f", "g"]);
}

#[test]
fn scan_of_words_that_end_in_r_is_not_a_raw_string() {
    assert_eq!(literals("let bar = for_\"x\"; var\"y\""), ["x", "y"]);
}

#[test]
fn scan_of_quotes_and_lifetimes_does_not_open_a_string() {
    assert_eq!(literals("fn f<'a>(x: &'a str) { ('\"', '\\'', b'\"', '\\u{22}', 'é', \"in\") }"), ["in"]);
}

#[test]
fn scan_of_an_unfinished_text_ends() {
    for text in ["\"abc", "r#\"abc", "/* abc", "'", "'\\", "\"abc\\", "r", "b\"é"] {
        assert_eq!(scan(text).code.len(), text.len(), "{text}");
    }
}
