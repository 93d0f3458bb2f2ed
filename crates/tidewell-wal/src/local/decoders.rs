//! Decoders that are private otherwise, for tests of what they make of any bytes.

use std::path::Path;

use tidewell_buffer::Entry;
use tidewell_types::Seq;

use super::frame::{FileHeader, Frame};
use super::replay::{Replay, read_file};
use crate::error::WalError;

/// The frame at the start of `bytes`: its seq, how much of the file it says is on the disk, and its payload. `None` where
/// no whole frame with the right checksum stands.
#[must_use]
pub fn read_frame(bytes: &[u8]) -> Option<(Seq, u64, &[u8])> {
    Frame::decode(bytes).map(|frame| (frame.seq, frame.synced_bytes, frame.payload))
}

/// A frame as bytes; a payload above 4 GiB is cut off.
#[must_use]
pub fn write_frame(seq: Seq, synced_bytes: u64, payload: &[u8]) -> Vec<u8> {
    let payload_bytes = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let payload = payload.get(..payload_bytes as usize).unwrap_or(payload);
    [&Frame { seq, synced_bytes, payload }.header(payload_bytes)[..], payload].concat()
}

/// Reads a whole log file as the folder and the place that its own header names: its entries, and where its end is torn.
///
/// # Errors
/// [`WalError::Damaged`] and [`WalError::Newer`], as opening the folder gives them.
pub fn read_log_file(bytes: &[u8]) -> Result<(Vec<Entry>, Option<u64>), WalError> {
    let header = FileHeader::decode(bytes);
    let header = header.unwrap_or(FileHeader { node: tidewell_types::NodeId::from_bytes([0; 16]), first: Seq::ZERO });
    let mut replay = Replay { entries: Vec::new(), files: Vec::new(), next: Seq::ZERO, torn: None };
    let torn = read_file(Path::new("(bytes)"), bytes, header.node, header.first, &mut replay)?;
    Ok((replay.entries, torn))
}

/// Gives a file whose bytes were tampered with the checksums of what it is: its header's, and that of each frame in a row.
pub fn restamp_log_file(file: &mut [u8]) {
    let Some(header) = file.first_chunk_mut::<{ super::frame::FILE_HEADER_BYTES }>() else { return };
    let (body, checksum) = header.split_at_mut(32);
    checksum.copy_from_slice(&crc32fast::hash(body).to_le_bytes());
    let mut rest = file.get_mut(super::frame::FILE_HEADER_BYTES..).unwrap_or_default();
    while let Some((header, behind)) = rest.split_first_chunk_mut::<{ super::frame::FRAME_HEADER_BYTES }>() {
        let payload_bytes = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let Some((payload, next)) = behind.split_at_mut_checked(payload_bytes) else { return };
        let checksum = super::frame::checksum(&header[..24], payload);
        header[24..].copy_from_slice(&checksum.to_le_bytes());
        rest = next;
    }
}
