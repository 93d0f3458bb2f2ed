//! Parquet files of others, down to their rows.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray,
};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use tidewell_segment::foreign::{
    Footer, ForeignError, ForeignOptions, OnRefused, Plan, RowLimits, Rows, RowsStep, StatsCheck,
};
use tidewell_segment::{ExportCompression, ExportOptions, ParquetExport};

use crate::target::nothing_behind;
use crate::{Sample, Target};

/// Files of pyarrow: what Tidewell reads and never writes.
const DELTA: &[u8] = include_bytes!("../fixtures/foreign-delta-v2-gzip.parquet");
const NESTED: &[u8] = include_bytes!("../fixtures/foreign-nested-brotli.parquet");
const INT96: &[u8] = include_bytes!("../fixtures/foreign-int96-zstd.parquet");

const ROWS: i64 = 40;
const MEMORY_BYTES_MAX: u64 = 8 << 20;
/// The limit above, the windows of Brotli, and what is taken while two batches are made of one.
const TAKEN_BYTES_FIXED: usize = 64 << 20;
/// The parsed metadata of a file is many times its bytes.
const TAKEN_PER_BYTE: usize = 512;

fn rows() -> RecordBatch {
    let some = |row: i64| (row % 5 != 3).then_some(row);
    let host: DictionaryArray<Int32Type> =
        (0..ROWS).map(|row| some(row).map(|it| ["a", "b"][it as usize % 2])).collect();
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("timestamp", Arc::new(TimestampNanosecondArray::from_iter_values(0..ROWS)), false),
        ("host", Arc::new(host), true),
        ("level", Arc::new((0..ROWS).map(|row| some(row).map(|it| it as f64 / 3.0)).collect::<Float64Array>()), true),
        ("note", Arc::new((0..ROWS).map(|row| some(row).map(|it| format!("n{it}"))).collect::<StringArray>()), true),
        ("trend", Arc::new((0..ROWS).map(some).collect::<Int64Array>()), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap_or_else(|error| panic!("{error}"))
}

fn written(rows: &RecordBatch, compression: ExportCompression) -> Option<Vec<u8>> {
    let options = ExportOptions { compression, row_group_rows_max: 25, ..ExportOptions::default() };
    let mut export = ParquetExport::with_options(&rows.schema(), options).ok()?;
    export.write(rows).ok()?;
    export.finish().ok()
}

/// Footer, plan and rows, with the statistics compared.
pub(crate) fn foreign() -> Target {
    let codecs =
        [ExportCompression::None, ExportCompression::Snappy, ExportCompression::Lz4, ExportCompression::Zstd(1)];
    let ours = codecs.into_iter().filter_map(|codec| written(&rows(), codec));
    let samples = ours.chain([DELTA, NESTED, INT96].map(<[u8]>::to_vec)).map(Sample::unchecked);
    Target {
        name: "foreign",
        samples: samples.collect(),
        read: |bytes| {
            let (plan, batches) = read(bytes, None)?;
            for batch in &batches {
                assert_eq!(batch.schema(), plan.schema().arrow());
                assert!(batch.columns().iter().all(|column| column.to_data().validate_full().is_ok()));
            }
            Some(1)
        },
        goes_round: |bytes| read(bytes, None).is_some_and(|(plan, batches)| goes_round(&plan, &batches)),
        open: nothing_behind,
        seal: <[u8]>::to_vec,
        memory_bytes_max: |bytes| TAKEN_BYTES_FIXED + bytes.len() * TAKEN_PER_BYTE,
    }
}

/// All rows of a file; `None` where it is refused.
fn read(bytes: &[u8], options: Option<&ForeignOptions>) -> Option<(Plan, Vec<RecordBatch>)> {
    let file = Bytes::copy_from_slice(bytes);
    let footer = Footer::parse(&file, file.len() as u64).ok()?;
    let plan = match options {
        Some(options) => Plan::new(&footer, options).ok()?,
        None => plan(&footer)?,
    };
    let limits = RowLimits { memory_bytes_max: MEMORY_BYTES_MAX, ..RowLimits::default() };
    let mut batches = Vec::new();
    for row_group in 0..footer.row_group_rows().len() {
        let mut stats = StatsCheck::new(&plan, plan.claimed(&footer, row_group).ok()?);
        let mut rows = Rows::of_groups(&footer, &plan, limits, [row_group]).ok()?;
        loop {
            match rows.step().ok()? {
                RowsStep::Need(ranges) => {
                    let piece = |range: &std::ops::Range<u64>| file.slice(range.start as usize..range.end as usize);
                    rows.push(&ranges, ranges.iter().map(piece).collect()).ok()?;
                }
                RowsStep::Batch(batch) => {
                    // A lie about values costs the statistics and not the rows.
                    let _ = stats.see(&batch);
                    batches.push(batch);
                }
                RowsStep::Done => break,
            }
        }
        let _ = stats.finish();
    }
    let row_count: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(row_count as u64, footer.row_count());
    Some((plan, batches))
}

/// A plan that takes what has a place, with the first column that can be the time as the time.
fn plan(footer: &Footer) -> Option<Plan> {
    let mut options = ForeignOptions { flatten: true, on_refused: OnRefused::LeaveOut, ..ForeignOptions::default() };
    if let Err(ForeignError::NoTime { candidates, .. }) = Plan::new(footer, &options) {
        options.time_column = Some(candidates.first()?.rsplit_once(" (")?.0.to_owned());
    }
    let mut tagged = options.clone();
    tagged.tags = ["host", "text"].map(str::to_owned).to_vec();
    tagged.tags.retain(|tag| Plan::new(footer, &ForeignOptions { tags: vec![tag.clone()], ..options.clone() }).is_ok());
    Plan::new(footer, &tagged).ok()
}

fn goes_round(plan: &Plan, batches: &[RecordBatch]) -> bool {
    let schema = plan.schema().arrow();
    let joined = |batches: &[RecordBatch]| concat_batches(&schema, batches).ok();
    let Some(rows) = joined(batches) else { return false };
    let options = ForeignOptions {
        time_column: Some("time".to_owned()),
        tags: plan.schema().tags().iter().map(|tag| tag.to_string()).collect(),
        ..ForeignOptions::default()
    };
    let again = written(&rows, ExportCompression::None).and_then(|file| read(&file, Some(&options)));
    again.and_then(|(_, batches)| joined(&batches)).is_some_and(|again| again == rows)
}
