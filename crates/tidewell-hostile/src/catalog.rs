//! The catalog's head, parts and index.

use tidewell_catalog::decoders::ObjectKind;

use crate::target::{with_crc, without_crc};
use crate::{Sample, Target};

const HEAD: &[u8] = include_bytes!("../../tidewell-catalog/fixtures/head-v1.bin");
const PART: &[u8] = include_bytes!("../../tidewell-catalog/fixtures/part-v1.bin");
const INDEX: &[u8] = include_bytes!("../../tidewell-catalog/fixtures/index-v1.bin");

/// The windows of Zstd, and the automata of a search.
const TAKEN_BYTES_FIXED: usize = 64 << 20;
/// A byte of an object is at most 1024 of a box, and a byte of a box at most so many of what it is read to.
const TAKEN_PER_BYTE: usize = 1024 * 16;

/// One target a kind of object.
pub(crate) fn targets() -> Vec<Target> {
    macro_rules! of {
        ($name:literal, $kind:ident, $sample:expr) => {
            Target {
                name: $name,
                samples: vec![Sample::checked($sample)],
                read: |bytes| ObjectKind::$kind.rewrite(bytes).map(|_| 1),
                goes_round: |bytes| {
                    let again = ObjectKind::$kind.rewrite(bytes);
                    again.as_ref().is_some_and(|bytes| ObjectKind::$kind.rewrite(bytes) == again)
                },
                open: without_crc,
                seal: with_crc,
                memory_bytes_max: |bytes| TAKEN_BYTES_FIXED + bytes.len() * TAKEN_PER_BYTE,
            }
        };
    }
    vec![of!("catalog_head", Head, HEAD), of!("catalog_part", Part, PART), of!("catalog_index", Index, INDEX)]
}
