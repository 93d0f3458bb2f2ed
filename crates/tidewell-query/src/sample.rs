//! Databases for tests: writes in line protocol, folded into segments of a store in memory or left in the tail.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray, UInt64Array,
};
use datafusion::arrow::datatypes::{
    DataType, Field, Float64Type, Int32Type, Int64Type, Schema, TimestampNanosecondType, UInt64Type,
};
use datafusion::arrow::temporal_conversions::timestamp_ns_to_datetime;
use futures::{FutureExt, TryStreamExt};
use serde_json::{Value, json};
use tidewell_cache::ObjectCache;
use tidewell_env::Env;
use tidewell_line_protocol::{FieldValue, Line, Parser, Precision};
use tidewell_manifest::{
    Author, Candidate, ForeignFile, Intent, Manifest, SegmentEntry, Segments, State, TagBounds, TagMatch, Tombstone,
};
use tidewell_segment::foreign::ForeignOptions;
use tidewell_segment::{EncodeOptions, ParquetExport, encode, sort_rows};
use tidewell_storage::{FileUrl, ForeignStores, Meter, ObjectName, Store, StoreOptions, StoreUrl, Tier};
use tidewell_types::{
    DatabaseName, FieldType, Generation, TIME_COLUMN, TableName, TableSchema, TimeBounds, TimestampNs, Version, WriteId,
};

use crate::{Answer, JsonQuery, ParamValue, QueryEngine, QueryError, QueryLimits, QueryStatistics, TableView, View};

/// A line that is its own master.
struct OwnedLine {
    tags: BTreeMap<String, String>,
    fields: BTreeMap<String, FieldValue<'static>>,
    time: i64,
}

fn owned(value: &FieldValue<'_>) -> FieldValue<'static> {
    match value {
        FieldValue::Float(value) => FieldValue::Float(*value),
        FieldValue::Integer(value) => FieldValue::Integer(*value),
        FieldValue::Unsigned(value) => FieldValue::Unsigned(*value),
        FieldValue::Boolean(value) => FieldValue::Boolean(*value),
        FieldValue::String(value) => FieldValue::String(value.to_string().into()),
    }
}

fn lines(text: &str, precision: Precision) -> BTreeMap<String, Vec<OwnedLine>> {
    let mut parser = Parser::new(text.as_bytes());
    let mut line = Line::default();
    let mut tables: BTreeMap<String, Vec<OwnedLine>> = BTreeMap::new();
    while let Some(parsed) = parser.next_into(&mut line) {
        parsed.map_err(|error| format!("{error:?}")).unwrap();
        tables.entry(line.measurement.to_string()).or_default().push(OwnedLine {
            tags: line.tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
            fields: line.fields.iter().map(|(key, value)| (key.to_string(), owned(value))).collect(),
            time: precision.to_ns(line.timestamp.unwrap_or(0)).unwrap().as_ns(),
        });
    }
    tables
}

fn field_array(field_type: FieldType, values: &[Option<&FieldValue<'static>>]) -> ArrayRef {
    macro_rules! array {
        ($array:ty, $kind:ident, $get:expr) => {{
            let value = |value: &Option<&FieldValue<'static>>| match value {
                Some(FieldValue::$kind(value)) => Some($get(value)),
                _ => None,
            };
            Arc::new(values.iter().map(value).collect::<$array>())
        }};
    }
    match field_type {
        FieldType::Float => array!(Float64Array, Float, |v: &f64| *v),
        FieldType::Integer => array!(Int64Array, Integer, |v: &i64| *v),
        FieldType::Unsigned => array!(UInt64Array, Unsigned, |v: &u64| *v),
        FieldType::Boolean => array!(BooleanArray, Boolean, |v: &bool| *v),
        FieldType::String => array!(StringArray, String, |v: &std::borrow::Cow<'static, str>| v.to_string()),
    }
}

fn batch(lines: &[OwnedLine]) -> (TableSchema, RecordBatch) {
    let mut schema = TableSchema::new();
    for line in lines {
        line.tags.keys().for_each(|tag| _ = schema.add_tag(tag).unwrap());
        line.fields.iter().for_each(|(field, value)| _ = schema.add_field(field, value.field_type()).unwrap());
    }
    let mut columns: BTreeMap<String, ArrayRef> = BTreeMap::new();
    for tag in schema.tags() {
        let values: DictionaryArray<Int32Type> =
            lines.iter().map(|line| line.tags.get(&**tag).map(String::as_str)).collect();
        columns.insert(tag.to_string(), Arc::new(values));
    }
    for (field, field_type) in schema.fields() {
        let values: Vec<Option<&FieldValue<'static>>> = lines.iter().map(|line| line.fields.get(&**field)).collect();
        columns.insert(field.to_string(), field_array(*field_type, &values));
    }
    let times: TimestampNanosecondArray = lines.iter().map(|line| Some(line.time)).collect();
    columns.insert(TIME_COLUMN.to_owned(), Arc::new(times));
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column)| Field::new(name, column.data_type().clone(), name != TIME_COLUMN))
        .collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_values().collect()).unwrap();
    (schema, batch)
}

