//! Reads one dataset: its YAML file, the footers and the id columns of its files.

use std::sync::Arc;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use parking_lot::Mutex;
use tidewell_segment::foreign::{FileColumn, ForeignOptions, NumberUnit, hive_tags};
use tidewell_storage::{Listed, ObjectName};
use tokio::sync::Semaphore;

use crate::DatasetError;
use crate::chunk::SeriesRows;
use crate::discover::Found;
use crate::estimate;
use crate::guess;
use crate::options::ScanOptions;
use crate::part::Part;
use crate::read::{Counted, Counter, Opened, Source, file_error};
use crate::record::{ColumnRecord, DatasetRecord, Estimate, FileRecord, Mapping};
use crate::series_table::SeriesTable;
use crate::sidecar::{SIDECAR_BYTES_MAX, Sidecar};

/// What all datasets of a scan share.
#[derive(Clone, Debug)]
pub(crate) struct Measurer {
    pub(crate) source: Source,
    pub(crate) options: Arc<ScanOptions>,
    /// One permit a file that is read.
    pub(crate) files: Arc<Semaphore>,
    pub(crate) began_at_ns: i64,
}

/// All that was found out about a dataset.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) record: DatasetRecord,
    pub(crate) files: Vec<FileRecord>,
    pub(crate) series: Vec<SeriesRows>,
    pub(crate) files_read: u64,
}

/// An older measurement that files were only added to.
struct Older {
    record: DatasetRecord,
    files: Vec<FileRecord>,
}

/// A file that was read.
struct ReadFile {
    at: usize,
    counted: Counted,
    columns: Vec<FileColumn>,
}

impl Measurer {
    /// Measures a dataset. `older` is what the catalog has of it, found with the same options and YAML file: where files were
    /// only added since, only these are read.
    pub(crate) async fn measure(&self, found: &Found, older: Option<&Part>) -> Result<Measured, DatasetError> {
        let partitions = partitions(found)?;
        let older = older.and_then(|part| self.older(found, &partitions, part));
        let mut table = SeriesTable::new(self.options.series_max, self.options.series_bytes_max);
        let to_read = match &older {
            Some((older, series)) => {
                for SeriesRows { id, row_count } in series {
                    table.add(id, *row_count, 0)?;
                }
                let known = |file: &Listed| older.files.binary_search_by(|known| known.key.cmp(&file.key)).is_ok();
                (0..found.files.len()).filter(|at| found.files.get(*at).is_some_and(|file| !known(file))).collect()
            }
            None => match &self.options.sampling {
                Some(sampling) => estimate::sample(&found.files, sampling),
                None => (0..found.files.len()).collect(),
            },
        };
        let older = older.map(|(older, _)| older);
        self.announce(found, &to_read);
        let (sidecar, mapping, first) = match &older {
            Some(older) => (Sidecar::default(), older.record.mapping.clone(), None),
            None => self.mapping(found, &to_read, partitions).await?,
        };
        let table = Arc::new(Mutex::new(table));
        let read = self.files(found, &to_read, &mapping, &table, first).await?;
        let table = std::mem::replace(&mut *table.lock(), SeriesTable::new(0, 0));
        let (record, known) = match older {
            Some(Older { record, files }) => (record, files),
            None => (self.record(found, sidecar, mapping), Vec::new()),
        };
        Ok(self.summarize(found, record, known, read, table))
    }

    fn announce(&self, found: &Found, to_read: &[usize]) {
        let bytes = to_read.iter().filter_map(|at| found.files.get(*at)).map(|file| file.bytes).sum();
        self.source.patience.progress.files_found(to_read.len() as u64);
        self.source.patience.progress.bytes_found(bytes);
    }

    /// The older measurement, where each of its files is still the same.
    fn older(&self, found: &Found, partitions: &[String], part: &Part) -> Option<(Older, Vec<SeriesRows>)> {
        let record = part.record().ok().filter(|record| record.estimate.is_none())?;
        if self.options.sampling.is_some() || record.mapping.partitions != partitions {
            return None;
        }
        let files = part.files().ok()?;
        let is_same = |known: &FileRecord| {
            let place = found.files.binary_search_by(|file| file.key.cmp(&known.key)).ok();
            let file = place.and_then(|place| found.files.get(place));
            known.row_count.is_some()
                && known.stamp.is_some()
                && file.is_some_and(|file| {
                    file.bytes == known.bytes && file.tag.as_ref().map(ToString::to_string) == known.stamp
                })
        };
        if !files.iter().all(is_same) {
            return None;
        }
        let chunks = (0..part.chunk_count()).map(|number| part.chunk(number).ok());
        let series = chunks.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
        Some((Older { record, files }, series))
    }

