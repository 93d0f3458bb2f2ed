//! A Parquet file whose columns are encoded on several threads, while the caller reads rows and writes bytes.

mod crew;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use tidewell_env::Env;
use tidewell_segment::{EncodeTask, ExportError, ExportOptions, ParquetExport};

use crate::EncodeError;
use crew::Crew;

/// Writes the batches of one answer as one Parquet file, on several threads.
///
/// ```text
/// batch(rows)* -> bytes after each, while columns go on being encoded -> finish() -> the last bytes
/// ```
///
/// The bytes depend on the rows, their batches and the options, and not on the threads. They are those of
/// [`Encoder`](crate::Encoder) but for row groups that end early, which it measures encoded and this in memory
/// ([`ExportOptions::row_group_bytes_max`]).
///
/// Memory: at most [`row_groups_max`](Self::row_groups_max) row groups, each as rows or as encoded columns, besides the
/// one that is filling and the batch that is given. Dropping it cancels: what was not begun never runs, and what runs
/// ends within milliseconds, unheard.
pub struct ParquetCrew {
    export: ParquetExport,
    crew: Crew,
    row_groups_max: usize,
    /// Set while a call is under way, and stays so after one that failed or was dropped.
    is_broken: bool,
}

impl ParquetCrew {
    /// A file of `schema` by `options`, encoded on at most `threads` threads (from 1) of `env`'s blocking work.
    ///
    /// # Errors
    /// [`EncodeError::Parquet`] when Parquet has no type for a column, or the options make no sense; nothing was
    /// written, answer 400.
    pub fn new(schema: &SchemaRef, options: ExportOptions, env: Env, threads: usize) -> Result<Self, EncodeError> {
        let threads = threads.max(1);
        let export = ParquetExport::with_options(schema, options)?;
        // One row group's columns may be fewer than the threads, and its last column may take longer than the others.
        let row_groups_max = 1 + threads.div_ceil(schema.fields().len().max(1));
        Ok(Self { export, crew: Crew::new(env, threads), row_groups_max, is_broken: false })
    }

    /// Most row groups whose columns are waiting, being encoded or encoded and not in the file yet: 1 and, rounded up,
    /// threads by columns.
    #[must_use]
    pub fn row_groups_max(&self) -> usize {
        self.row_groups_max
    }

    /// Takes the rows of `batch` and gives the bytes that are ready; none while a row group fills or is encoded. Waits
    /// only for room. Must be called within a runtime. A future that is dropped leaves the file broken.
    ///
    /// # Errors
    /// [`EncodeError`] when rows of this or an earlier batch cannot be written; the file is then broken, and every
    /// later call says so.
    pub async fn batch(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, EncodeError> {
        self.begin_call()?;
        for task in self.export.stage(batch)? {
            self.give(task).await?;
        }
        while let Some(column) = self.crew.encoded() {
            self.export.accept(column?)?;
        }
        self.is_broken = false;
        Ok(self.export.take_bytes())
    }

    /// The bytes that end the file, once all columns are encoded; without them it is incomplete.
    ///
    /// # Errors
    /// As [`ParquetCrew::batch`].
    pub async fn finish(mut self) -> Result<Vec<u8>, EncodeError> {
        self.begin_call()?;
        for task in self.export.stage_rest() {
            self.give(task).await?;
        }
        while self.crew.under_way() > 0 {
            self.accept_next().await?;
        }
        Ok(self.export.finish()?)
    }

    fn begin_call(&mut self) -> Result<(), EncodeError> {
        if std::mem::replace(&mut self.is_broken, true) {
            return Err(ExportError::Options("the file is broken by an earlier failure".to_owned()).into());
        }
        Ok(())
    }

    /// Hands the task to the crew once there is room for its row group.
    async fn give(&mut self, task: EncodeTask) -> Result<(), EncodeError> {
        // Tasks come in the order of their row groups, so all that this one waits for is with the crew.
        while task.row_group() >= self.export.row_groups_written() + self.row_groups_max {
            self.accept_next().await?;
        }
        self.crew.give(Box::new(move || task.run()));
        Ok(())
    }

    async fn accept_next(&mut self) -> Result<(), EncodeError> {
        let column = self.crew.next_encoded().await?;
        Ok(self.export.accept(column)?)
    }
}

impl std::fmt::Debug for ParquetCrew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetCrew").field("export", &self.export).field("crew", &self.crew).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
