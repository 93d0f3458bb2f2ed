//! The files of an export: one, or some in a folder a partition.

use std::collections::BTreeMap;

use tidewell_engine::{OutFile, Outlet};
use tidewell_env::Env;
use tidewell_wire::{ExportCompression, ExportOptions, Format, PartitionBy, Partitioner, RecordBatch, SchemaRef};

use super::rows_encoder::RowsEncoder;
use crate::failure::Failure;

/// Files that are open at once; beyond that the one that had no rows for the longest time is ended, and later rows of its
/// folder go to a next part.
const OPEN_FILES_MAX: usize = 32;

/// How files are made.
#[derive(Clone, Debug)]
pub(crate) struct FileOptions {
    pub(crate) format: Format,
    pub(crate) compression: Option<ExportCompression>,
    pub(crate) row_group_rows_max: Option<usize>,
    pub(crate) partition_by: Option<PartitionBy>,
}

/// A file that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) name: String,
    pub(crate) row_count: u64,
    pub(crate) byte_count: u64,
}

/// A file under way.
struct Open {
    file: OutFile,
    encoder: RowsEncoder,
    written: Written,
    /// The batch that last had rows for it.
    last_used: u64,
}

/// The files of one export.
pub(crate) struct Files {
    outlet: Outlet,
    env: Env,
    options: FileOptions,
    /// The one file's name; with partitions the names are made.
    name: String,
    partitioner: Option<Partitioner>,
    schema: SchemaRef,
    open: BTreeMap<String, Open>,
    parts: BTreeMap<String, u64>,
    written: Vec<Written>,
    batches: u64,
}

/// The folder or bucket of an output, and the file's name in it.
pub(crate) fn place_and_name(output: &str) -> (&str, &str) {
    match output.rsplit_once('/') {
        // `s3://bucket` names no file; opening it says so.
        Some((place, _)) if place.ends_with(":/") || place.ends_with(':') => (output, ""),
        Some(("", name)) => ("/", name),
        Some((place, name)) => (place, name),
        None => ("", output),
    }
}

impl Files {
    pub(crate) fn new(output: &str, options: FileOptions, schema: &SchemaRef, env: Env) -> Result<Self, Failure> {
        let partitioner = options.partition_by.clone().map(|by| Partitioner::new(by, schema)).transpose();
        let partitioner = partitioner.map_err(|error| Failure::Usage(error.to_string()))?;
        let (place, name) = match partitioner {
            Some(_) => (output.trim_end_matches('/'), ""),
            None => place_and_name(output),
        };
        if partitioner.is_none() && name.is_empty() {
            return Err(Failure::Usage(format!("{output:?} names no file: give one, like {output}/export.parquet")));
        }
        let schema = partitioner.as_ref().map_or(schema, Partitioner::schema).clone();
        Ok(Self {
            outlet: Outlet::open(place, env.clone())?,
            env,
            options,
            name: name.to_owned(),
            partitioner,
            schema,
            open: BTreeMap::new(),
            parts: BTreeMap::new(),
            written: Vec::new(),
            batches: 0,
        })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`Failure`] when a place refuses, or a value has no form in the format; abort then.
    pub(crate) async fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        self.batches += 1;
        let parts = match &self.partitioner {
            Some(partitioner) => partitioner.split(batch).map_err(|error| Failure::work(error.to_string()))?,
            None => vec![(String::new(), batch.clone())],
        };
        for (folder, rows) in parts {
            self.add(&folder, &rows).await?;
        }
        Ok(())
    }

    async fn add(&mut self, folder: &str, rows: &RecordBatch) -> Result<(), Failure> {
        if !self.open.contains_key(folder) {
            self.make_room().await?;
            let begun = self.begin(folder)?;
            self.open.insert(folder.to_owned(), begun);
        }
        let Some(open) = self.open.get_mut(folder) else { return Ok(()) };
        let bytes = open.encoder.batch(rows).await?;
        open.file.write(&bytes).await?;
        open.written.byte_count += bytes.len() as u64;
        open.written.row_count += rows.num_rows() as u64;
        open.last_used = self.batches;
        Ok(())
    }

    fn begin(&mut self, folder: &str) -> Result<Open, Failure> {
        let name = match self.partitioner {
            None => self.name.clone(),
            Some(_) => {
                let part = self.parts.entry(folder.to_owned()).or_default();
                let name = format!("{folder}/part-{part}.{}", self.options.format.name());
                *part += 1;
                name
            }
        };
        let mut parquet = ExportOptions::default();
        if let Some(compression) = self.options.compression {
            parquet.compression = compression;
        }
        if let Some(rows) = self.options.row_group_rows_max {
            parquet.row_group_rows_max = rows;
        }
        let encoder = match self.partitioner {
            None => RowsEncoder::of_one_file(self.options.format, &self.schema, parquet, &self.env)?,
            Some(_) => RowsEncoder::of_many_files(self.options.format, &self.schema, parquet)?,
        };
        let file = self.outlet.begin(&name)?;
        Ok(Open { file, encoder, written: Written { name, row_count: 0, byte_count: 0 }, last_used: self.batches })
    }

    async fn make_room(&mut self) -> Result<(), Failure> {
        if self.open.len() < OPEN_FILES_MAX {
            return Ok(());
        }
        let oldest = self.open.iter().min_by_key(|(_, open)| open.last_used).map(|(folder, _)| folder.clone());
        match oldest.and_then(|folder| self.open.remove(&folder)) {
            Some(open) => self.end(open).await,
            None => Ok(()),
        }
    }

    async fn end(&mut self, open: Open) -> Result<(), Failure> {
        let Open { mut file, encoder, mut written, .. } = open;
        let last = async {
            let bytes = encoder.finish().await?;
            file.write(&bytes).await?;
            Ok::<_, Failure>(bytes.len() as u64)
        }
        .await;
        match last {
            Ok(byte_count) => written.byte_count += byte_count,
            Err(failure) => {
                // It is in the hands of nobody else any more; the failure itself is what counts.
                drop(file.abort().await);
                return Err(failure);
            }
        }
        file.finish().await?;
        self.written.push(written);
        Ok(())
    }

    /// Ends every file. An export without rows is a file without rows; with partitions it is none.
    ///
    /// # Errors
    /// As [`Files::write`].
    pub(crate) async fn finish(&mut self) -> Result<Vec<Written>, Failure> {
        if self.partitioner.is_none() && self.batches == 0 {
            let begun = self.begin("")?;
            self.open.insert(String::new(), begun);
        }
        while let Some((_, open)) = self.open.pop_first() {
            self.end(open).await?;
        }
        let mut written = std::mem::take(&mut self.written);
        written.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(written)
    }

    /// Gives up what is not whole; files that are ended stay.
    pub(crate) async fn abort(&mut self) {
        while let Some((_, open)) = self.open.pop_first() {
            // What cannot be taken away is told apart by its name, and the failure that led here is what counts.
            drop(open.file.abort().await);
        }
    }
}

#[cfg(test)]
mod tests;
