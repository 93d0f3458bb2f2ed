//! Parquet files as lanes of row groups.

use std::ops::Range;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use tidewell_segment::foreign::{Footer, ForeignError, ForeignOptions, Plan, RowLimits, Rows, RowsStep};
use tidewell_types::{ColumnKind, FieldType, TableSchema};

use crate::error::FileError;
use crate::file::{LocalFile, OpenFile, SourceFile, read_range};
use crate::lane::{LaneContext, Message, Unwanted};
use tidewell_env::Env;

/// The first read of a file: mostly all of its metadata.
const TAIL_BYTES: u64 = 64 << 10;
/// How often a longer tail is read.
const LONGER_MAX: u32 = 2;
/// Row groups smaller than this are decoded together.
const PART_BYTES: u64 = 8 << 20;

/// A Parquet file whose metadata was read.
#[derive(Clone, Debug)]
pub(crate) struct ParquetFile {
    open: OpenFile,
    pub(crate) footer: Footer,
    pub(crate) plan: Plan,
}

impl ParquetFile {
    /// Reads the metadata and decides what each column becomes.
    pub(crate) async fn open(
        file: &SourceFile,
        env: &Env,
        options: &ForeignOptions,
        table: &TableSchema,
    ) -> Result<Self, FileError> {
        let open = file.open(env).await?;
        let footer = read_footer(&open).await?;
        let plan = planned(&footer, options, table)?;
        Ok(Self { open, footer, plan })
    }

    /// The row groups, divided into parts that are decoded each on its own, in the file's order.
    pub(crate) fn parts(&self) -> Vec<Vec<usize>> {
        let mut parts: Vec<Vec<usize>> = vec![Vec::new()];
        let mut bytes = 0;
        for row_group in 0..self.footer.row_group_rows().len() {
            if bytes >= PART_BYTES {
                parts.push(Vec::new());
                bytes = 0;
            }
            bytes += self.packed_bytes(row_group);
            if let Some(part) = parts.last_mut() {
                part.push(row_group);
            }
        }
        parts
    }

    fn packed_bytes(&self, row_group: usize) -> u64 {
        self.footer.row_group_range(row_group).map_or(0, |range| range.end - range.start)
    }

    /// Decodes a part and gives its rows out.
    pub(crate) async fn decode(self, part: Vec<usize>, context: LaneContext) {
        let ended = match self.decode_part(part, &context).await {
            Ok(Ok(())) => context.send(Message::End(None)).await,
            Ok(Err(error)) => context.send(Message::Failed(error)).await,
            Err(Unwanted) => Ok(()),
        };
        if ended.is_err() {
            tracing::debug!("a part of a file was decoded for nothing");
        }
    }

    async fn decode_part(&self, part: Vec<usize>, context: &LaneContext) -> Result<Result<(), FileError>, Unwanted> {
        let limits = RowLimits { batch_rows: context.batch_rows, memory_bytes_max: context.budget.share() };
        let mut rows = match Rows::of_groups(&self.footer, &self.plan, limits, part) {
            Ok(rows) => rows,
            Err(error) => return Ok(Err(error.into())),
        };
        let mut packed = None;
        loop {
            if let Err(error) = context.check_cancelled() {
                return Ok(Err(error));
            }
            let stepped = context.env.blocking(move || {
                let step = rows.step();
                (rows, step)
            });
            let step;
            (rows, step) = stepped.await;
            match step {
                Err(error) => return Ok(Err(error.into())),
                Ok(RowsStep::Batch(batch)) => context.give(batch).await?,
                Ok(RowsStep::Done) => return Ok(self.open.check_unchanged().await),
                Ok(RowsStep::Need(ranges)) => {
                    drop(packed.take());
                    let bytes = ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum();
                    packed = Some(context.take(bytes).await);
                    let data = match self.open.read(ranges.clone()).await {
                        Ok(data) => data,
                        Err(error) => return Ok(Err(error)),
                    };
                    context.progress.bytes_done.fetch_add(bytes, Ordering::Relaxed);
                    if let Err(error) = rows.push(&ranges, data) {
                        return Ok(Err(error.into()));
                    }
                }
            }
        }
    }
}

/// Decides what each column becomes; a column of text that is a tag in the table is one here.
pub(crate) fn planned(footer: &Footer, options: &ForeignOptions, table: &TableSchema) -> Result<Plan, FileError> {
    let plan = Plan::new(footer, options)?;
    let tags_there = plan.columns().iter().filter(|column| {
        column.kind == ColumnKind::Field(FieldType::String) && table.kind(&column.name) == Some(ColumnKind::Tag)
    });
    let tags_there: Vec<String> = tags_there.map(|column| column.name.to_string()).collect();
    if tags_there.is_empty() {
        return Ok(plan);
    }
    let mut options = options.clone();
    options.tags.extend(tags_there);
    Ok(Plan::new(footer, &options)?)
}

/// Reads a file's metadata: one read mostly, as it fits into the last 64 KiB.
pub(crate) async fn read_footer(open: &OpenFile) -> Result<Footer, FileError> {
    let mut search = FooterSearch::of(open.file_bytes());
    loop {
        let tail = open.read(vec![search.range()]).await?.into_iter().next().unwrap_or_default();
        if let Some(footer) = search.look(&tail)? {
            return Ok(footer);
        }
    }
}

/// Reads the metadata of a file of this machine on the thread that asks.
pub(crate) fn read_footer_here(local: &LocalFile) -> Result<Footer, FileError> {
    let (file, mut search) = (local.open()?, FooterSearch::of(local.file_bytes()));
    loop {
        if let Some(footer) = search.look(&read_range(&file, &search.range())?)? {
            return Ok(footer);
        }
    }
}

/// The end of a file, taken longer until it holds all metadata.
struct FooterSearch {
    file_bytes: u64,
    tail_bytes: u64,
    longer_left: u32,
}

impl FooterSearch {
    fn of(file_bytes: u64) -> Self {
        Self { file_bytes, tail_bytes: TAIL_BYTES.min(file_bytes), longer_left: LONGER_MAX }
    }

    fn range(&self) -> Range<u64> {
        self.file_bytes - self.tail_bytes..self.file_bytes
    }

    /// The metadata, or `None` where a longer tail is to be read.
    fn look(&mut self, tail: &Bytes) -> Result<Option<Footer>, FileError> {
        match Footer::parse(tail, self.file_bytes) {
            Err(ForeignError::TailTooShort { needed_bytes }) if needed_bytes <= self.file_bytes => {
                self.longer_left = self.longer_left.checked_sub(1).ok_or(FileError::Changed)?;
                self.tail_bytes = needed_bytes;
                Ok(None)
            }
            parsed => Ok(Some(parsed?)),
        }
    }
}
