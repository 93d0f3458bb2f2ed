//! A file of others that a commit names and that stays where it is.

use tidewell_segment::foreign::{ForeignOptions, NumberUnit, OnRefused};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::DecodeError;
use crate::message;
use crate::part::corrupt;

/// A registered file: where it is, which content of it counts, and how it is read. It is never deleted, moved or rewritten
/// unless it is owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignFile {
    /// Where it is: `s3://bucket/key` or `file:///path`, as [`FileUrl`](tidewell_storage::FileUrl) prints it.
    pub url: String,
    /// What its store called the content that was registered; another content is an error to whoever reads it.
    pub tag: String,
    /// How its columns become time, tags and fields.
    pub mapping: ForeignOptions,
    /// Whether it was given to us: rewrites may take its rows over, and then delete it where it lies in the database's store.
    pub is_owned: bool,
    /// What its rows were found to be; `None` where only its footer was read.
    pub checked: Option<Checked>,
}

/// What is known of a registered file whose rows were all looked at, beside its segment's bounds and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Whether they are sorted as a segment's are, one row an identity, by the tags in the table's order.
    pub is_sorted: bool,
}

impl ForeignFile {
    /// What tells this content from any other, in the place of a digest of its bytes, which nobody reads for it.
    pub(crate) fn pin_digest(&self, file_bytes: u64) -> u128 {
        let mut pin = Vec::with_capacity(self.url.len() + self.tag.len() + 16);
        for text in [&self.url, &self.tag] {
            pin.extend_from_slice(&(text.len() as u64).to_le_bytes());
            pin.extend_from_slice(text.as_bytes());
        }
        pin.extend_from_slice(&file_bytes.to_le_bytes());
        xxh3_128(&pin)
    }
}

pub(crate) fn foreign_message(file: &ForeignFile) -> message::ForeignFile {
    message::ForeignFile {
        url: file.url.clone(),
        tag: file.tag.clone(),
        mapping: Some(mapping_message(&file.mapping)),
        is_owned: file.is_owned,
        checked: file.checked.map(|checked| message::Checked { is_sorted: checked.is_sorted }),
    }
}

pub(crate) fn read_foreign(file: &message::ForeignFile) -> Result<ForeignFile, DecodeError> {
    if file.url.is_empty() || file.tag.is_empty() {
        return Err(corrupt("registered file"));
    }
    Ok(ForeignFile {
        url: file.url.clone(),
        tag: file.tag.clone(),
        mapping: read_mapping(file.mapping.as_ref().ok_or(corrupt("mapping"))?)?,
        is_owned: file.is_owned,
        checked: file.checked.as_ref().map(|checked| Checked { is_sorted: checked.is_sorted }),
    })
}

const UNITS: [NumberUnit; 4] =
    [NumberUnit::Nanoseconds, NumberUnit::Microseconds, NumberUnit::Milliseconds, NumberUnit::Seconds];

fn mapping_message(mapping: &ForeignOptions) -> message::Mapping {
    let path_tag =
        |(tag, value): &(String, Option<String>)| message::PathTag { tag: tag.clone(), value: value.clone() };
    message::Mapping {
        time_column: mapping.time_column.clone(),
        time_fallback: mapping.time_fallback,
        time_unit: (0u32..).zip(UNITS).find(|(_, unit)| *unit == mapping.time_unit).map_or(0, |(number, _)| number),
        time_format: mapping.time_format.clone(),
        tags: mapping.tags.clone(),
        path_tags: mapping.path_tags.iter().map(path_tag).collect(),
        flatten: mapping.flatten,
        columns: mapping.columns.clone().map(|names| message::Columns { names }),
        leave_out_refused: mapping.on_refused == OnRefused::LeaveOut,
    }
}

fn read_mapping(mapping: &message::Mapping) -> Result<ForeignOptions, DecodeError> {
    let time_unit = UNITS.get(mapping.time_unit as usize).copied().ok_or(corrupt("unit of time"))?;
    let path_tag = |path: &message::PathTag| (path.tag.clone(), path.value.clone());
    Ok(ForeignOptions {
        time_column: mapping.time_column.clone(),
        time_fallback: mapping.time_fallback,
        time_unit,
        time_format: mapping.time_format.clone(),
        tags: mapping.tags.clone(),
        path_tags: mapping.path_tags.iter().map(path_tag).collect(),
        flatten: mapping.flatten,
        columns: mapping.columns.as_ref().map(|columns| columns.names.clone()),
        on_refused: if mapping.leave_out_refused { OnRefused::LeaveOut } else { OnRefused::Fail },
    })
}