#[derive(Default)]
struct Table {
    schema: TableSchema,
    segments: Vec<Arc<SegmentEntry>>,
    tombstones: Vec<Tombstone>,
    time_floor: Option<TimestampNs>,
    tail: Vec<RecordBatch>,
}

/// A database in memory.
pub(crate) struct Database {
    pub(crate) store: Store,
    pub(crate) env: Env,
    tables: BTreeMap<TableName, Table>,
    version: u64,
    options: EncodeOptions,
    /// Bytes of the metadata of registered files and what takes their place.
    pub(crate) lies: Option<([u8; 8], [u8; 8])>,
}

impl Database {
    /// Empty.
    pub(crate) fn new() -> Self {
        let env = Env::system();
        let store = Store::open(&"memory://".parse().unwrap(), env.clone(), &StoreOptions::default()).unwrap();
        Self { store, env, tables: BTreeMap::new(), version: 0, options: EncodeOptions::hot(), lies: None }
    }

    /// With row groups of so many rows.
    pub(crate) fn with_row_groups(mut self, rows: usize) -> Self {
        self.options.row_group_rows_max = rows;
        self
    }

    /// One write; its rows stay in the tail.
    pub(crate) fn write(&mut self, text: &str) {
        self.write_in(text, Precision::Nanosecond);
    }

    pub(crate) fn write_in(&mut self, text: &str, precision: Precision) {
        for (name, lines) in lines(text, precision) {
            let (schema, rows) = batch(&lines);
            let table = self.tables.entry(TableName::new(&name).unwrap()).or_default();
            table.schema.merge(&schema).unwrap();
            table.tail.push(rows);
        }
    }

    /// The tail of every table into one segment.
    pub(crate) async fn fold(&mut self) {
        self.version += 1;
        for (name, table) in &mut self.tables {
            if table.tail.is_empty() {
                continue;
            }
            let sorted = sort_rows(&table.schema, &std::mem::take(&mut table.tail)).unwrap();
            let encoded = encode(name, &table.schema, &sorted, &self.options).unwrap();
            let id = self.env.segment_id();
            let object = ObjectName::foreign(&format!("segments/{id}.parquet")).unwrap();
            self.store.put(&object, encoded.bytes.clone()).await.unwrap();
            let stats = encoded.stats;
            let tag = |tag: &tidewell_segment::TagStats| TagBounds {
                tag: tag.tag.clone(),
                min: tag.min.clone(),
                max: tag.max.clone(),
                null_count: tag.null_count,
            };
            table.segments.push(Arc::new(SegmentEntry {
                id,
                object: object.as_str().to_owned(),
                table: name.clone(),
                file_bytes: encoded.bytes.len() as u64,
                footer_bytes: stats.footer_bytes,
                row_count: stats.row_count,
                value_count: stats.field_value_count,
                time: stats.time,
                tags: stats.tags.iter().map(tag).collect(),
                digest: 0,
                tier: Tier::Hot,
                added: Version::new(self.version),
                rank: Version::new(self.version),
                deletes_to: Version::ZERO,
                foreign: None,
            }));
        }
    }

