//! Reads the columns of one Parquet file that the catalog counts by.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampNanosecondType};
use arrow_array::{Array, RecordBatch, StringArray};
use bytes::Bytes;
use hashbrown::HashMap;
use parking_lot::Mutex;
use tidewell_segment::foreign::{Footer, ForeignError, ForeignOptions, Plan, RowLimits, Rows, RowsStep};
use tidewell_storage::{Listed, ObjectName, Store};
use tidewell_types::TIME_COLUMN;

use crate::DatasetError;
use crate::patience::Patience;
use crate::record::TimeSpan;
use crate::series_id;
use crate::series_table::SeriesTable;

/// Files up to this size are fetched with one GET.
const WHOLE_BYTES_MAX: u64 = 1 << 20;
/// What is fetched of the end of a larger file; most footers are shorter.
const TAIL_BYTES: u64 = 64 << 10;

/// Where files are read from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) store: Store,
    pub(crate) patience: Patience,
    pub(crate) limits: RowLimits,
}

/// A file's footer, and the end of the file that came with it.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) footer: Footer,
    name: ObjectName,
    tail: Bytes,
}

/// What was counted in a file besides its series.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) row_count: u64,
    pub(crate) time: Option<TimeSpan>,
}

pub(crate) fn file_error(key: &str) -> impl FnOnce(ForeignError) -> DatasetError {
    let key = key.to_owned();
    move |error| DatasetError::File { key, error }
}

impl Source {
    async fn fetch(&self, name: &ObjectName, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, DatasetError> {
        if self.patience.cancel.is_cancelled() {
            return Err(DatasetError::Cancelled);
        }
        let bodies = self.patience.request(|| self.store.get_ranges(name, ranges)).await;
        bodies.map_err(|error| match error.is_not_found() {
            true => DatasetError::Gone { key: name.to_string() },
            false => DatasetError::Storage(error),
        })
    }

    /// Reads a file's footer. One GET, and one more for a footer over 64 KiB of a file over 1 MiB.
    pub(crate) async fn open(&self, file: &Listed) -> Result<Opened, DatasetError> {
        let plain = ObjectName::foreign(&file.key);
        let name = plain
            .ok_or_else(|| DatasetError::Folder { key: file.key.clone(), problem: "it is no plain path".to_owned() })?;
        let mut wanted = if file.bytes <= WHOLE_BYTES_MAX { file.bytes } else { TAIL_BYTES };
        loop {
            let range = file.bytes - wanted..file.bytes;
            let tail = self.fetch(&name, std::slice::from_ref(&range)).await?.pop().unwrap_or_default();
            match Footer::parse(&tail, file.bytes) {
                Ok(footer) => return Ok(Opened { footer, name, tail }),
                Err(ForeignError::TailTooShort { needed_bytes })
                    if needed_bytes > wanted && needed_bytes <= file.bytes =>
                {
                    wanted = needed_bytes;
                }
                Err(error) => return Err(file_error(&file.key)(error)),
            }
        }
    }

    /// Counts a file's rows by series. One GET a row group, or none where the whole file came with its footer.
    pub(crate) async fn count(
        &self,
        opened: &Opened,
        options: &ForeignOptions,
        mut counter: Counter,
    ) -> Result<Counted, DatasetError> {
        let wrong = || file_error(opened.name.as_str());
        let plan = Plan::new(&opened.footer, options).map_err(wrong())?;
        let mut rows = Rows::new(&opened.footer, &plan, self.limits).map_err(wrong())?;
        loop {
            let (rows_again, counter_again, step) = self
                .patience
                .env
                .blocking(move || {
                    let step = drive(&mut rows, &mut counter);
                    (rows, counter, step)
                })
                .await;
            (rows, counter) = (rows_again, counter_again);
            match step {
                Ok(None) => return Ok(counter.counted),
                Ok(Some(ranges)) => {
                    let data = self.piece(opened, &ranges).await?;
                    rows.push(&ranges, data).map_err(wrong())?;
                }
                Err(Stopped::File(error)) => return Err(wrong()(error)),
                Err(Stopped::Table(error)) => return Err(error),
            }
        }
    }

    /// Ranges of a file, out of its end where that has them.
    async fn piece(&self, opened: &Opened, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, DatasetError> {
        let from = opened.footer.file_bytes() - opened.tail.len() as u64;
        let held = |range: &Range<u64>| {
            let start = usize::try_from(range.start.checked_sub(from)?).ok()?;
            let end = usize::try_from(range.end.checked_sub(from)?).ok()?;
            (start <= end && end <= opened.tail.len()).then(|| opened.tail.slice(start..end))
        };
        if let Some(held) = ranges.iter().map(held).collect() {
            return Ok(held);
        }
        self.fetch(&opened.name, ranges).await
    }
}

/// Why counting ends early.
enum Stopped {
    File(ForeignError),
    Table(DatasetError),
}

/// Goes on until bytes are needed; `None` at the end.
fn drive(rows: &mut Rows, counter: &mut Counter) -> Result<Option<Vec<Range<u64>>>, Stopped> {
    loop {
        match rows.step().map_err(Stopped::File)? {
            RowsStep::Need(ranges) => return Ok(Some(ranges)),
            RowsStep::Done => return Ok(None),
            RowsStep::Batch(batch) => counter.add(&batch)?,
        }
    }
}

/// Adds a file's rows to its dataset's table.
#[derive(Debug)]
pub(crate) struct Counter {
    /// The number of the file within its dataset, from 1.
    pub(crate) file: u32,
    pub(crate) columns: Arc<[String]>,
    pub(crate) table: Arc<Mutex<SeriesTable>>,
    pub(crate) counted: Counted,
}

/// A column of the id: its codes, and what they stand for.
struct Part<'a> {
    codes: &'a [i32],
    nulls: Option<&'a arrow_array::ArrayRef>,
    values: &'a StringArray,
}

impl Part<'_> {
    fn code(&self, row: usize) -> i32 {
        match self.nulls {
            Some(array) if array.is_null(row) => -1,
            _ => self.codes.get(row).copied().unwrap_or(-1),
        }
    }

