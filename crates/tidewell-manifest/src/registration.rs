//! Registered files: the intents that add them, drop them, and say what their rows were found to be.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_storage::Tier;
use tidewell_types::{SegmentId, TableName, TableSchema, TimeBounds, TimestampNs, Version};

use crate::entry::{SegmentEntry, TagBounds};
use crate::error::Refusal;
use crate::foreign::{Checked, ForeignFile};
use crate::intent::{Author, Intent};
use crate::removal::{Home, Removal};
use crate::state::State;

/// Registered files of one database: all of them are in every state and every checkpoint.
pub const REGISTERED_MAX: usize = 65_536;

/// A file that is to be registered, as its footer has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The identity that it gets, drawn once: the same candidate may be committed again after an unknown outcome.
    pub id: SegmentId,
    /// The file.
    pub file: ForeignFile,
    /// Its length, in bytes.
    pub file_bytes: u64,
    /// The length of its metadata at its end, in bytes.
    pub footer_bytes: u64,
    /// How many rows its footer says it has.
    pub row_count: u64,
    /// Its columns as the table's.
    pub schema: TableSchema,
    /// What its rows were found to be, where they were looked at; `file.checked` follows from it.
    pub facts: Option<Facts>,
}

/// What all rows of a registered file were found to be, of the content that it is pinned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The earliest and the latest row; for no rows any instant.
    pub time: TimeBounds,
    /// Bounds of each tag that the file has a column for.
    pub tags: Vec<TagBounds>,
    /// Rows.
    pub row_count: u64,
    /// Field values that are not NULL.
    pub value_count: u64,
    /// As [`Checked::is_sorted`].
    pub is_sorted: bool,
}

impl Candidate {
    /// The entry as an intent adds it.
    fn entry(&self, table: &TableName) -> SegmentEntry {
        // No answer may rest on these before the rows were looked at, so they say as little as they can.
        let anything = |tag: &Arc<str>| TagBounds {
            tag: tag.to_string(),
            min: Some(String::new()),
            max: None,
            null_count: self.row_count,
        };
        let entry = SegmentEntry {
            id: self.id,
            object: format!("{}#{}", self.file.url, self.id),
            table: table.clone(),
            file_bytes: self.file_bytes,
            footer_bytes: self.footer_bytes,
            row_count: self.row_count,
            value_count: 0,
            time: TimeBounds::ALL,
            tags: self.schema.tags().iter().map(anything).collect(),
            digest: self.file.pin_digest(self.file_bytes),
            tier: Tier::Hot,
            added: Version::ZERO,
            rank: Version::ZERO,
            deletes_to: Version::ZERO,
            foreign: Some(Arc::new(ForeignFile { checked: None, ..self.file.clone() })),
        };
        match &self.facts {
            Some(facts) => entry.with_facts(facts).unwrap_or(entry),
            None => entry,
        }
    }
}

impl SegmentEntry {
    /// The same registered file with what its rows were found to be; `None` for a segment of ours.
    #[must_use]
    pub fn with_facts(&self, facts: &Facts) -> Option<Self> {
        let file = self.foreign.as_ref()?;
        let checked = Some(Checked { is_sorted: facts.is_sorted });
        Some(Self {
            time: facts.time,
            tags: facts.tags.clone(),
            row_count: facts.row_count,
            value_count: facts.value_count,
            foreign: Some(Arc::new(ForeignFile { checked, ..(**file).clone() })),
            ..self.clone()
        })
    }
}

/// The same content, read the same way.
fn is_same(entry: &SegmentEntry, candidate: &Candidate) -> bool {
    entry.file_bytes == candidate.file_bytes
        && entry.foreign.as_ref().is_some_and(|file| {
            let (ours, new) = (&**file, &candidate.file);
            ours.tag == new.tag && ours.mapping == new.mapping && ours.is_owned == new.is_owned
        })
}

/// Takes a registered file out of the live ones and leaves it where it is.
fn release(entry: &SegmentEntry) -> Removal {
    Removal { keeps_file: true, ..Removal::of(entry, Home::Fresh) }
}

