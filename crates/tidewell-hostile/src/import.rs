//! The journals of imports.

use tidewell_import::journal::{decode_entry, encode_entry};

use crate::target::{with_crc, without_crc};
use crate::{Sample, Target};

const TAKEN_BYTES_FIXED: usize = 4 << 10;

/// An entry, as docs/formats/import.md shows it.
pub(crate) fn import_entry() -> Target {
    let sample = [&b"TWIJ\x01\0\0\0\x02\0\0\0\x01"[..], &[0; 15], &[0xfe], &[0xff; 15]].concat();
    Target {
        name: "import_entry",
        samples: vec![Sample::checked(with_crc(&sample)), Sample::checked(with_crc(b"TWIJ\x01\0\0\0\0\0\0\0"))],
        read: |bytes| decode_entry(bytes).ok().map(|files| files.len()),
        goes_round: |bytes| decode_entry(bytes).is_ok_and(|files| encode_entry(&files) == bytes),
        open: without_crc,
        seal: with_crc,
        memory_bytes_max: |bytes| TAKEN_BYTES_FIXED + 2 * bytes.len(),
    }
}
