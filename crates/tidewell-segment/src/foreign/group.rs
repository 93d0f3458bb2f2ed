//! One row group of a foreign file on its way from bytes to decoded batches.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields, TimeUnit};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels};
use parquet::basic::{ConvertedType, Type as Physical};
use parquet::file::metadata::RowGroupMetaData;
use parquet::schema::types::SchemaDescriptor;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampNanosecondType, TimestampSecondType};

use super::cast::Bad;
use super::chunk::{Chunk, ChunkClaim, ChunkFault};
use super::file_schema::{read_type, with_plain_bytes};
use super::instant::OUT_OF_RANGE;
use super::layout::chunk_range;
use super::page_feed::GroupFeed;
use super::plan::Source;
use super::quiet::guarded;
use super::{Footer, ForeignError, Plan, RowLimits};

/// Bytes that a value and its levels take besides text.
const VALUE_BYTES: u64 = 16;
/// Bytes that a value of a list takes until it is written as JSON, besides text.
const ELEMENT_BYTES: u64 = 64;
const SECOND_NS: i64 = 1_000_000_000;

/// What to read of every row group.
#[derive(Clone, Debug)]
pub(crate) struct Leaves {
    /// Places among the leaves of the schema, ascending, with their names.
    wanted: Vec<(usize, String)>,
    /// The INT96 among them.
    int96: Vec<usize>,
    schema: Arc<SchemaDescriptor>,
}

impl Leaves {
    pub(crate) fn of(footer: &Footer, plan: &Plan) -> Result<Self, ForeignError> {
        let file = footer.parquet().file_metadata().schema_descr();
        let is_wanted = |parts: &[String]| {
            plan.columns().iter().any(|column| match &column.source {
                Source::File { path, .. } => parts.starts_with(path),
                Source::Path(_) => false,
            })
        };
        let columns = || file.columns().iter().enumerate().filter(|(_, column)| is_wanted(column.path().parts()));
        let is_int96 = |leaf: &usize| file.columns().get(*leaf).is_some_and(|of| of.physical_type() == Physical::INT96);
        let wanted: Vec<(usize, String)> = columns().map(|(leaf, column)| (leaf, column.path().string())).collect();
        let int96 = wanted.iter().map(|(leaf, _)| *leaf).filter(is_int96).collect();
        let root = file.root_schema_ptr();
        let schema = guarded("its schema is unreadable", || Ok(SchemaDescriptor::new(with_plain_bytes(&root)?)))?;
        Ok(Self { wanted, int96, schema: Arc::new(schema) })
    }
}

/// A row group whose bytes are being gathered.
#[derive(Debug)]
pub(crate) struct Gathering {
    pub(crate) row_group: usize,
    /// The chunks that are read: their leaf, where they are, and their bytes.
    chunks: Vec<(usize, Range<u64>, Option<Bytes>)>,
}

impl Gathering {
    pub(crate) fn new(
        footer: &Footer,
        leaves: &Leaves,
        row_group: usize,
        limits: &RowLimits,
    ) -> Result<Self, ForeignError> {
        let group = group(footer, row_group)?;
        let mut chunks = Vec::with_capacity(leaves.wanted.len());
        for (leaf, name) in &leaves.wanted {
            let range = group.columns().get(*leaf).and_then(chunk_range);
            let range = range.ok_or_else(|| ForeignError::corrupt(format!("column {name:?} is out of range")))?;
            let bytes = range.is_empty().then(Bytes::new);
            chunks.push((*leaf, range, bytes));
        }
        let bytes = chunks.iter().map(|(_, range, _)| range.end - range.start).fold(0, u64::saturating_add);
        limits.check(format!("row group {row_group}, packed,"), bytes)?;
        Ok(Self { row_group, chunks })
    }

    /// The ranges that are still missing.
    pub(crate) fn missing(&self) -> Vec<Range<u64>> {
        self.chunks.iter().filter(|(_, _, bytes)| bytes.is_none()).map(|(_, range, _)| range.clone()).collect()
    }

    pub(crate) fn push(&mut self, range: &Range<u64>, data: &Bytes) {
        for (_, wanted, bytes) in &mut self.chunks {
            if bytes.is_some() || wanted.start < range.start || wanted.end > range.end {
                continue;
            }
            let from = (wanted.start - range.start) as usize;
            *bytes = Some(data.slice(from..from + (wanted.end - wanted.start) as usize));
        }
    }

