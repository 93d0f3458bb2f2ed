//! The key/value metadata that makes a Parquet file a segment.

use std::collections::BTreeMap;

use bytes::Bytes;
use parquet::file::metadata::KeyValue;
use tidewell_types::{FieldType, TableName, TableSchema, Version};

use crate::{Footer, SegmentError};

/// The newest segment format, and the one that is written.
pub const FORMAT_VERSION: u32 = 1;

const FORMAT_KEY: &str = "tidewell.format";
const TABLE_KEY: &str = "tidewell.table";
const TAGS_KEY: &str = "tidewell.tags";
const FIELDS_KEY: &str = "tidewell.fields";
const RANK_KEY: &str = "tidewell.rank";

/// What a segment says about itself, so that a bucket can be rebuilt from its segments alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentMetadata {
    /// The table that its rows belong to.
    pub table: TableName,
    /// The table's columns when the segment was written; the tags in the order that the rows are sorted by. The file may
    /// lack columns that are NULL in every row.
    pub schema: TableSchema,
    /// Its place in the order of writes, as [`EncodeOptions::rank`](crate::EncodeOptions::rank) gave it; never 0. `None` in
    /// files that do not say.
    pub rank: Option<Version>,
}

impl SegmentMetadata {
    /// Reads it from the end of a segment, as [`Footer::parse`] does.
    ///
    /// # Errors
    /// Those of [`Footer::parse`].
    pub fn read(tail: Bytes, file_bytes: u64) -> Result<Self, SegmentError> {
        Ok(Footer::parse(tail, file_bytes)?.metadata().clone())
    }

    /// The pairs to write into a file.
    pub(crate) fn to_pairs(&self) -> Vec<KeyValue> {
        let tags: Vec<&str> = self.schema.tags().iter().map(|tag| &**tag).collect();
        let fields: BTreeMap<&str, &str> =
            self.schema.fields().iter().map(|(name, field_type)| (&**name, field_type.name())).collect();
        let pair = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
        let mut pairs = vec![
            pair(FORMAT_KEY, FORMAT_VERSION.to_string()),
            pair(TABLE_KEY, self.table.as_str().to_owned()),
            pair(TAGS_KEY, serde_json::json!(tags).to_string()),
            pair(FIELDS_KEY, serde_json::json!(fields).to_string()),
        ];
        pairs.extend(self.rank.map(|rank| pair(RANK_KEY, rank.to_string())));
        pairs
    }

    /// Reads the pairs of a file; keys of others are ignored.
    pub(crate) fn from_pairs(pairs: &[KeyValue]) -> Result<Self, SegmentError> {
        let find = |key: &str| {
            let found = pairs.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.as_deref());
            found.ok_or_else(|| SegmentError::corrupt(format!("its metadata lacks {key:?}, so it is no segment")))
        };
        let format = find(FORMAT_KEY)?;
        if !format.parse::<u32>().is_ok_and(|format| (1..=FORMAT_VERSION).contains(&format)) {
            return Err(SegmentError::UnknownFormat { found: format.chars().take(32).collect() });
        }
        let bad = |key: &str, problem: String| SegmentError::corrupt(format!("its {key:?} is unreadable: {problem}"));
        let table = TableName::new(find(TABLE_KEY)?).map_err(|error| bad(TABLE_KEY, error.to_string()))?;
        let tags: Vec<String> =
            serde_json::from_str(find(TAGS_KEY)?).map_err(|error| bad(TAGS_KEY, error.to_string()))?;
        let fields: BTreeMap<String, String> =
            serde_json::from_str(find(FIELDS_KEY)?).map_err(|error| bad(FIELDS_KEY, error.to_string()))?;
        let mut schema = TableSchema::new();
        for tag in &tags {
            schema.add_tag(tag).map_err(|error| bad(TAGS_KEY, error.to_string()))?;
        }
        for (field, word) in &fields {
            let field_type = field_type(word).ok_or_else(|| bad(FIELDS_KEY, format!("no field type {word:?}")))?;
            schema.add_field(field, field_type).map_err(|error| bad(FIELDS_KEY, error.to_string()))?;
        }
        Ok(Self { table, schema, rank: rank(pairs)? })
    }
}

/// Files that were written before the key existed lack it.
fn rank(pairs: &[KeyValue]) -> Result<Option<Version>, SegmentError> {
    let Some(pair) = pairs.iter().find(|pair| pair.key == RANK_KEY) else { return Ok(None) };
    let text = pair.value.as_deref().unwrap_or_default();
    match text.parse() {
        Ok(rank) if rank > 0 => Ok(Some(Version::new(rank))),
        _ => Err(SegmentError::corrupt(format!("its {RANK_KEY:?} is no number above 0"))),
    }
}

fn field_type(word: &str) -> Option<FieldType> {
    use FieldType::{Boolean, Float, Integer, String, Unsigned};
    [Float, Integer, Unsigned, Boolean, String].into_iter().find(|field_type| field_type.name() == word)
}

#[cfg(test)]
mod tests;
