//! Line protocol of any length, cut into batches at line ends.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::line_end::whole_lines;

/// How much is gathered before it is cut.
const BATCH_BYTES: usize = 1 << 20;
/// How much is gathered while no sure line end is in sight; then any line feed is one.
const BATCH_BYTES_MAX: usize = 8 << 20;

/// Whole lines, to be sent as one request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LineBatch {
    /// The lines.
    pub(crate) body: Bytes,
    /// The number of the first of them within the input, from 1.
    pub(crate) first_line_number: usize,
}

/// Cuts a reader's bytes into batches of about 1 MiB; holds at most 9 MiB.
#[derive(Debug)]
pub(crate) struct LineBatches<R> {
    reader: R,
    pending: BytesMut,
    line_number: usize,
    ended: bool,
}

impl<R: AsyncRead + Unpin> LineBatches<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, pending: BytesMut::new(), line_number: 1, ended: false }
    }

    /// The next batch, `None` behind the last.
    ///
    /// # Errors
    /// What the reader says, and `InvalidData` for a line of more than 8 MiB.
    pub(crate) async fn next(&mut self) -> io::Result<Option<LineBatch>> {
        let mut wanted = BATCH_BYTES;
        loop {
            self.fill(wanted).await?;
            if self.ended {
                let rest = self.pending.len();
                return Ok((rest > 0).then(|| self.cut(rest)));
            }
            let mut end = whole_lines(&self.pending);
            if end == 0 && self.pending.len() >= BATCH_BYTES_MAX {
                end = self.pending.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                if end == 0 {
                    let message = format!("line {} is longer than 8 MiB", self.line_number);
                    return Err(io::Error::new(io::ErrorKind::InvalidData, message));
                }
            }
            if end > 0 {
                return Ok(Some(self.cut(end)));
            }
            wanted = (wanted * 2).min(BATCH_BYTES_MAX);
        }
    }

    async fn fill(&mut self, wanted: usize) -> io::Result<()> {
        while !self.ended && self.pending.len() < wanted {
            self.pending.reserve(wanted - self.pending.len());
            self.ended = self.reader.read_buf(&mut self.pending).await? == 0;
        }
        Ok(())
    }

    fn cut(&mut self, end: usize) -> LineBatch {
        let body = self.pending.split_to(end).freeze();
        let first_line_number = self.line_number;
        self.line_number += body.iter().filter(|byte| **byte == b'\n').count();
        LineBatch { body, first_line_number }
    }
}

#[cfg(test)]
mod tests;
