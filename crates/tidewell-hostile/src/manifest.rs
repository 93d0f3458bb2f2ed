//! Commits, checkpoints, lists of segments, final watermarks, hint and floor.

use tidewell_manifest::LeafRef;
use tidewell_manifest::decoders::{ObjectKind, name_of_list};
use tidewell_types::WriteId;

use crate::{Sample, Target};

const COMMIT: [&[u8]; 3] = [
    include_bytes!("../../tidewell-manifest/fixtures/commit-v1.bin"),
    include_bytes!("../../tidewell-manifest/fixtures/commit-v2.bin"),
    include_bytes!("../../tidewell-manifest/fixtures/commit-v3.bin"),
];
const CHECKPOINT: [&[u8]; 3] = [
    include_bytes!("../../tidewell-manifest/fixtures/checkpoint-v1.bin"),
    include_bytes!("../../tidewell-manifest/fixtures/checkpoint-v2.bin"),
    include_bytes!("../../tidewell-manifest/fixtures/checkpoint-v3.bin"),
];
const HINT: [&[u8]; 2] = [
    include_bytes!("../../tidewell-manifest/fixtures/hint-v1.bin"),
    include_bytes!("../../tidewell-manifest/fixtures/hint-v2.bin"),
];
const FLOOR: [&[u8]; 2] = [
    include_bytes!("../../tidewell-manifest/fixtures/floor-v1.bin"),
    include_bytes!("../../tidewell-manifest/fixtures/floor-v2.bin"),
];
const LEAF: &[u8] = include_bytes!("../../tidewell-manifest/fixtures/leaf-v2.bin");
const WATERMARKS: &[u8] = include_bytes!("../../tidewell-manifest/fixtures/watermarks-v2.bin");

/// Where the frame says how long its message is.
const MESSAGE_BYTES_AT: usize = 24;
/// What no message is longer than.
const MESSAGE_BYTES_MAX: usize = 256 << 20;
/// What a byte of a message may become, most of it while a list of structures grows.
const TAKEN_PER_BYTE: usize = 512;
/// What no message takes, decoded, in lists that may double once and be copied once more while they do.
const TAKEN_BYTES_MAX: usize = 4 << 30;
const TAKEN_BYTES_FIXED: usize = 1 << 20;

/// One target a kind of object.
pub(crate) fn targets() -> Vec<Target> {
    macro_rules! of {
        ($name:literal, $kind:ident, $samples:expr) => {
            Target {
                name: $name,
                samples: $samples.iter().map(|bytes| Sample::checked(*bytes)).collect(),
                read: |bytes| ObjectKind::$kind.read(bytes, named(ObjectKind::$kind, bytes).as_ref()).ok().map(|()| 1),
                goes_round: |bytes| {
                    ObjectKind::$kind.goes_round(bytes, named(ObjectKind::$kind, bytes).as_ref()) == Ok(true)
                },
                open: |bytes| ObjectKind::$kind.unwrap(bytes).ok().map(|(_, message)| message),
                seal: |message| seal(ObjectKind::$kind, message),
                memory_bytes_max,
            }
        };
    }
    vec![
        of!("commit", Commit, COMMIT),
        of!("checkpoint", Checkpoint, CHECKPOINT),
        of!("leaf", Leaf, [LEAF]),
        of!("watermarks", Watermarks, [WATERMARKS]),
        of!("hint", Hint, HINT),
        of!("floor", Floor, FLOOR),
    ]
}

/// Which list is asked for: the frozen one, or a tampered one as itself.
fn named(kind: ObjectKind, bytes: &[u8]) -> Option<LeafRef> {
    let is_frozen = bytes.get(8..24) == LEAF.get(8..24);
    (kind == ObjectKind::Leaf).then(|| name_of_list(if is_frozen { LEAF } else { bytes })).flatten()
}

/// Under another write id than the samples', so that a list is asked for as itself.
fn seal(kind: ObjectKind, message: &[u8]) -> Vec<u8> {
    kind.wrap(WriteId::from_bytes([0xab; 16]), message).map(Into::into).unwrap_or_default()
}

fn memory_bytes_max(bytes: &[u8]) -> usize {
    let stated = bytes.get(MESSAGE_BYTES_AT..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
    let message_bytes = (u32::from_le_bytes(stated) as usize).min(MESSAGE_BYTES_MAX);
    TAKEN_BYTES_FIXED + ((message_bytes + bytes.len()) * TAKEN_PER_BYTE).min(TAKEN_BYTES_MAX)
}
