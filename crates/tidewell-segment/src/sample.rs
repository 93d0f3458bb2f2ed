//! Rows for tests: of a table with two tags and a field of every type, and as plain values to compare with.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray, UInt64Array,
};
use arrow_schema::{Schema, SchemaRef};
use bytes::Bytes;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{collection, option};
use tidewell_types::{FieldType, TableName, TableSchema};

use crate::dictionary::{tag_array, tag_at};
use crate::{DecodeStep, EncodeOptions, EncodedSegment, Footer, SegmentDecoder, SegmentError, encode};

/// One row; `None` is NULL.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row {
    pub(crate) host: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) time: i64,
    pub(crate) float: Option<f64>,
    pub(crate) integer: Option<i64>,
    pub(crate) unsigned: Option<u64>,
    pub(crate) boolean: Option<bool>,
    pub(crate) string: Option<String>,
}

pub(crate) fn schema() -> TableSchema {
    let mut schema = TableSchema::new();
    schema.add_tag("region").unwrap();
    schema.add_tag("host").unwrap();
    for (name, field_type) in [
        ("float", FieldType::Float),
        ("integer", FieldType::Integer),
        ("unsigned", FieldType::Unsigned),
        ("boolean", FieldType::Boolean),
        ("string", FieldType::String),
    ] {
        schema.add_field(name, field_type).unwrap();
    }
    schema
}

pub(crate) fn table() -> TableName {
    TableName::new("weather").unwrap()
}

pub(crate) fn row(region: &str, host: &str, time: i64, float: f64) -> Row {
    Row { region: Some(region.to_owned()), host: Some(host.to_owned()), time, float: Some(float), ..Row::default() }
}

/// The rows under the whole schema.
pub(crate) fn batch(rows: &[Row]) -> RecordBatch {
    let tag = |value: fn(&Row) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(value).collect::<DictionaryArray<arrow_array::types::Int32Type>>())
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.boolean).collect::<BooleanArray>()),
        Arc::new(rows.iter().map(|row| row.float).collect::<Float64Array>()),
        tag(|row| row.host.as_deref()),
        Arc::new(rows.iter().map(|row| row.integer).collect::<Int64Array>()),
        tag(|row| row.region.as_deref()),
        Arc::new(rows.iter().map(|row| row.string.as_deref()).collect::<StringArray>()),
        Arc::new(TimestampNanosecondArray::from_iter_values(rows.iter().map(|row| row.time))),
        Arc::new(rows.iter().map(|row| row.unsigned).collect::<UInt64Array>()),
    ];
    RecordBatch::try_new(schema().arrow(), columns).unwrap()
}

/// The rows without the columns that are NULL in all of them, as a request would bring them.
pub(crate) fn sparse_batch(rows: &[Row]) -> RecordBatch {
    let batch = batch(rows);
    let kept: Vec<usize> = (0..batch.num_columns())
        .filter(|index| batch.column(*index).null_count() < batch.num_rows() || batch.num_rows() == 0)
        .collect();
    batch.project(&kept).unwrap()
}

/// The rows of a batch; columns that it lacks read as NULL.
pub(crate) fn rows(batch: &RecordBatch) -> Vec<Row> {
    let column = |name: &str| batch.column_by_name(name);
    let tag = |name: &str, index: usize| {
        column(name).and_then(|tags| tag_at(tag_array(tags).unwrap(), index).unwrap().map(str::to_owned))
    };
    let valid = |name: &str, index: usize| column(name).filter(|values| values.is_valid(index));
    (0..batch.num_rows())
        .map(|index| Row {
            host: tag("host", index),
            region: tag("region", index),
            time: column("time").unwrap().as_primitive::<TimestampNanosecondType>().value(index),
            float: valid("float", index).map(|values| values.as_primitive::<Float64Type>().value(index)),
            integer: valid("integer", index).map(|values| values.as_primitive::<Int64Type>().value(index)),
            unsigned: valid("unsigned", index).map(|values| values.as_primitive::<UInt64Type>().value(index)),
            boolean: valid("boolean", index).map(|values| values.as_boolean().value(index)),
            string: valid("string", index).map(|values| values.as_string::<i32>().value(index).to_owned()),
        })
        .collect()
}

/// What sorting and merging must come to, the slow way.
pub(crate) fn model(rows: &[Row]) -> Vec<Row> {
    let mut merged: BTreeMap<(Option<String>, Option<String>, i64), Row> = BTreeMap::new();
    for row in rows {
        let old = merged.entry((row.region.clone(), row.host.clone(), row.time)).or_insert_with(|| Row {
            region: row.region.clone(),
            host: row.host.clone(),
            time: row.time,
            ..Row::default()
        });
        old.float = row.float.or(old.float);
        old.integer = row.integer.or(old.integer);
        old.unsigned = row.unsigned.or(old.unsigned);
        old.boolean = row.boolean.or(old.boolean);
        old.string = row.string.clone().or(old.string.take());
    }
    merged.into_values().collect()
}

/// Few tag values and few times, so that rows often coincide.
pub(crate) fn any_row() -> impl Strategy<Value = Row> {
    let text = || prop_oneof![Just("a"), Just("b"), Just("ab"), Just(""), Just("ü")].prop_map(str::to_owned);
    (
        option::of(text()),
        option::of(text()),
        -3_i64..4,
        option::of(-9_i32..9),
        option::of(any::<i64>()),
        option::of(any::<u64>()),
        option::of(any::<bool>()),
        option::of(text()),
    )
        .prop_map(|(host, region, time, float, integer, unsigned, boolean, string)| {
            let float = float.map(f64::from);
            Row { host, region, time, float, integer, unsigned, boolean, string }
        })
}

/// Rows in several batches, some empty.
pub(crate) fn any_batches() -> impl Strategy<Value = Vec<Vec<Row>>> {
    collection::vec(collection::vec(any_row(), 0..40), 0..6)
}

pub(crate) fn segment(rows: &[Row], options: &EncodeOptions) -> EncodedSegment {
    encode(&table(), &schema(), &batch(rows), options).unwrap()
}

pub(crate) fn footer(file: &Bytes) -> Footer {
    Footer::parse(file.clone(), file.len() as u64).unwrap()
}

/// Decodes, handing over exactly what is asked for; the number of rounds is bounded, so that a decoder cannot hang a test.
pub(crate) fn decode(
    file: &Bytes,
    footer: &Footer,
    schema: &SchemaRef,
    selection: Option<Vec<usize>>,
    batch_rows: usize,
) -> Result<Vec<RecordBatch>, SegmentError> {
    let mut decoder = SegmentDecoder::new(footer, schema, selection, batch_rows)?;
    let mut batches = Vec::new();
    for _ in 0..100_000 {
        match decoder.step()? {
            DecodeStep::Need(ranges) => {
                let data = ranges.iter().map(|range| file.slice(range.start as usize..range.end as usize)).collect();
                decoder.push(&ranges, data)?;
            }
            DecodeStep::Batch(batch) => batches.push(batch),
            DecodeStep::Done => return Ok(batches),
        }
    }
    panic!("the decoder goes on without end");
}

pub(crate) fn decoded_rows(file: &Bytes) -> Vec<Row> {
    let batches = decode(file, &footer(file), &schema().arrow(), None, 1000).unwrap();
    batches.iter().flat_map(rows).collect()
}

/// The named columns of the table, in that order.
pub(crate) fn projected(names: &[&str]) -> SchemaRef {
    let all = schema().arrow();
    Arc::new(Schema::new(names.iter().map(|name| all.field_with_name(name).unwrap().clone()).collect::<Vec<_>>()))
}