    /// Checks the pages and makes the decoder.
    pub(crate) fn open(
        self,
        footer: &Footer,
        plan: &Plan,
        leaves: &Leaves,
        limits: &RowLimits,
    ) -> Result<Decoding, ForeignError> {
        let row_group = self.row_group;
        let group = group(footer, row_group)?;
        let row_count = u64::try_from(group.num_rows()).unwrap_or_default();
        let (chunks, held) = self.scan(group, row_count, limits)?;
        let batch_bytes_max = (limits.memory_bytes_max - held) / 2;
        let batch_rows = batch_rows(group, &chunks, row_group, batch_bytes_max, limits)?;
        let feed = GroupFeed { footer, row_group, chunks: &chunks };
        let wanted = leaves.wanted.iter().map(|(leaf, _)| *leaf).collect();
        let rows = reader(&feed, plan, leaves, wanted, TimeUnit::Nanosecond, batch_rows)?;
        let seconds = match &leaves.int96 {
            none if none.is_empty() => None,
            int96 => Some(reader(&feed, plan, leaves, int96.clone(), TimeUnit::Second, batch_rows)?),
        };
        Ok(Decoding { row_group, row_count, rows_seen: 0, batch_bytes_max, rows, seconds })
    }

    /// Finds the pages of all chunks; returns them with the bytes that are held while they are decoded.
    fn scan(
        self,
        group: &RowGroupMetaData,
        row_count: u64,
        limits: &RowLimits,
    ) -> Result<(Vec<Option<Chunk>>, u64), ForeignError> {
        let row_group = self.row_group;
        let claim = ChunkClaim { row_count, page_bytes_max: limits.memory_bytes_max / 2 };
        let mut held = self.chunks.iter().map(|(_, range, _)| range.end - range.start).fold(0, u64::saturating_add);
        let mut chunks: Vec<Option<Chunk>> = vec![None; group.columns().len()];
        for (leaf, _, bytes) in self.chunks {
            let (Some(column), Some(slot), Some(bytes)) = (group.columns().get(leaf), chunks.get_mut(leaf), bytes)
            else {
                return Err(ForeignError::internal("a chunk is missing"));
            };
            let chunk = Chunk::scan(column, claim, bytes).map_err(|fault| {
                let place = format!("row group {row_group}, column {:?}", column.column_descr().path().string());
                match fault {
                    ChunkFault::Corrupt(problem) => ForeignError::corrupt(format!("{place}: {problem}")),
                    ChunkFault::Page { bytes, bytes_max } => {
                        let what = format!("{place}: a page of {bytes} bytes unpacked");
                        ForeignError::TooLarge { what, bytes, bytes_max }
                    }
                }
            })?;
            held = held.saturating_add(chunk.held_bytes());
            limits.check(format!("row group {row_group} with a page of each column"), held)?;
            *slot = Some(chunk);
        }
        Ok((chunks, held))
    }
}

fn group(footer: &Footer, row_group: usize) -> Result<&RowGroupMetaData, ForeignError> {
    let group = footer.parquet().row_groups().get(row_group);
    group.ok_or_else(|| ForeignError::internal(format!("there is no row group {row_group}")))
}

/// As many rows a batch as the limit has room for, whatever the values are.
fn batch_rows(
    group: &RowGroupMetaData,
    chunks: &[Option<Chunk>],
    row_group: usize,
    bytes_max: u64,
    limits: &RowLimits,
) -> Result<usize, ForeignError> {
    let mut rows = limits.batch_rows.max(1) as u64;
    loop {
        let mut bytes = 0_u64;
        for (column, chunk) in group.columns().iter().zip(chunks) {
            let Some(chunk) = chunk else { continue };
            let descr = column.column_descr();
            let width = match descr.physical_type() {
                Physical::FIXED_LEN_BYTE_ARRAY => VALUE_BYTES + u64::try_from(descr.type_length()).unwrap_or_default(),
                _ => VALUE_BYTES,
            };
            let text = if chunk.is_dictionary() && descr.max_rep_level() == 0 { 0 } else { chunk.text_bytes_max(rows) };
            let (values, width) = match descr.max_rep_level() {
                0 => (rows, width),
                _ => (chunk.value_count(), width + ELEMENT_BYTES),
            };
            bytes = bytes.saturating_add(text).saturating_add(values.saturating_mul(width));
        }
        if bytes <= bytes_max {
            return usize::try_from(rows).map_err(|_| ForeignError::internal("too many rows a batch"));
        }
        if rows == 1 {
            let what = format!("row group {row_group}, even row by row,");
            return Err(ForeignError::TooLarge { what, bytes, bytes_max });
        }
        rows /= 2;
    }
}

/// A decoder of some leaves, with INT96 in a unit.
fn reader(
    feed: &GroupFeed<'_>,
    plan: &Plan,
    leaves: &Leaves,
    wanted: Vec<usize>,
    int96_unit: TimeUnit,
    batch_rows: usize,
) -> Result<ParquetRecordBatchReader, ForeignError> {
    let other = |path: &str| -> Option<DataType> {
        let (leaf, _) = leaves.wanted.iter().find(|(_, name)| name == path)?;
        if leaves.int96.contains(leaf) {
            return Some(DataType::Timestamp(int96_unit, None));
        }
        let column = leaves.schema.columns().get(*leaf)?;
        let is_bytes = column.physical_type() == Physical::BYTE_ARRAY && column.max_rep_level() == 0;
        let is_text = is_bytes && column.logical_type_ref().is_none() && column.converted_type() == ConvertedType::NONE;
        let is_dictionary = feed.chunks.get(*leaf)?.as_ref()?.is_dictionary();
        (is_text && is_dictionary).then(|| DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Binary)))
    };
    let fields = plan.roots().iter().map(|(name, data_type)| {
        let data_type = data_type.as_ref().map_or(DataType::Null, |data_type| read_type(data_type, name, &other));
        Field::new(name, data_type, true)
    });
    let fields: Fields = fields.collect();
    guarded("its columns cannot be decoded", || {
        let mask = ProjectionMask::leaves(&leaves.schema, wanted);
        let levels = parquet_to_arrow_field_levels(&leaves.schema, mask, Some(&fields))?;
        ParquetRecordBatchReader::try_new_with_row_groups(&levels, feed, batch_rows, None)
    })
}

