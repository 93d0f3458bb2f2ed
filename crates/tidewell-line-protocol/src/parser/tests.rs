//! Tests of the walk over a body: line ends, comments, line numbers, and bad lines among good ones.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::{Line, Parser, Reason};

/// Each line as `number:source` when good, `number:source!reason` when bad.
fn walk(body: &[u8]) -> Vec<String> {
    let text = |source: &[u8]| String::from_utf8_lossy(source).into_owned();
    Parser::new(body)
        .map(|outcome| match outcome {
            Ok(line) => format!("{}:{}", line.line_number, text(line.source)),
            Err(error) => format!("{}:{}!{:?}", error.line_number, text(error.source), error.reason),
        })
        .collect()
}

#[test]
fn body_of_blank_lines_and_comments_has_no_lines() {
    for body in ["", "\n\n", "  \n\t\n\r\n", "# a\n  # b\r\n#", " ", "#\"\n#\\\n"] {
        assert!(walk(body.as_bytes()).is_empty(), "{body:?}");
    }
}

#[test]
fn body_line_numbers_count_blanks_comments_and_string_line_feeds() {
    let body = b"# c\n\na f=\"x\n\ny\"\nb f=1\r\n\r\nc f=\"\n\"x\nd f=1 1";
    assert_eq!(walk(body), ["3:a f=\"x\n\ny\"", "6:b f=1", "8:c f=\"\n\"x!TextAfterString", "10:d f=1 1"]);
}

#[test]
fn body_source_keeps_leading_and_trailing_blanks() {
    assert_eq!(walk(b"\n  a f=1  \r\n \t b \n"), ["2:  a f=1  ", "3: \t b !MissingFields"]);
}

#[test]
fn body_crlf_ends_lines_but_a_lone_cr_does_not() {
    assert_eq!(walk(b"a f=1\r\nb f=1 1\r\n"), ["1:a f=1", "2:b f=1 1"]);
    assert_eq!(walk(b"a f=1\r"), ["1:a f=1\r!InvalidValue"]);
    assert_eq!(walk(b"#\xff\na f=1\r\nb f=1\r"), ["2:a f=1", "3:b f=1\r!InvalidValue"]);
    assert_eq!(walk(b"a f=1\rb f=2\n"), ["1:a f=1\rb f=2!InvalidValue"]);
}

#[test]
fn bad_line_with_quotes_does_not_cost_the_next() {
    for bad in
        ["m f=\"abc", "m f=x\"y", "m \"f=", "m,t=\"a", "\"", "m f=\"a\"\"", "m f=\"a\",\"", "m f=1,=\"", "m f=\\\""]
    {
        let body = format!("{bad}\nnext f=1\nlast,t=a f=2\n");
        let lines = walk(body.as_bytes());
        assert_eq!(lines.get(lines.len().saturating_sub(2)..).unwrap(), ["2:next f=1", "3:last,t=a f=2"], "{bad}");
        assert_eq!(lines.len(), 3, "{bad}");
    }
}

#[test]
fn bad_line_with_a_string_over_lines_ends_behind_the_string() {
    let body = b"m f=\"x\nevil f=1\n\",g=? 1\nnext f=1\n";
    assert_eq!(walk(body), ["1:m f=\"x\nevil f=1\n\",g=? 1!InvalidValue", "4:next f=1"]);
}

#[test]
fn bad_utf8_costs_its_own_line_only() {
    let body = b"a f=1\nb\xff f=1\r\nc f=\"\xc3\n\"\n#\xff\nd,t=\xc3\xa4 f=\"x\n\xc3\xa4\" 3\n";
    assert_eq!(
        walk(body),
        ["1:a f=1", "2:b\u{FFFD} f=1!InvalidUtf8", "3:c f=\"\u{FFFD}\n\"!InvalidUtf8", "6:d,t=ä f=\"x\nä\" 3"]
    );
}

#[test]
fn next_into_reused_line_holds_nothing_of_the_last() {
    let mut parser = Parser::new(b"a,t=x f=1,g=2 7\nb h=3\nbad,t=x\nc i=4");
    let mut line = Line::default();
    parser.next_into(&mut line).unwrap().unwrap();
    parser.next_into(&mut line).unwrap().unwrap();
    assert_eq!((line.tags.len(), line.fields.len(), line.timestamp, line.line_number), (0, 1, None, 2));
    let error = parser.next_into(&mut line).unwrap().unwrap_err();
    assert_eq!((error.reason, error.line_number), (Reason::MissingFields, 3));
    assert_eq!(line, Line::default());
    parser.next_into(&mut line).unwrap().unwrap();
    assert_eq!((line.measurement.as_ref(), line.line_number), ("c", 4));
    assert!(parser.next_into(&mut line).is_none());
    assert!(parser.next_into(&mut line).is_none());
}

#[test]
fn unclosed_strings_on_many_lines_take_linear_time() {
    let mut body = String::new();
    for index in 0..100_000 {
        writeln!(body, "m,t={index} x f=\\\"abc").unwrap();
    }
    body.push_str("m f=\"abc\nlast f=1");
    let (good, bad): (Vec<_>, Vec<_>) = Parser::new(body.as_bytes()).partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (1, 100_001));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn body_read_line_by_line_gives_the_same(
        lines in proptest::collection::vec(r##"[mt ,=\\"#\n1i\r]{0,24}"##, 0..6),
    ) {
        let body = lines.join("\n");
        // A bad byte, here in a comment, makes every line be validated and read for itself.
        let whole = walk(body.as_bytes());
        let alone = walk(&[b"#\xff\n", body.as_bytes()].concat());
        let moved: Vec<String> = alone
            .iter()
            .map(|line| {
                let (number, rest) = line.split_once(':').unwrap();
                format!("{}:{rest}", number.parse::<usize>().unwrap() - 1)
            })
            .collect();
        prop_assert_eq!(whole, moved);
    }
}
