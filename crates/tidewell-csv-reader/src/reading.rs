//! The files of a reader, one after the other.

use arrow_array::RecordBatch;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::ReaderConfig;
use crate::json::records_json;
use crate::open_file::{OpenFile, Probed};
use crate::stream::RowsStream;

/// Which row comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// The file's place among all, from 0.
    file: usize,
    /// How many of its rows were given.
    row: u64,
}

/// Where the current file is.
#[derive(Debug)]
enum Stage {
    /// Nothing was read but its sample.
    Probed(Box<Probed>),
    Open(Box<OpenFile>),
    /// Not opened so far.
    Closed,
}

/// The state of one reader.
#[derive(Debug)]
pub(crate) struct Reading {
    config: ReaderConfig,
    state: State,
    stage: Stage,
    /// Rows of the current file that were given before, and are read again to be stepped over.
    skip: u64,
    /// Whether rows were asked for.
    has_begun: bool,
    /// An error ends the reading; every later call answers it.
    failed: Option<String>,
}

/// Some rows, and what else is known after them.
#[derive(Debug)]
struct Taken {
    records: Vec<u8>,
    rejected: Value,
}

impl Reading {
    /// Opens the first file, so that what is wrong with it or with the config is said at once.
    pub(crate) fn open(config: ReaderConfig) -> Result<Self, String> {
        let mut reading =
            Self { config, state: State::default(), stage: Stage::Closed, skip: 0, has_begun: false, failed: None };
        reading.probe()?;
        Ok(reading)
    }

    /// Opens the current file, or the first one behind it that has rows; `false` where there is none.
    fn probe(&mut self) -> Result<bool, String> {
        while let Some(path) = self.config.paths.get(self.state.file) {
            if let Some(probed) = Probed::open(path, &self.config, &self.config.csv)? {
                self.stage = Stage::Probed(Box::new(probed));
                return Ok(true);
            }
            self.state = State { file: self.state.file + 1, row: 0 };
            self.skip = 0;
        }
        Ok(false)
    }

    /// The next rows as a JSON array, or `None` behind the last ones.
    pub(crate) fn next_json(&mut self) -> Result<Option<String>, String> {
        match self.sticky(Self::next_taken)? {
            Some(taken) => text_of(taken.records).map(Some),
            None => Ok(None),
        }
    }

    /// The next rows from a state on, with the state behind them.
    pub(crate) fn next_json_at(&mut self, state: Option<&str>) -> Result<String, String> {
        if let Some(state) = state {
            let state = serde_json::from_str(state)
                .map_err(|error| format!("the state is none that extract_batch_at gave: {error}"))?;
            self.seek(state)?;
        }
        let taken = self.sticky(Self::next_taken)?;
        let is_done = taken.is_none();
        let taken =
            taken.unwrap_or_else(|| Taken { records: b"[]".to_vec(), rejected: json!({ "count": 0, "listed": [] }) });
        let records = text_of(taken.records)?;
        let (state, rejected) = (json!(self.state), taken.rejected);
        Ok(format!(r#"{{"status":"success","data":{records},"state":{state},"done":{is_done},"rejected":{rejected}}}"#))
    }

    /// The rows as an Arrow stream.
    pub(crate) fn into_stream(self) -> Result<RowsStream, String> {
        match self.stage {
            Stage::Probed(probed) => Ok(RowsStream::new(*probed, self.config, self.state.file + 1)),
            Stage::Open(_) | Stage::Closed => {
                Err("the files have no rows: there is no schema that a stream could have".to_owned())
            }
        }
    }

    /// Whether rows were asked for, so that they cannot all go to a stream.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    fn seek(&mut self, state: State) -> Result<(), String> {
        if state == self.state && self.failed.is_none() {
            return Ok(());
        }
        if state.file > self.config.paths.len() {
            return Err(format!("the state names file {} of {}", state.file, self.config.paths.len()));
        }
        self.failed = None;
        self.stage = Stage::Closed;
        self.state = state;
        self.skip = state.row;
        Ok(())
    }

    fn sticky<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.has_begun = true;
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let outcome = work(self);
        if let Err(error) = &outcome {
            self.failed = Some(error.clone());
        }
        outcome
    }

    fn next_taken(&mut self) -> Result<Option<Taken>, String> {
        loop {
            let open = match std::mem::replace(&mut self.stage, Stage::Closed) {
                Stage::Open(open) => open,
                Stage::Probed(probed) => Box::new(probed.read(self.config.rejected_rows_max)?),
                Stage::Closed if self.probe()? => continue,
                Stage::Closed => return Ok(None),
            };
            let Stage::Open(open) = self.stage.insert(open) else { continue };
            match open.next_batch()? {
                Some(batch) => {
                    let batch = behind(batch, &mut self.skip);
                    if batch.num_rows() == 0 {
                        continue;
                    }
                    let records = records_json(&batch, open.columns())?;
                    let listed: Vec<String> = open.rejections().listed.iter().map(ToString::to_string).collect();
                    let rejected = json!({ "count": open.rejections().count, "listed": listed });
                    self.state.row += batch.num_rows() as u64;
                    return Ok(Some(Taken { records, rejected }));
                }
                None if self.skip > 0 => {
                    let rows = self.state.row - self.skip;
                    return Err(format!("the state names row {} of a file with {rows} rows", self.state.row));
                }
                None => {
                    self.stage = Stage::Closed;
                    self.state = State { file: self.state.file + 1, row: 0 };
                    self.skip = 0;
                }
            }
        }
    }
}

impl Stage {
    fn insert(&mut self, open: Box<OpenFile>) -> &mut Self {
        *self = Self::Open(open);
        self
    }
}

/// What of a batch lies behind the rows to skip.
fn behind(batch: RecordBatch, skip: &mut u64) -> RecordBatch {
    let count = usize::try_from(*skip).unwrap_or(usize::MAX).min(batch.num_rows());
    *skip -= count as u64;
    if count == 0 { batch } else { batch.slice(count, batch.num_rows() - count) }
}

fn text_of(json: Vec<u8>) -> Result<String, String> {
    String::from_utf8(json).map_err(|error| format!("internal error, please report it: {error}"))
}

#[cfg(test)]
mod tests;