/// A row group that is being decoded.
pub(crate) struct Decoding {
    row_group: usize,
    row_count: u64,
    rows_seen: u64,
    /// Most bytes of text that one batch may have once its dictionaries are resolved.
    pub(crate) batch_bytes_max: u64,
    rows: ParquetRecordBatchReader,
    /// The INT96 columns again, in seconds: what nanoseconds cannot tell wraps, and shows by not being the same
    /// instant.
    seconds: Option<ParquetRecordBatchReader>,
}

/// Decoded rows.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) rows: RecordBatch,
    pub(crate) seconds: Option<RecordBatch>,
}

impl Decoding {
    /// The next rows; `None` once all are decoded, and are as many as the footer says.
    pub(crate) fn next(&mut self) -> Result<Option<Decoded>, ForeignError> {
        let doing = format!("row group {}", self.row_group);
        let rows = guarded(&doing, || Ok(self.rows.next().transpose()?))?;
        let seconds = match &mut self.seconds {
            Some(reader) => guarded(&doing, || Ok(reader.next().transpose()?))?,
            None => None,
        };
        let Some(rows) = rows else {
            if self.rows_seen == self.row_count {
                return Ok(None);
            }
            let (found, said) = (self.rows_seen, self.row_count);
            return Err(ForeignError::corrupt(format!("{doing} has {found} rows, the footer says {said}")));
        };
        let seconds_agree =
            self.seconds.is_none() || seconds.as_ref().is_some_and(|seconds| seconds.num_rows() == rows.num_rows());
        self.rows_seen += rows.num_rows() as u64;
        if self.rows_seen > self.row_count || !seconds_agree {
            return Err(ForeignError::corrupt(format!("{doing} has more rows than the footer says")));
        }
        Ok(Some(Decoded { rows, seconds }))
    }
}

impl Decoded {
    /// A column by its path, NULL where a structure around it is NULL; INT96 checked.
    pub(crate) fn column(&self, path: &[String]) -> Result<ArrayRef, Bad> {
        let column = member(&self.rows, path)?;
        // The library compares keys with every dictionary but an empty one.
        if let Some(keys) = column.as_dictionary_opt::<Int32Type>()
            && keys.values().is_empty()
            && let Some(row) = (0..keys.len()).find(|row| keys.is_valid(*row))
        {
            return Err(Bad { row, problem: "its key has no value in the dictionary".to_owned() });
        }
        if let Some(seconds) = &self.seconds
            && let Ok(seconds) = member(seconds, path)
            && let Some(seconds) = seconds.as_primitive_opt::<TimestampSecondType>()
            && let Some(times) = column.as_primitive_opt::<TimestampNanosecondType>()
        {
            let wraps =
                |row: &usize| times.is_valid(*row) && times.value(*row).div_euclid(SECOND_NS) != seconds.value(*row);
            if let Some(row) = (0..times.len()).find(wraps) {
                return Err(Bad { row, problem: format!("{} s {OUT_OF_RANGE}", seconds.value(row)) });
            }
        }
        Ok(column)
    }

    pub(crate) fn slice(&self, start: usize, len: usize) -> Self {
        Self { rows: self.rows.slice(start, len), seconds: self.seconds.as_ref().map(|rows| rows.slice(start, len)) }
    }
}

fn member(rows: &RecordBatch, path: &[String]) -> Result<ArrayRef, Bad> {
    let missing = || Bad { row: 0, problem: "it was not decoded".to_owned() };
    let (root, members) = path.split_first().ok_or_else(missing)?;
    let mut column = Arc::clone(rows.column_by_name(root).ok_or_else(missing)?);
    let mut nulls: Option<NullBuffer> = None;
    for name in members {
        let structure = column.as_struct_opt().ok_or_else(missing)?;
        nulls = NullBuffer::union(nulls.as_ref(), structure.nulls());
        let inner = Arc::clone(structure.column_by_name(name).ok_or_else(missing)?);
        column = inner;
    }
    let Some(nulls) = NullBuffer::union(nulls.as_ref(), column.nulls()) else { return Ok(column) };
    if members.is_empty() {
        return Ok(column);
    }
    let data = column.to_data().into_builder().nulls(Some(nulls)).build();
    data.map(arrow_array::make_array).map_err(|error| Bad { row: 0, problem: error.to_string() })
}
