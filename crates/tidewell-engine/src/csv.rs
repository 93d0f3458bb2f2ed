//! CSV into a table, while it arrives.

use arrow_array::RecordBatch;
use tidewell_csv::{CsvEnd, CsvError, CsvOptions, CsvReader, Rejections, infer};
use tidewell_types::{DatabaseName, TableName, TableRows};
use tidewell_wal::AckLevel;

use crate::engine::Engine;
use crate::error::{EngineError, ErrorKind};
use crate::tables::{ColumnInfo, columns};
use crate::write::{RowsRequest, WriteError};

/// Bytes of a file that are looked at to find out its columns.
const SAMPLE_BYTES: usize = 1 << 20;
/// Rows that are logged together, at most.
const BATCH_ROWS_MAX: usize = 32 * 1024;
/// Bytes of the file that are logged together, about.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// A file of CSV for a table.
#[derive(Clone, Debug)]
pub struct CsvRequest {
    /// The database; made by its first write.
    pub database: String,
    /// The table; made by its first row.
    pub table: String,
    /// How the file is read.
    pub options: CsvOptions,
    /// At least this level; `None` for the server's.
    pub ack: Option<AckLevel>,
    /// Names the request; see [`WriteRequest::idempotency_key`](crate::WriteRequest::idempotency_key).
    pub idempotency_key: Option<String>,
}

/// A file that was read to its end.
#[derive(Clone, Debug)]
pub struct CsvReply {
    /// Rows stored.
    pub rows: u64,
    /// Rows that do not fit, with their lines.
    pub rejected: Rejections,
    /// The columns that the file's rows have.
    pub columns: Vec<ColumnInfo>,
    /// The session token of the last rows; empty where there are none.
    pub token: String,
}

/// A file that arrives in chunks. Holds a sample, a batch and a record; what was stored before an error stays stored.
#[derive(Debug)]
pub struct CsvIntake {
    engine: Engine,
    request: CsvRequest,
    table: TableName,
    sample: Vec<u8>,
    reader: Option<CsvReader>,
    rows: u64,
    batches: u64,
    token: String,
}

impl Engine {
    /// Begins to take a file; nothing is stored yet, and no request made.
    ///
    /// # Errors
    /// [`EngineError`]: `Invalid` for a name that none can have; `Unavailable` while shutting down.
    pub fn take_csv(&self, request: CsvRequest) -> Result<CsvIntake, EngineError> {
        self.check_open()?;
        DatabaseName::new(&request.database)?;
        let table = TableName::new(&request.table)?;
        let options =
            CsvOptions { batch_rows_max: BATCH_ROWS_MAX, batch_bytes_max: BATCH_BYTES_MAX, ..request.options };
        Ok(CsvIntake {
            engine: self.clone(),
            request: CsvRequest { options, ..request },
            table,
            sample: Vec::new(),
            reader: None,
            rows: 0,
            batches: 0,
            token: String::new(),
        })
    }
}

impl CsvIntake {
    /// Takes the next bytes and stores the batches that are full.
    ///
    /// # Errors
    /// [`EngineError`]: `Invalid` where the file cannot be read or a column does not fit the table, and those of
    /// [`Engine::write_rows`]. The message says how many rows are stored; sending the file again overwrites them with
    /// themselves.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        match &mut self.reader {
            Some(reader) => {
                let batches = reader.push(bytes);
                let batches = batches.map_err(|error| self.unreadable(&error))?;
                self.store(batches).await
            }
            None => {
                self.sample.extend_from_slice(bytes);
                if self.sample.len() < SAMPLE_BYTES {
                    return Ok(());
                }
                self.begin(false).await
            }
        }
    }

    /// Ends the file: its last rows are stored when this returns.
    ///
    /// # Errors
    /// As [`CsvIntake::push`].
    pub async fn finish(mut self) -> Result<CsvReply, EngineError> {
        if self.reader.is_none() {
            self.begin(true).await?;
        }
        let Some(reader) = self.reader.take() else {
            return Err(EngineError::new(ErrorKind::Internal, "the reader of the CSV file is gone: send it again"));
        };
        let end = reader.finish();
        let CsvEnd { batches, rejections, plan, .. } = end.map_err(|error| self.unreadable(&error))?;
        self.store(batches).await?;
        let schema = plan.table_schema().map_err(|error| self.unreadable(&error))?;
        Ok(CsvReply { rows: self.rows, rejected: rejections, columns: columns(&schema), token: self.token })
    }

    /// Decides what the columns are: as the table has them, or by the sample. What is decided holds for the whole file, since
    /// rows are stored while later ones are still on their way.
    async fn begin(&mut self, is_whole: bool) -> Result<(), EngineError> {
        let sample = std::mem::take(&mut self.sample);
        let plan = infer(&sample, is_whole, &self.request.options);
        let mut plan = plan.map_err(|error| self.unreadable(&error))?;
        match self.engine.table_schema(&self.request.database, &self.table).await {
            Ok(there) => plan.adopt(&there).map_err(|error| self.unreadable(&error))?,
            Err(EngineError { kind: ErrorKind::NotFound | ErrorKind::DatabaseNotFound, .. }) => {}
            Err(error) => return Err(error),
        }
        let decided = plan.table_schema().map_err(|error| self.unreadable(&error))?;
        plan.adopt(&decided).map_err(|error| self.unreadable(&error))?;
        let mut reader = CsvReader::new(plan);
        let batches = reader.push(&sample).map_err(|error| self.unreadable(&error))?;
        self.reader = Some(reader);
        self.store(batches).await
    }

    async fn store(&mut self, batches: Vec<RecordBatch>) -> Result<(), EngineError> {
        for rows in batches {
            let row_count = rows.num_rows() as u64;
            let key = self.request.idempotency_key.as_ref().map(|key| format!("{key}/{}", self.batches));
            let request = RowsRequest {
                database: self.request.database.clone(),
                rows: TableRows { table: self.table.clone(), rows },
                ack: self.request.ack,
                idempotency_key: key,
            };
            let reply = self.engine.write_rows(request).await.map_err(|error| self.not_stored(error))?;
            self.batches += 1;
            self.rows += row_count;
            if !reply.token.is_empty() {
                self.token = reply.token;
            }
        }
        Ok(())
    }

    fn not_stored(&self, error: WriteError) -> EngineError {
        let error = match error {
            WriteError::Engine(error) => error,
            WriteError::Rejected { .. } => EngineError::new(ErrorKind::Invalid, error.to_string()),
        };
        EngineError::new(error.kind, format!("{}{}", error.message, self.so_far()))
    }

    fn unreadable(&self, error: &CsvError) -> EngineError {
        EngineError::new(ErrorKind::Invalid, format!("{error}{}", self.so_far()))
    }

    fn so_far(&self) -> String {
        match self.rows {
            0 => " (no row of the file is stored)".to_owned(),
            rows => format!(" ({rows} rows of the file are stored; sending it again overwrites them with themselves)"),
        }
    }
}

#[cfg(test)]
mod tests;
