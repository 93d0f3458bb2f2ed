//! Rows as plain values, and how versions of a row become one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int32Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array as _, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use bytes::Bytes;
use tidewell_segment::{DecodeStep, Footer, SegmentDecoder, SegmentError};
use tidewell_types::{TIME_COLUMN, TableName};

/// A row's identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RowKey {
    pub(crate) table: Arc<str>,
    /// The tags that the row has, by name.
    pub(crate) tags: Vec<(Arc<str>, String)>,
    pub(crate) time_ns: i64,
}

impl RowKey {
    /// The value of a tag; empty where the row lacks it.
    pub(crate) fn tag(&self, name: &str) -> &str {
        self.tags.iter().find(|(tag, _)| **tag == *name).map_or("", |(_, value)| value)
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.table)?;
        self.tags.iter().try_for_each(|(tag, value)| write!(f, ",{tag}={value}"))?;
        write!(f, " {}", self.time_ns)
    }
}

/// A field's value, of the types that the workload writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Integer(i64),
    Text(String),
}

/// A row's fields.
pub(crate) type Fields = BTreeMap<Arc<str>, Value>;

/// Rows by identity, each field with the value that counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) by_key: BTreeMap<Arc<RowKey>, Arc<Fields>>,
}

impl Rows {
    /// Takes later rows: field by field the last write wins.
    pub(crate) fn overlay<'a>(&mut self, later: impl IntoIterator<Item = &'a Row>) {
        for row in later {
            let fields = self.by_key.entry(Arc::clone(&row.key)).or_default();
            Arc::make_mut(fields).extend(row.fields.iter().cloned());
        }
    }

    /// The first row that is not the same in both, in words.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let keys = self.by_key.keys().chain(other.by_key.keys());
        let different = keys.filter(|key| self.by_key.get(*key) != other.by_key.get(*key));
        let key = different.min()?;
        Some(format!("{key} has {:?} and {:?}", self.by_key.get(key), other.by_key.get(key)))
    }
}

/// One row as it was written or stored.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) key: Arc<RowKey>,
    pub(crate) fields: Vec<(Arc<str>, Value)>,
}

/// The rows of a batch, in its order. A column of a type that the workload does not write is a mistake and said so.
pub(crate) fn of_batch(table: &TableName, batch: &RecordBatch) -> Result<Vec<Row>, String> {
    let name: Arc<str> = table.as_str().into();
    let times = batch.column_by_name(TIME_COLUMN).and_then(|times| times.as_primitive_opt::<TimestampNanosecondType>());
    let times = times.ok_or("rows without a time column")?;
    let raw = |time_ns: &i64| Raw {
        key: RowKey { table: Arc::clone(&name), tags: Vec::new(), time_ns: *time_ns },
        fields: Vec::new(),
    };
    let mut rows: Vec<Raw> = times.values().iter().map(raw).collect();
    let schema = batch.schema();
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        if field.name() == TIME_COLUMN {
            continue;
        }
        let column_name: Arc<str> = field.name().as_str().into();
        for (index, row) in rows.iter_mut().enumerate() {
            if column.is_valid(index) {
                put(row, &column_name, column, index)?;
            }
        }
    }
    let finished = rows.into_iter().map(|Raw { mut key, fields }| {
        key.tags.sort();
        Row { key: Arc::new(key), fields }
    });
    Ok(finished.collect())
}

/// A row whose identity is not whole yet.
struct Raw {
    key: RowKey,
    fields: Vec<(Arc<str>, Value)>,
}

fn put(row: &mut Raw, name: &Arc<str>, column: &ArrayRef, index: usize) -> Result<(), String> {
    match column.data_type() {
        DataType::Dictionary(_, _) => {
            let tags = column.as_dictionary_opt::<Int32Type>().ok_or("a tag with other keys than Int32")?;
            let values = tags.values().as_string_opt::<i32>().ok_or("a tag that is not text")?;
            let key = tags.key(index).filter(|key| values.is_valid(*key));
            row.key.tags.extend(key.map(|key| (Arc::clone(name), values.value(key).to_owned())));
        }
        DataType::Int64 => {
            row.fields.push((Arc::clone(name), Value::Integer(column.as_primitive::<Int64Type>().value(index))));
        }
        DataType::Utf8 => {
            row.fields.push((Arc::clone(name), Value::Text(column.as_string::<i32>().value(index).to_owned())));
        }
        other => return Err(format!("column {name} has type {other}, which nobody writes")),
    }
    Ok(())
}

/// The rows of a segment's bytes, in its order.
pub(crate) fn of_segment(table: &TableName, bytes: &Bytes) -> Result<Vec<Row>, SegmentError> {
    let mut rows = Vec::new();
    for batch in batches_of_segment(bytes)? {
        rows.extend(of_batch(table, &batch).map_err(|problem| SegmentError::Corrupt { problem })?);
    }
    Ok(rows)
}

/// The same as they are decoded.
pub(crate) fn batches_of_segment(bytes: &Bytes) -> Result<Vec<RecordBatch>, SegmentError> {
    let footer = Footer::parse(bytes.clone(), bytes.len() as u64)?;
    let schema = Arc::new(footer.columns().clone());
    let mut decoder = SegmentDecoder::new(&footer, &schema, None, 4096)?;
    let mut batches = Vec::new();
    loop {
        match decoder.step()? {
            DecodeStep::Need(ranges) => {
                let data = ranges.iter().map(|range| bytes.slice(range.start as usize..range.end as usize)).collect();
                decoder.push(&ranges, data)?;
            }
            DecodeStep::Batch(batch) => batches.push(batch),
            DecodeStep::Done => return Ok(batches),
        }
    }
}
