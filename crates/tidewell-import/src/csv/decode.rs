//! One CSV file on several threads: read ahead, divided where records begin, decoded apart, given out in order.
//!
//! ```text
//! chunks, read at once -> divide, one after another -> parts, decoded at once -> go on or again -> rows, in order
//! ```
//!
//! A part is decoded by the types that the columns had when it was begun. Where those have changed by the time that its turn
//! comes, it is decoded again, so that rows, types and rejected rows are those of one reader. What is cut where depends on the
//! memory limit and on nothing else, so that any number of threads gives the same batches.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::RecordBatch;
use bytes::Bytes;
use tidewell_csv::{CsvDivider, CsvEnd, CsvError, CsvPlan, CsvReader, CsvRecords, CsvTypes, Rejections};
use tokio::task::JoinHandle;

use super::{CsvFile, with_path_tags};
use crate::budget::Held;
use crate::error::FileError;
use crate::lane::{CsvFound, LaneContext, Message, Unwanted, rows_bytes};

/// What is read at once, at most.
const CHUNK_BYTES_MAX: u64 = 2 << 20;
/// Bytes of rows for one of the file, at most: a cell of one byte becomes a number and a flag.
const ROW_BYTES_PER_BYTE: u64 = 9;
/// Parts that half of the budget has room for, at least.
const PARTS_MIN: u64 = 2;

/// Bytes on their way from the file.
struct Chunk {
    bytes: JoinHandle<Result<Bytes, FileError>>,
    held: Held,
    is_last: bool,
}

/// Whole records on their way to rows.
struct Part {
    records: Arc<CsvRecords>,
    assumed: CsvTypes,
    decoded: JoinHandle<Result<(CsvEnd, Held), CsvError>>,
}

/// A file on its way.
struct Decoder<'a> {
    csv: &'a CsvFile,
    context: &'a LaneContext,
    chunk_bytes: u64,
    /// How much of the file was asked for.
    asked_bytes: u64,
    chunks: VecDeque<Chunk>,
    divider: Option<CsvDivider>,
    parts: VecDeque<Part>,
    /// What the columns are behind the last rows that were given out.
    types: CsvTypes,
    plan: CsvPlan,
    rejections: Rejections,
    /// What is wrong behind the parts at hand.
    failed: Option<FileError>,
}

impl CsvFile {
    /// Reads the whole file and gives its rows out.
    pub(crate) async fn decode(self, context: LaneContext) {
        let ended = match Decoder::new(&self, &context).run().await {
            Ok(Ok(found)) => context.send(Message::End(Some(Box::new(found)))).await,
            Ok(Err(error)) => context.send(Message::Failed(error)).await,
            Err(Unwanted) => Ok(()),
        };
        if ended.is_err() {
            tracing::debug!("a file was read for nothing");
        }
    }
}

impl<'a> Decoder<'a> {
    fn new(csv: &'a CsvFile, context: &'a LaneContext) -> Self {
        let part_bytes_max = context.budget.share() / PARTS_MIN;
        Self {
            csv,
            context,
            chunk_bytes: (part_bytes_max / (1 + ROW_BYTES_PER_BYTE)).clamp(1, CHUNK_BYTES_MAX),
            asked_bytes: 0,
            chunks: VecDeque::new(),
            divider: Some(CsvDivider::new(csv.plan.clone())),
            parts: VecDeque::new(),
            types: CsvTypes::new(&csv.plan),
            plan: csv.plan.clone(),
            rejections: Rejections::default(),
            failed: None,
        }
    }

    async fn run(mut self) -> Result<Result<CsvFound, FileError>, Unwanted> {
        loop {
            if let Err(error) = self.context.check_cancelled() {
                return Ok(Err(error));
            }
            self.read_ahead().await;
            let is_decoded = self.parts.front().is_some_and(|part| part.decoded.is_finished());
            if !is_decoded
                && self.parts.len() < self.context.concurrency
                && let Some(chunk) = self.chunks.pop_front()
            {
                self.divide(chunk).await;
            } else if let Some(part) = self.parts.pop_front() {
                if let Err(error) = self.give(part).await? {
                    return Ok(Err(error));
                }
            } else if self.chunks.is_empty() {
                break;
            }
        }
        if let Some(error) = self.failed {
            return Ok(Err(error));
        }
        let found = CsvFound { plan: self.plan, rejections: self.rejections };
        Ok(self.csv.open.check_unchanged().await.map(|()| found))
    }