    async fn sidecar(&self, found: &Found) -> Result<Sidecar, DatasetError> {
        let Some(file) = &found.sidecar else { return Ok(Sidecar::default()) };
        let wrong = |problem: String| DatasetError::Sidecar { key: file.key.clone(), problem };
        if file.bytes > SIDECAR_BYTES_MAX {
            return Err(wrong(format!("it has {} bytes, and {SIDECAR_BYTES_MAX} is the limit", file.bytes)));
        }
        let name = ObjectName::foreign(&file.key).ok_or_else(|| wrong("it is no plain path".to_owned()))?;
        let body =
            self.source.patience.request(|| self.source.store.get(&name)).await.map_err(DatasetError::Storage)?;
        let body = body.ok_or_else(|| DatasetError::Gone { key: file.key.clone() })?;
        Sidecar::parse(&body).map_err(wrong)
    }

    /// Which columns are what, by the YAML file, the options, and the first file that is read.
    async fn mapping(
        &self,
        found: &Found,
        to_read: &[usize],
        partitions: Vec<String>,
    ) -> Result<(Sidecar, Mapping, Option<Opened>), DatasetError> {
        let sidecar = self.sidecar(found).await?;
        let Some(file) = to_read.first().and_then(|at| found.files.get(*at)) else {
            return Ok((sidecar, Mapping::default(), None));
        };
        let permit = self.files.acquire().await.map_err(|_| DatasetError::Cancelled)?;
        let opened = self.source.open(file).await?;
        drop(permit);
        let columns = opened.footer.columns().map_err(file_error(&file.key))?;
        let options = &*self.options;
        let time_column = sidecar.time_column.clone().or_else(|| options.time_column.clone());
        let time_column = time_column.or_else(|| guess::time_column(&columns)).ok_or_else(|| {
            let columns: Vec<String> =
                columns.iter().map(|column| format!("{} ({})", column.name, column.file_type)).collect();
            DatasetError::NoTime { key: file.key.clone(), columns: columns.join(", ") }
        })?;
        let said = sidecar.series_columns.clone().or_else(|| options.series_columns.clone());
        let is_guessed = said.is_none();
        let series_columns = said.unwrap_or_else(|| guess::series_columns(&columns, &partitions, &time_column));
        let mapping = Mapping {
            time_column,
            time_unit: sidecar.time_unit.unwrap_or(options.time_unit).to_string(),
            time_format: sidecar.time_format.clone(),
            series_columns,
            partitions,
            is_guessed,
        };
        Ok((sidecar, mapping, Some(opened)))
    }

    async fn files(
        &self,
        found: &Found,
        to_read: &[usize],
        mapping: &Mapping,
        table: &Arc<Mutex<SeriesTable>>,
        mut first: Option<Opened>,
    ) -> Result<Vec<ReadFile>, DatasetError> {
        // In how many files a series is can be told only of files that are counted one after another.
        let parallel = if self.options.sampling.is_some() { 1 } else { self.options.files_parallel.max(1) };
        let columns: Arc<[String]> = mapping.series_columns.clone().into();
        let mut reading = Vec::with_capacity(to_read.len());
        for at in to_read {
            let Some(file) = found.files.get(*at) else { continue };
            let options = options_of(mapping, &found.root, &file.key)?;
            let counter = Counter {
                file: u32::try_from(*at + 1).unwrap_or(u32::MAX),
                columns: Arc::clone(&columns),
                table: Arc::clone(table),
                counted: Counted::default(),
            };
            reading.push((*at, file.clone(), options, counter, first.take()));
        }
        let reading = stream::iter(reading).map(|(at, file, options, counter, opened)| {
            let this = self.clone();
            async move { this.file(at, file, options, counter, opened).await }
        });
        let mut read: Vec<ReadFile> = reading.buffer_unordered(parallel).try_collect().await?;
        read.sort_unstable_by_key(|file| file.at);
        Ok(read)
    }

    async fn file(
        &self,
        at: usize,
        file: Listed,
        options: ForeignOptions,
        counter: Counter,
        opened: Option<Opened>,
    ) -> Result<ReadFile, DatasetError> {
        let _permit = self.files.acquire().await.map_err(|_| DatasetError::Cancelled)?;
        if self.source.patience.cancel.is_cancelled() {
            return Err(DatasetError::Cancelled);
        }
        let opened = match opened {
            Some(opened) => opened,
            None => self.source.open(&file).await?,
        };
        let columns = opened.footer.columns().map_err(file_error(&file.key))?;
        let counted = self.source.count(&opened, &options, counter).await?;
        let progress = &self.source.patience.progress;
        progress.files_done(1);
        progress.bytes_done(file.bytes);
        progress.rows_done(counted.row_count);
        Ok(ReadFile { at, counted, columns })
    }