    fn text(&self, code: i32) -> Option<&str> {
        let at = usize::try_from(code).ok().filter(|at| *at < self.values.len())?;
        (!self.values.is_null(at)).then(|| self.values.value(at))
    }
}

impl Counter {
    fn add(&mut self, batch: &RecordBatch) -> Result<(), Stopped> {
        let wrong = || Stopped::File(ForeignError::Internal { problem: "a batch lacks a column".to_owned() });
        let time =
            batch.column_by_name(TIME_COLUMN).and_then(|time| time.as_primitive_opt::<TimestampNanosecondType>());
        for ns in time.ok_or_else(wrong)?.values().iter() {
            let span = TimeSpan::of(*ns);
            self.counted.time = Some(self.counted.time.map_or(span, |time| time.union(span)));
        }
        let mut parts = Vec::with_capacity(self.columns.len());
        for column in self.columns.iter() {
            let array = batch.column_by_name(column).ok_or_else(wrong)?;
            let codes = array.as_dictionary_opt::<Int32Type>().ok_or_else(wrong)?;
            let values = codes.values().as_string_opt::<i32>().ok_or_else(wrong)?;
            let nulls = (array.null_count() > 0).then_some(array);
            parts.push(Part { codes: codes.keys().values(), nulls, values });
        }
        let by_codes = by_codes(&parts, batch.num_rows());
        let mut table = self.table.lock();
        for (codes, row_count) in by_codes {
            let values: Vec<Option<&str>> = parts.iter().zip(&codes).map(|(part, code)| part.text(*code)).collect();
            let id = series_id::print(&self.columns, &values);
            table.add(&id, row_count, self.file).map_err(Stopped::Table)?;
        }
        self.counted.row_count += batch.num_rows() as u64;
        Ok(())
    }
}

/// How many rows have the same codes. Rows of one series mostly stand together, so they are counted in runs.
fn by_codes(parts: &[Part<'_>], row_count: usize) -> HashMap<Vec<i32>, u64> {
    let mut counts: HashMap<Vec<i32>, u64> = HashMap::new();
    let mut run: (Vec<i32>, u64) = (Vec::new(), 0);
    let mut flush = |(codes, count): &(Vec<i32>, u64)| {
        if let Some(known) = counts.get_mut(codes) {
            *known += count;
        } else if *count > 0 {
            counts.insert(codes.clone(), *count);
        }
    };
    for row in 0..row_count {
        let is_same = run.1 > 0 && parts.iter().zip(&run.0).all(|(part, code)| part.code(row) == *code);
        if !is_same {
            flush(&run);
            run.0.clear();
            run.0.extend(parts.iter().map(|part| part.code(row)));
            run.1 = 0;
        }
        run.1 += 1;
    }
    flush(&run);
    counts
}