impl State {
    /// The registered files of a table, by their URLs.
    fn registered_in(&self, table: &TableName) -> BTreeMap<&str, &Arc<SegmentEntry>> {
        let entries = self.tables.get(table).into_iter().flat_map(|table| table.segments.registered());
        entries.filter_map(|entry| Some((entry.foreign.as_ref()?.url.as_str(), entry))).collect()
    }

    /// The registered files of all tables, by table and rank.
    pub fn registered(&self) -> impl Iterator<Item = &Arc<SegmentEntry>> {
        self.tables.values().flat_map(|table| table.segments.registered())
    }
}

impl Intent {
    /// What makes `candidates` part of a table, columns included. A file that the table has in the same content, read the same
    /// way, stays as it is; one that it has otherwise is replaced, and counts as written by this commit. `None` where there
    /// is nothing to do.
    ///
    /// # Errors
    /// [`Refusal::Schema`] where the files do not agree among themselves on a column. The commit says where they do not agree
    /// with the table, and refuses a file that is given twice or that another table owns.
    pub fn register(
        state: &State,
        author: Author,
        table: &TableName,
        candidates: &[Candidate],
    ) -> Result<Option<Self>, Refusal> {
        let known = state.registered_in(table);
        let mut intent = Self::new(author);
        let mut columns = TableSchema::new();
        for candidate in candidates {
            match known.get(candidate.file.url.as_str()) {
                Some(entry) if is_same(entry, candidate) => continue,
                Some(entry) => intent.removes.push(release(entry)),
                None => {}
            }
            let conflict = |conflict| Refusal::Schema { table: table.as_str().to_owned(), conflict };
            columns.merge(&candidate.schema).map_err(conflict)?;
            intent.adds.push(candidate.entry(table));
        }
        intent.tables.push((table.clone(), columns));
        Ok((!intent.adds.is_empty()).then_some(intent))
    }

    /// What takes files out of a table; they stay where they are, owned or not.
    ///
    /// # Errors
    /// [`Refusal::FileMissing`] naming one that the table does not have.
    pub fn unregister(state: &State, author: Author, table: &TableName, urls: &[String]) -> Result<Self, Refusal> {
        let known = state.registered_in(table);
        let remove = |url: &String| {
            known.get(url.as_str()).map(|entry| release(entry)).ok_or_else(|| Refusal::FileMissing(url.clone()))
        };
        let mut removes = urls.iter().map(remove).collect::<Result<Vec<_>, _>>()?;
        removes.sort_by_key(|removal| removal.id);
        removes.dedup_by_key(|removal| removal.id);
        Ok(Self { removes, ..Self::new(author) })
    }

    /// What puts facts in the place of claims: of each file, by the identity that it has, the identity that it gets and what its
    /// rows were found to be. Files that are gone or have facts by now are left out; `None` where none is left.
    #[must_use]
    pub fn settle(
        state: &State,
        author: Author,
        table: &TableName,
        found: &[(SegmentId, SegmentId, Facts)],
    ) -> Option<Self> {
        let segments = &state.tables.get(table)?.segments;
        let claimed: BTreeMap<SegmentId, &Arc<SegmentEntry>> =
            segments.registered().iter().filter(|entry| !entry.has_facts()).map(|entry| (entry.id, entry)).collect();
        let mut intent = Self::new(author);
        for (id, new_id, facts) in found {
            let Some(entry) = claimed.get(id) else { continue };
            let url = entry.foreign.as_ref().map_or("", |file| file.url.as_str());
            let checked = SegmentEntry { id: *new_id, object: format!("{url}#{new_id}"), ..(***entry).clone() };
            intent.removes.push(release(entry));
            intent.adds.extend(checked.with_facts(facts));
        }
        (!intent.adds.is_empty()).then_some(intent)
    }
}

impl Facts {
    /// Facts of a file without rows.
    #[must_use]
    pub fn none() -> Self {
        let time = TimeBounds { min: TimestampNs::MIN, max: TimestampNs::MIN };
        Self { time, tags: Vec::new(), row_count: 0, value_count: 0, is_sorted: true }
    }
}

#[cfg(test)]
mod tests;
