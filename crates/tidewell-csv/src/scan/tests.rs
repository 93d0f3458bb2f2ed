//! Records against plain texts.

use super::*;

const COMMA: Dialect = Dialect { delimiter: b',', quote: Some(b'"'), terminator: b'\n' };

type Found = (Vec<String>, u64, Option<RecordFault>);

fn scan(text: &str, dialect: Dialect, is_last: bool) -> (Vec<Found>, usize) {
    let bytes = text.as_bytes();
    let mut scanner = Scanner::new(bytes, dialect, is_last);
    let (mut found, mut cells, mut scratch) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(record) = scanner.next_record(&mut cells, usize::MAX) {
        let texts = cells
            .drain(..)
            .map(|cell| String::from_utf8_lossy(cell.text(bytes, dialect.quote, &mut scratch)).into_owned())
            .collect::<Vec<_>>();
        assert_eq!(texts.len(), record.cell_count);
        found.push((texts, record.lines, record.fault));
    }
    (found, scanner.position())
}

fn cells(text: &str) -> Vec<Vec<String>> {
    scan(text, COMMA, true).0.into_iter().map(|(cells, _, _)| cells).collect()
}

#[test]
fn next_record_tables_of_cells() {
    for (text, expected) in [
        ("a,b\nc,d\n", vec![vec!["a", "b"], vec!["c", "d"]]),
        ("a,b\r\nc,d", vec![vec!["a", "b"], vec!["c", "d"]]),
        ("a,\n,\n", vec![vec!["a", ""], vec!["", ""]]),
        ("\n\na\n", vec![vec![""], vec![""], vec!["a"]]),
        ("\"a,b\",\"c\nd\"\n", vec![vec!["a,b", "c\nd"]]),
        ("\"a\"\"b\"\"\",\"\"\"\"\r\nx,\"\"", vec![vec!["a\"b\"", "\""], vec!["x", ""]]),
        ("a\"b,c\"\n", vec![vec!["a\"b", "c\""]]),
        (
            "abcdefgh,ijklmnopqrstuvwxyz,0\n12345678\n",
            vec![vec!["abcdefgh", "ijklmnopqrstuvwxyz", "0"], vec!["12345678"]],
        ),
    ] {
        assert_eq!(cells(text), expected, "{text:?}");
    }
}

#[test]
fn next_record_faults_are_named() {
    let (found, _) = scan("\"a\"b,c\nd,e\n", COMMA, true);
    assert_eq!(found[0].2, Some(RecordFault::TextAfterQuote));
    assert_eq!(found[1].2, None);
    let (found, position) = scan("x,\"a\nb\nc", COMMA, true);
    assert_eq!((found[0].1, found[0].2), (3, Some(RecordFault::OpenQuote)));
    assert_eq!(position, 8);
}

#[test]
fn next_record_incomplete_waits_for_more() {
    for text in ["a,b", "\"a\nb", "\"a\"", "\"a\"\r", "\"a\"\"", "\"a\nb\",c"] {
        let (found, position) = scan(text, COMMA, false);
        assert!(found.is_empty() && position == 0, "{text:?}");
        let (found, position) = scan(&format!("x\n{text}"), COMMA, false);
        assert!(found.len() == 1 && position == 2, "{text:?}");
    }
}

#[test]
fn next_record_other_dialects() {
    let return_only = Dialect { delimiter: b';', quote: None, terminator: b'\r' };
    let (found, _) = scan("a;\"b\rc;d", return_only, true);
    assert_eq!(found[0].0, ["a", "\"b"]);
    assert_eq!(found[1].0, ["c", "d"]);
}

#[test]
fn next_record_agrees_with_the_csv_crate() {
    let alphabet = b"a1,,,\n\r\n\"\"x ";
    let mut state = 3_u64;
    for _ in 0..5_000 {
        let mut text = Vec::new();
        let mut is_open = false;
        for _ in 0..state % 40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let byte = alphabet[(state >> 33) as usize % alphabet.len()];
            // Lone carriage returns and text behind quotes are read differently on purpose.
            let fits = match byte {
                b'"' => is_open || matches!(text.last(), None | Some(b',' | b'\n')),
                b'\r' => false,
                b',' | b'\n' => true,
                _ => is_open || text.last() != Some(&b'"'),
            };
            if fits {
                text.push(byte);
                is_open ^= byte == b'"';
            }
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 1;
        if is_open {
            text.push(b'"');
        }
        let text = String::from_utf8(text).unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let expected: Vec<Vec<String>> =
            reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        let (found, _) = scan(&text, COMMA, true);
        // That crate leaves out empty lines.
        let ours: Vec<Vec<String>> = found.into_iter().map(|(cells, _, _)| cells).collect();
        let blank = |cells: &&Vec<String>| !(cells.len() == 1 && cells[0].is_empty());
        assert_eq!(
            ours.iter().filter(blank).collect::<Vec<_>>(),
            expected.iter().filter(blank).collect::<Vec<_>>(),
            "{text:?}"
        );
    }
}