    /// `record` and `known` are those of an older measurement, or of none yet.
    fn summarize(
        &self,
        found: &Found,
        mut record: DatasetRecord,
        known: Vec<FileRecord>,
        read: Vec<ReadFile>,
        table: SeriesTable,
    ) -> Measured {
        let files_read = read.len() as u64;
        let mut files: Vec<FileRecord> = found.files.iter().map(|file| file_record(file, &known)).collect();
        let mut rows_by_file: Vec<u64> = Vec::with_capacity(read.len());
        for ReadFile { at, counted, columns } in read {
            if let Some(file) = files.get_mut(at) {
                file.row_count = Some(counted.row_count);
            }
            rows_by_file.push(counted.row_count);
            record.time = match (record.time, counted.time) {
                (Some(a), Some(b)) => Some(a.union(b)),
                (a, b) => a.or(b),
            };
            add_columns(&mut record.columns, columns);
        }
        record.file_count = files.len() as u64;
        record.bytes = files.iter().map(|file| file.bytes).sum();
        record.scanned_at_ns = self.began_at_ns;
        let (once, twice) = (table.in_files(1), table.in_files(2));
        let series = table.into_sorted();
        let rows = series.iter().map(|series| series.row_count);
        record.series_rows_min = rows.clone().min().unwrap_or_default();
        record.series_rows_max = rows.max().unwrap_or_default();
        record.row_count = files.iter().filter_map(|file| file.row_count).sum();
        record.series_count = series.len() as u64;
        if let Some(sampling) = self.options.sampling.as_ref().filter(|_| rows_by_file.len() < files.len()) {
            let (row_count, rows) = estimate::rows(&rows_by_file, files.len());
            let (series_count, series) =
                estimate::series(record.series_count, once, twice, rows_by_file.len(), files.len());
            (record.row_count, record.series_count) = (row_count, series_count);
            record.estimate = Some(Estimate { files_read, seed: sampling.seed, rows, series });
        }
        Measured { record, files, series, files_read }
    }

    fn record(&self, found: &Found, sidecar: Sidecar, mapping: Mapping) -> DatasetRecord {
        let source = self.source.store.url().to_string();
        let folder = if found.root.is_empty() { source.rsplit('/').next().unwrap_or_default() } else { &found.root };
        DatasetRecord {
            name: sidecar.name.unwrap_or_else(|| folder.to_owned()),
            source: source.clone(),
            root: found.root.clone(),
            description: sidecar.description,
            tags: sidecar.tags,
            sidecar: found.sidecar.as_ref().map(|file| file.key.clone()),
            mapping,
            ..DatasetRecord::default()
        }
    }
}

/// The names of the `name=value` folders below the root, by the first file that has them.
fn partitions(found: &Found) -> Result<Vec<String>, DatasetError> {
    let mut partitions: Vec<String> = Vec::new();
    for file in &found.files {
        for (name, _) in folders(&found.root, &file.key)? {
            if !partitions.contains(&name) {
                partitions.push(name);
            }
        }
    }
    Ok(partitions)
}

fn folders(root: &str, key: &str) -> Result<Vec<(String, Option<String>)>, DatasetError> {
    let below = key.strip_prefix(root).unwrap_or(key);
    hive_tags(below).map_err(|problem| DatasetError::Folder { key: key.to_owned(), problem })
}

/// How to read the time and the id of a file's rows, and nothing else.
fn options_of(mapping: &Mapping, root: &str, key: &str) -> Result<ForeignOptions, DatasetError> {
    let folders = folders(root, key)?;
    let (in_path, in_file): (Vec<&String>, Vec<&String>) =
        mapping.series_columns.iter().partition(|column| mapping.is_partition(column));
    let value = |name: &String| folders.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.clone());
    Ok(ForeignOptions {
        time_column: Some(mapping.time_column.clone()),
        time_unit: NumberUnit::by_name(&mapping.time_unit).unwrap_or_default(),
        time_format: mapping.time_format.clone(),
        tags: in_file.into_iter().cloned().collect(),
        path_tags: in_path.into_iter().map(|name| (name.clone(), value(name))).collect(),
        columns: Some(Vec::new()),
        ..ForeignOptions::default()
    })
}

fn file_record(file: &Listed, known: &[FileRecord]) -> FileRecord {
    let place = known.binary_search_by(|known| known.key.cmp(&file.key)).ok();
    let row_count = place.and_then(|place| known.get(place)).and_then(|known| known.row_count);
    FileRecord {
        key: file.key.clone(),
        bytes: file.bytes,
        stamp: file.tag.as_ref().map(ToString::to_string),
        row_count,
    }
}

/// Adds a file's columns to those of its dataset. The types of a column keep the order in which they were met.
fn add_columns(columns: &mut Vec<ColumnRecord>, of_file: Vec<FileColumn>) {
    for FileColumn { name, file_type, .. } in of_file {
        match columns.iter_mut().find(|column| column.name == name) {
            Some(column) => {
                column.file_count += 1;
                if !column.types.contains(&file_type) {
                    column.types.push(file_type);
                }
            }
            None => columns.push(ColumnRecord { name, types: vec![file_type], file_count: 1 }),
        }
    }
}
