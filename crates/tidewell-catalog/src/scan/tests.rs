//! What scans find, what they read again, and what becomes of them when things go wrong.
#![allow(clippy::unwrap_used)]

mod concurrent;
mod estimates;
mod failing;
mod finding;
mod interrupted;
mod repeated;

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampNanosecondArray};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use tidewell_env::Env;
use tidewell_storage::{ObjectName, Store, StoreOptions, StoreUrl};
use tidewell_types::DatabaseName;

use crate::{
    Cancel, Catalog, CatalogError, Dataset, DatasetState, Progress, ScanOptions, ScanSummary, Scanned, Scanner,
};

/// A Parquet file with these columns.
fn file(columns: Vec<(&str, ArrayRef)>) -> Bytes {
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(100)).build();
    let mut writer = ArrowWriter::try_new(&mut bytes, rows.schema(), Some(properties)).unwrap();
    writer.write(&rows).unwrap();
    writer.close().unwrap();
    bytes.into()
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn times(from: i64, count: usize) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::from_iter_values((0..count as i64).map(|row| from + row)))
}

/// One row for each id, at the times `from`, `from + 1`, and so on.
fn readings(from: i64, ids: &[&str]) -> Bytes {
    let values: ArrayRef = Arc::new(Float64Array::from_iter_values(ids.iter().map(|_| 0.5)));
    file(vec![("timestamp", times(from, ids.len())), ("sensor_id", texts(ids)), ("value", values)])
}

/// A source and a catalog store, in memory.
struct World {
    env: Env,
    source: Store,
    catalog: Store,
}

impl World {
    fn new() -> Self {
        let env = Env::system();
        let open = || Store::open(&StoreUrl::Memory, env.clone(), &StoreOptions::default()).unwrap();
        Self { source: open(), catalog: open(), env }
    }

    async fn put(&self, key: &str, body: impl Into<Bytes>) {
        self.source.put(&ObjectName::foreign(key).unwrap(), body.into()).await.unwrap();
    }

    async fn delete(&self, key: &str) {
        self.source.delete(&[ObjectName::foreign(key).unwrap()]).await.unwrap();
    }

    /// The same objects, with counters at zero.
    fn counted(&self) -> Self {
        Self { env: self.env.clone(), source: self.source.metered(), catalog: self.catalog.metered() }
    }

    fn scanner(&self, options: ScanOptions) -> Scanner {
        Scanner::new(self.env.clone(), self.source.clone(), self.catalog.clone(), &database(), options)
    }

    async fn scan(&self, options: ScanOptions) -> Result<ScanSummary, CatalogError> {
        self.scanner(options).run(&Progress::new(), &Cancel::new()).await
    }

    /// Scans all; every dataset must succeed.
    async fn scan_all(&self) -> ScanSummary {
        let summary = self.scan(ScanOptions::of("")).await.unwrap();
        assert_eq!(summary.failed_count(), 0, "{summary:#?}");
        summary
    }

    fn open(&self) -> Catalog {
        Catalog::open(self.env.clone(), self.catalog.clone(), &database(), Duration::ZERO)
    }

    /// All that the catalog has, without the times of scans, and the ids of all series with their rows.
    async fn contents(&self) -> Vec<(Dataset, Vec<(String, u64)>)> {
        let view = self.scanner(ScanOptions::of("")).place.view(None).await.unwrap();
        let mut contents = Vec::new();
        for part in &view.index.parts {
            let mut record = part.record().unwrap();
            record.scanned_at_ns = 0;
            let chunks = (0..part.chunk_count()).flat_map(|number| part.chunk(number).unwrap());
            let series = chunks.map(|series| (series.id, series.row_count)).collect();
            contents.push((Dataset { record, files: part.files().unwrap() }, series));
        }
        contents
    }
}

fn database() -> DatabaseName {
    DatabaseName::new("plant").unwrap()
}

fn states(summary: &ScanSummary) -> Vec<(&str, &DatasetState)> {
    summary.datasets.iter().map(|Scanned { root, state, .. }| (root.as_str(), state)).collect()
}

fn scanned(files_read: u64) -> DatasetState {
    DatasetState::Scanned { files_read }
}