    /// Rows of one table as a file of others, in the order given, which is registered.
    pub(crate) async fn register(&mut self, path: &Path, text: &str) {
        self.version += 1;
        for (name, lines) in lines(text, Precision::Nanosecond) {
            let (schema, rows) = batch(&lines);
            let mut export = ParquetExport::new(&rows.schema()).unwrap();
            export.write(&rows).unwrap();
            let mut bytes = export.finish().unwrap();
            let metadata = u32::from_le_bytes(*bytes[..bytes.len() - 4].last_chunk().unwrap()) as usize + 8;
            if let Some((truth, lie)) = self.lies {
                let start = bytes.len() - metadata;
                let places: Vec<usize> = (start..bytes.len() - 8).filter(|at| bytes[*at..at + 8] == truth).collect();
                assert!(!places.is_empty(), "no statistics");
                places.into_iter().for_each(|at| bytes[at..at + 8].copy_from_slice(&lie));
            }
            std::fs::write(path, &bytes).unwrap();
            let url: FileUrl = StoreUrl::Folder(path.to_owned()).to_string().parse().unwrap();
            let stores = ForeignStores::new(self.env.clone(), StoreOptions::default());
            let (store, object) = stores.locate(&url, &Meter::new()).unwrap();
            let pin = store.pin(&object).await.unwrap().unwrap();
            let tags = schema.tags().iter().map(ToString::to_string).collect();
            let mapping =
                ForeignOptions { time_column: Some(TIME_COLUMN.to_owned()), tags, ..ForeignOptions::default() };
            let candidate = Candidate {
                id: self.env.segment_id(),
                file: ForeignFile {
                    url: url.to_string(),
                    tag: pin.tag.to_string(),
                    mapping,
                    is_owned: false,
                    checked: None,
                },
                file_bytes: pin.bytes,
                footer_bytes: metadata as u64,
                // A claim, and a wrong one.
                row_count: 1_000_000,
                schema: schema.clone(),
                facts: None,
            };
            let author = Author { generation: Generation::ZERO, writer: self.env.writer_id() };
            let intent = Intent::register(&State::default(), author, &TableName::new(&name).unwrap(), &[candidate])
                .unwrap()
                .unwrap();
            let version = Version::new(self.version);
            let entry = SegmentEntry { added: version, rank: version, ..intent.adds[0].clone() };
            let table = self.tables.entry(TableName::new(&name).unwrap()).or_default();
            table.schema.merge(&schema).unwrap();
            table.segments.push(Arc::new(entry));
        }
    }

    /// A delete of a span of time of a table, of the rows whose tags match.
    pub(crate) fn delete(&mut self, table: &str, from: i64, to: i64, tags: &[(&str, &str)]) {
        self.version += 1;
        let tag = |(tag, value): &(&str, &str)| TagMatch { tag: (*tag).to_owned(), values: vec![(*value).to_owned()] };
        let tombstone = Tombstone {
            id: WriteId::from_bytes([7; 16]),
            time: TimeBounds { min: TimestampNs::from_ns(from), max: TimestampNs::from_ns(to) },
            tags: tags.iter().map(tag).collect(),
            version: Version::new(self.version),
        };
        self.tables.get_mut(table).unwrap().tombstones.push(tombstone);
    }

    /// Rows of a table before an instant stop counting.
    pub(crate) fn expire(&mut self, table: &str, floor: i64) {
        self.tables.get_mut(table).unwrap().time_floor = Some(TimestampNs::from_ns(floor));
    }

    /// A write that is folded at once.
    pub(crate) async fn write_segment(&mut self, text: &str) {
        self.write(text);
        self.fold().await;
    }