    /// Asks for the next chunks. Waits for room only where no rows are on their way that would make some.
    async fn read_ahead(&mut self) {
        let file_bytes = self.csv.open.file_bytes();
        while self.asked_bytes < file_bytes && self.chunks.len() < self.context.concurrency {
            let range = self.asked_bytes..file_bytes.min(self.asked_bytes + self.chunk_bytes);
            let part_bytes = (range.end - range.start) * (1 + ROW_BYTES_PER_BYTE);
            let held = match self.chunks.is_empty() && self.parts.is_empty() {
                true => self.context.take(part_bytes).await,
                false => match self.context.try_take(part_bytes) {
                    Some(held) => held,
                    None => return,
                },
            };
            self.asked_bytes = range.end;
            let (open, is_last) = (self.csv.open.clone(), range.end == file_bytes);
            let read =
                async move { Ok::<_, FileError>(open.read(vec![range]).await?.into_iter().next().unwrap_or_default()) };
            self.chunks.push_back(Chunk { bytes: self.context.env.spawn(read), held, is_last });
        }
    }

    /// Has the records of a chunk decoded; what is wrong with it counts once those before it were given out.
    async fn divide(&mut self, Chunk { bytes, held, is_last }: Chunk) {
        let divided = match joined(bytes.await) {
            Ok(bytes) => {
                let done = self.csv.open.source_bytes(bytes.len() as u64);
                self.context.progress.bytes_done.fetch_add(done, Ordering::Relaxed);
                self.divided(bytes, is_last).await
            }
            Err(error) => Err(error),
        };
        match divided {
            Ok(records) if records.bytes.is_empty() => {}
            Ok(records) => self.begin(Arc::new(records), held),
            Err(error) => {
                self.failed = Some(error);
                self.asked_bytes = self.csv.open.file_bytes();
                self.chunks.clear();
            }
        }
    }

    async fn divided(&mut self, bytes: Bytes, is_last: bool) -> Result<CsvRecords, FileError> {
        let Some(mut divider) = self.divider.take() else { return Err(FileError::Cancelled) };
        let divided = self.context.env.blocking(move || {
            let records = divider.push(&bytes, is_last);
            (divider, records)
        });
        let (divider, records) = divided.await;
        self.divider = Some(divider);
        Ok(records?)
    }

    fn begin(&mut self, records: Arc<CsvRecords>, mut held: Held) {
        let (plan, assumed) = (self.csv.plan.clone(), self.types.clone());
        let (begun, types) = (Arc::clone(&records), assumed.clone());
        let (env, decoders) = (self.context.env.clone(), Arc::clone(&self.context.decoders));
        let decoding = async move {
            // The semaphore is never closed.
            let slot = decoders.acquire_owned().await.ok();
            let end = env.blocking(move || decode(plan, &types, &begun)).await?;
            drop(slot);
            held.keep(end.batches.iter().map(rows_bytes).sum());
            Ok::<_, CsvError>((end, held))
        };
        self.parts.push_back(Part { records, assumed, decoded: self.context.env.spawn(decoding) });
    }

    /// Gives the rows of the next part out.
    async fn give(&mut self, part: Part) -> Result<Result<(), FileError>, Unwanted> {
        let Part { records, assumed, decoded } = part;
        let (mut end, mut held) = match joined(decoded.await) {
            Ok(decoded) => decoded,
            Err(error) => return Ok(Err(error.into())),
        };
        if !self.types.go_on(&assumed, &end.types) {
            drop(end);
            let (plan, types) = (self.csv.plan.clone(), self.types.clone());
            end = match self.context.env.blocking(move || decode(plan, &types, &records)).await {
                Ok(end) => end,
                Err(error) => return Ok(Err(error.into())),
            };
            self.types = end.types;
        }
        self.rejections.append(end.rejections, self.plan.rejected_listed_max());
        self.plan = end.plan;
        let mut batches: VecDeque<RecordBatch> = end.batches.into();
        while let Some(rows) = batches.pop_front() {
            match with_path_tags(rows, &self.csv.path_tags) {
                Ok(rows) => self.context.give_within(rows, &mut held).await?,
                Err(error) => return Ok(Err(FileError::Segment(error.into()))),
            }
        }
        Ok(Ok(()))
    }
}

/// Reads whole records on from where the columns were `types`.
fn decode(plan: CsvPlan, types: &CsvTypes, records: &CsvRecords) -> Result<CsvEnd, CsvError> {
    let mut reader = CsvReader::reading_on(plan, types, records.line);
    let batches = reader.push(&records.bytes)?;
    let mut end = reader.finish()?;
    end.batches.splice(..0, batches);
    Ok(end)
}

fn joined<T>(outcome: Result<T, tokio::task::JoinError>) -> T {
    match outcome {
        Ok(done) => done,
        Err(join) => std::panic::resume_unwind(join.into_panic()),
    }
}

#[cfg(test)]
mod tests;
