//! Lines that were not stored, and why.

use tidewell_line_protocol::LineError;

/// How much of a bad line is shown back, in bytes.
const LINE_BYTES_SHOWN: usize = 1024;
/// How many bad lines are described; the rest are counted.
const LINES_DESCRIBED: usize = 100;

/// One line that was not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedLine {
    /// Its place in the body, from 1.
    pub line_number: usize,
    /// The byte in the line that the reason is about, from 1.
    pub column: usize,
    /// What is wrong and what to do, in one sentence without the place.
    pub reason: String,
    /// The line itself, cut at 1 KiB.
    pub line: String,
}

/// The lines of one body that were not stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejections {
    /// How many there were.
    pub count: usize,
    /// The first hundred of them.
    pub lines: Vec<RejectedLine>,
}

impl Rejections {
    /// Whether every line was good.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn push(&mut self, line_number: usize, column: usize, source: &[u8], reason: impl FnOnce() -> String) {
        self.count += 1;
        if self.lines.len() < LINES_DESCRIBED {
            let shown = source.get(..LINE_BYTES_SHOWN).unwrap_or(source);
            let line = String::from_utf8_lossy(shown).into_owned();
            self.lines.push(RejectedLine { line_number, column, reason: reason(), line });
        }
    }

    pub(crate) fn push_unparsed(&mut self, error: &LineError<'_>) {
        self.push(error.line_number, error.column, error.source, || error.reason.to_string());
    }
}
