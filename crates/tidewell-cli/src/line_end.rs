//! Where line protocol may be cut without cutting a line.

use tidewell_line_protocol::{Line, Parser};

/// How many leading bytes of `bytes` are whole lines, whatever comes after them; the last line never counts as whole.
///
/// A string that is still open might be closed further on, and its line feeds would then be text: nothing from the first
/// refused line with a quote on counts as whole.
pub(crate) fn whole_lines(bytes: &[u8]) -> usize {
    let mut parser = Parser::new(bytes);
    let mut line = Line::default();
    let mut last_line = 1;
    while let Some(outcome) = parser.next_into(&mut line) {
        match outcome {
            Ok(()) => last_line = line.line_number,
            Err(error) => {
                last_line = error.line_number;
                if error.source.contains(&b'"') {
                    break;
                }
            }
        }
    }
    start_of_line(bytes, last_line)
}

/// Where the line of that number, from 1, starts.
fn start_of_line(bytes: &[u8], number: usize) -> usize {
    let Some(line_feeds) = number.checked_sub(2) else { return 0 };
    let mut ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    ends.nth(line_feeds).map_or(0, |(at, _)| at + 1)
}

#[cfg(test)]
mod tests;
