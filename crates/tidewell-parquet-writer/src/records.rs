//! The rows that a program gives as JSON.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

/// A row: its members in the order in which they are written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record(pub(crate) Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record, which is an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Record, A::Error> {
        let mut record = Vec::with_capacity(members.size_hint().unwrap_or(8));
        while let Some(member) = members.next_entry()? {
            record.push(member);
        }
        Ok(Record(record))
    }
}

/// What one call writes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Batch {
    pub(crate) records: Vec<Record>,
    /// The number in the file's name, where the program counts.
    pub(crate) file_counter: Option<u64>,
}

impl Batch {
    /// Reads `[…]`, or `{"records": […], "file_counter": 3}`.
    pub(crate) fn from_json(text: &str) -> Result<Self, String> {
        let is_array = text.trim_ascii_start().starts_with('[');
        let batch = if is_array {
            serde_json::from_str(text).map(|records| Self { records, file_counter: None })
        } else {
            serde_json::from_str(text)
        };
        batch.map_err(|error| format!("the records are no JSON array of objects: {error}"))
    }
}

impl<'de> Deserialize<'de> for Batch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Given {
            records: Option<Vec<Record>>,
            file_counter: Option<u64>,
        }
        let given = Given::deserialize(deserializer)?;
        let records = given.records.ok_or_else(|| D::Error::missing_field("records"))?;
        Ok(Self { records, file_counter: given.file_counter })
    }
}

#[cfg(test)]
mod tests;
