//! What a message will take in memory, before it is taken.
//!
//! Two bytes can be a whole element of a list, and become a structure of some hundred. So a message is walked first, and one that
//! would take more than any that is written is refused.

use crate::message::{
    Attach, Author, Checked, Checkpoint, CheckpointRef, Columns, Commit, Field, FinalWatermarks, Fold, ForeignFile,
    GenerationChange, Gone, Grave, Leaf, LeafRef, Lift, LogStores, Mapping, PathTag, Removal, Restore, Retention,
    Rollup, RollupChange, RollupDefinition, RollupNames, RollupStep, Segment, Snapshot, Span, Table, TableTombstone,
    Tag, TagMatch, TimeFloor, Token, Tombstone, Totals,
};

/// What a message may take, decoded: well above any that is written, well below memory.
pub(crate) const DECODED_BYTES_MAX: u64 = 1 << 30;
/// A text or bytes, beside what they hold.
const TEXT_BYTES: usize = size_of::<Vec<u8>>();

/// What one message takes in a list, and the messages within it, by their field numbers.
#[derive(Debug)]
pub(crate) struct Shape {
    bytes: usize,
    parts: &'static [(u64, &'static Self)],
}

impl Shape {
    const fn of<M>(parts: &'static [(u64, &'static Self)]) -> Self {
        Self { bytes: size_of::<M>(), parts }
    }
}

pub(crate) const COMMIT: Shape = Shape::of::<Commit>(&[
    (3, &AUTHOR),
    (4, &SEGMENT),
    (6, &FOLD),
    (7, &Shape::of::<Attach>(&[])),
    (8, &TABLE),
    (9, &GENERATION),
    (12, &Shape::of::<Removal>(&[])),
    (13, &Shape::of::<TableTombstone>(&[(2, &TOMBSTONE)])),
    (14, &Shape::of::<Lift>(&[])),
    (15, &Shape::of::<TimeFloor>(&[])),
    (16, &Shape::of::<Retention>(&[])),
    (19, &SNAPSHOT),
    (21, &Shape::of::<Restore>(&[(2, &TABLE)])),
    (23, &Shape::of::<LogStores>(&[])),
    (24, &CHECKPOINT_REF),
    (26, &Shape::of::<RollupChange>(&[(2, &ROLLUP)])),
    (27, &Shape::of::<RollupStep>(&[(3, &SPAN)])),
]);
pub(crate) const CHECKPOINT: Shape = Shape::of::<Checkpoint>(&[
    (3, &TABLE),
    (4, &SEGMENT),
    (5, &FOLD),
    (6, &FOLD),
    (7, &GENERATION),
    (10, &Shape::of::<Token>(&[])),
    (11, &Shape::of::<Grave>(&[])),
    (13, &SNAPSHOT),
    (14, &CHECKPOINT_REF),
    (19, &Shape::of::<Rollup>(&[(2, &ROLLUP), (5, &SPAN)])),
]);
pub(crate) const LEAF: Shape = Shape::of::<Leaf>(&[(1, &SEGMENT)]);
pub(crate) const WATERMARKS: Shape = Shape::of::<FinalWatermarks>(&[(2, &FOLD)]);

const AUTHOR: Shape = Shape::of::<Author>(&[]);
const CHECKPOINT_REF: Shape = Shape::of::<CheckpointRef>(&[]);
const FOLD: Shape = Shape::of::<Fold>(&[(1, &AUTHOR)]);
const GENERATION: Shape = Shape::of::<GenerationChange>(&[]);
const SEGMENT: Shape = Shape::of::<Segment>(&[(10, &Shape::of::<Tag>(&[])), (16, &FOREIGN)]);
const FOREIGN: Shape = Shape::of::<ForeignFile>(&[(3, &MAPPING), (5, &Shape::of::<Checked>(&[]))]);
const MAPPING: Shape = Shape::of::<Mapping>(&[(6, &Shape::of::<PathTag>(&[])), (8, &Shape::of::<Columns>(&[]))]);
const NAMES: Shape = Shape::of::<RollupNames>(&[]);
const ROLLUP: Shape = Shape::of::<RollupDefinition>(&[(5, &NAMES), (6, &NAMES)]);
const SPAN: Shape = Shape::of::<Span>(&[]);
const SNAPSHOT: Shape = Shape::of::<Snapshot>(&[(2, &CHECKPOINT_REF)]);
const TOMBSTONE: Shape = Shape::of::<Tombstone>(&[(4, &Shape::of::<TagMatch>(&[]))]);
const TABLE: Shape = Shape::of::<Table>(&[
    (3, &Shape::of::<Field>(&[])),
    (4, &Shape::of::<LeafRef>(&[])),
    (5, &SEGMENT),
    (6, &Shape::of::<Gone>(&[])),
    (7, &Shape::of::<Totals>(&[])),
    (8, &TOMBSTONE),
    (11, &SEGMENT),
]);

/// What a message of this shape takes in memory, decoded; `None` where it is no message, or takes more than `room`.
pub(crate) fn weigh(message: &[u8], shape: &Shape, room: u64) -> Option<u64> {
    let mut left = room.checked_sub(shape.bytes as u64)?;
    walk(message, shape, &mut left)?;
    Some(room - left)
}

fn walk(mut rest: &[u8], shape: &Shape, left: &mut u64) -> Option<()> {
    while !rest.is_empty() {
        let key = varint(&mut rest)?;
        match key & 7 {
            0 => drop(varint(&mut rest)?),
            1 => drop(take(&mut rest, 8)?),
            5 => drop(take(&mut rest, 4)?),
            2 => {
                let length = varint(&mut rest)?;
                let inner = take(&mut rest, length)?;
                let part = shape.parts.iter().find(|(number, _)| *number == key >> 3);
                let bytes = part.map_or(TEXT_BYTES + inner.len(), |(_, part)| part.bytes);
                *left = left.checked_sub(bytes as u64)?;
                if let Some((_, part)) = part {
                    walk(inner, part, left)?;
                }
            }
            // Groups, which no version has had.
            _ => return None,
        }
    }
    Some(())
}

fn take<'a>(rest: &mut &'a [u8], bytes: u64) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(usize::try_from(bytes).ok()?)?;
    *rest = tail;
    Some(head)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let (byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
        if *byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests;
