//! What a query reads: one snapshot of a database.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use tidewell_manifest::{Manifest, Segments, Tombstone};
use tidewell_types::{DatabaseName, TableName, TableSchema, TimestampNs, Version};

/// One snapshot: a manifest version and the rows that it has not folded yet.
#[derive(Clone, Debug)]
pub struct View {
    /// The database.
    pub database: DatabaseName,
    /// The manifest version that the segments are of.
    pub version: Version,
    /// Where lists of segments are read, as far as the query needs them; metered for this query alone.
    pub manifest: Manifest,
    /// The tables that a query may name.
    pub tables: BTreeMap<TableName, TableView>,
}

/// One table of a snapshot.
#[derive(Clone, Debug)]
pub struct TableView {
    /// Its columns; every column of a segment or of the tail is among them.
    pub schema: Arc<TableSchema>,
    /// Its segments; of one identity the values of the one with the highest rank win.
    pub segments: Segments,
    /// Deletes, which hide rows of segments.
    pub tombstones: Arc<Vec<Tombstone>>,
    /// Rows before it do not count.
    pub time_floor: Option<TimestampNs>,
    /// Rows that no segment holds yet, in the order they were written: newer than every segment. A batch may lack columns.
    pub tail: Vec<RecordBatch>,
}

/// Names for a message: the first few, then how many more there are.
pub(crate) fn list_names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 20;
    let count = names.len();
    if count == 0 {
        return "there is none yet".to_owned();
    }
    let shown: Vec<&str> = names.take(SHOWN).collect();
    let more = if count > SHOWN { format!(" and {} more", count - SHOWN) } else { String::new() };
    format!("there are {}{more}", shown.join(", "))
}

impl View {
    /// Its tables' names, for a message.
    pub(crate) fn table_list(&self) -> String {
        list_names(self.tables.keys().map(TableName::as_str))
    }
}