    pub(crate) fn view(&self) -> View {
        let tables = self.tables.iter().map(|(name, table)| {
            let view = TableView {
                schema: Arc::new(table.schema.clone()),
                segments: Segments::from_entries(table.segments.iter().map(|segment| (**segment).clone())),
                tombstones: Arc::new(table.tombstones.clone()),
                time_floor: table.time_floor,
                tail: table.tail.clone(),
            };
            (name.clone(), view)
        });
        let database = DatabaseName::new("db").unwrap();
        let manifest = Manifest::open(self.store.metered(), self.env.clone(), database.clone());
        View {
            // A store in memory answers at once.
            manifest: manifest.now_or_never().unwrap().unwrap(),
            database,
            version: Version::new(self.version),
            tables: tables.collect(),
        }
    }

    pub(crate) fn engine(&self) -> QueryEngine {
        self.engine_with(QueryLimits { partitions: 3.try_into().unwrap(), ..QueryLimits::default() })
    }

    pub(crate) fn engine_with(&self, limits: QueryLimits) -> QueryEngine {
        QueryEngine::new(limits, Arc::new(ObjectCache::new(16 << 20)), self.env.clone()).unwrap()
    }

    /// The answer to a statement, all of it.
    pub(crate) async fn sql(&self, text: &str) -> Result<Rows, QueryError> {
        collect(self.engine().sql(&self.store, self.view(), text, BTreeMap::new()).await?).await
    }

    pub(crate) async fn sql_with(&self, text: &str, params: &[(&str, ParamValue)]) -> Result<Rows, QueryError> {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        collect(self.engine().sql(&self.store, self.view(), text, params).await?).await
    }

    /// The answer to a query of the JSON API, all of it.
    pub(crate) async fn json(&self, query: Value) -> Result<Rows, QueryError> {
        let query = JsonQuery::parse(query.to_string().as_bytes())?;
        collect(self.engine().json(&self.store, self.view(), &query).await?).await
    }
}

/// An answer, all of it.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) statistics: Arc<QueryStatistics>,
}

impl Rows {
    /// Its rows in an order of their own, to compare answers whose order is free.
    pub(crate) fn sorted_rows(&self) -> Vec<Vec<Value>> {
        let mut rows = self.rows.clone();
        rows.sort_by_cached_key(|row| Value::from(row.clone()).to_string());
        rows
    }
}

pub(crate) async fn collect(answer: Answer) -> Result<Rows, QueryError> {
    let columns = answer.schema.fields().iter().map(|field| field.name().clone()).collect();
    let batches: Vec<RecordBatch> = answer.rows.try_collect().await?;
    for batch in &batches {
        assert_eq!(batch.schema(), answer.schema);
    }
    let rows = batches
        .iter()
        .flat_map(|batch| {
            (0..batch.num_rows()).map(|row| batch.columns().iter().map(|column| cell(column, row)).collect())
        })
        .collect();
    Ok(Rows { columns, rows, statistics: answer.statistics })
}

fn cell(column: &ArrayRef, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => json!(column.as_boolean().value(row)),
        DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(row)),
        DataType::UInt64 => json!(column.as_primitive::<UInt64Type>().value(row)),
        DataType::Float64 => json!(column.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => json!(column.as_string::<i32>().value(row)),
        DataType::Timestamp(_, None) => {
            let ns = column.as_primitive::<TimestampNanosecondType>().value(row);
            json!(timestamp_ns_to_datetime(ns).unwrap().format("%Y-%m-%dT%H:%M:%S%.9fZ").to_string())
        }
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(row);
            (0..items.len()).map(|item| cell(&items, item)).collect()
        }
        DataType::Dictionary(..) | DataType::Utf8View | DataType::LargeUtf8 | DataType::Timestamp(..) => {
            panic!("an answer has the type {}", column.data_type())
        }
        _ => {
            let text = datafusion::arrow::util::display::array_value_to_string(column, row).unwrap();
            text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number))
        }
    }
}
