//! Any bytes parse without a panic, and what parses encodes to a line that parses to the same point.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidewell_line_protocol::{Line, Parser, encode};

fuzz_target!(|body: &[u8]| {
    let mut encoded = Vec::new();
    for outcome in Parser::new(body) {
        match outcome {
            Ok(line) => check(&line, &mut encoded),
            Err(error) => {
                assert!((1..=error.source.len() + 1).contains(&error.column));
                assert!(!error.to_string().is_empty());
            }
        }
    }
});

fn check(line: &Line<'_>, encoded: &mut Vec<u8>) {
    encoded.clear();
    encode(line, encoded).expect("what was parsed can be encoded");
    let mut parser = Parser::new(encoded);
    let again = parser.next().expect("one line").expect("a good line");
    assert!(parser.next().is_none());
    assert_eq!(again.measurement, line.measurement);
    assert_eq!(again.tags.as_slice(), line.tags.as_slice());
    assert_eq!(again.fields.as_slice(), line.fields.as_slice());
    assert_eq!(again.timestamp, line.timestamp);
}
