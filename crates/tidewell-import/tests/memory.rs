//! What an import holds at most, as the allocator counts it, of files several times as large as its limit.
#![allow(unsafe_code, clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Float64Array, RecordBatch, TimestampNanosecondArray};
use tidewell_csv::CsvOptions;
use tidewell_env::Env;
use tidewell_import::{Format, ImportOptions, Importer, Progress, Source, find};
use tidewell_manifest::Manifest;
use tidewell_segment::foreign::ForeignOptions;
use tidewell_segment::{ExportCompression, ExportOptions, ParquetExport};
use tidewell_storage::{Store, StoreOptions, StoreUrl};
use tidewell_types::{DatabaseName, TableName};

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Counts what all threads hold, and the most that they held.
struct Counting;

fn taken(bytes: usize) {
    let held = HELD.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(held, Ordering::Relaxed);
}

fn given_back(bytes: usize) {
    HELD.fetch_sub(bytes, Ordering::Relaxed);
}

// SAFETY: every call is passed on as it is to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        taken(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        given_back(layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // Where it moves, old and new are there at once.
        taken(bytes);
        let moved = unsafe { System.realloc(pointer, layout, bytes) };
        given_back(layout.size());
        moved
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MIB: usize = 1 << 20;
/// The least that is allowed.
const LIMIT_BYTES: usize = 32 * MIB;
const FIELDS: usize = 8;

/// A number that does not pack well.
fn value(row: usize, field: usize) -> f64 {
    let mixed = ((row * FIELDS + field) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 20) as f64 / 1024.0
}

fn time_ns(row: usize) -> i64 {
    1_700_000_000_000_000_000 + row as i64 * 1_000_000
}

fn write_csv(path: &Path, bytes_min: usize) -> u64 {
    let mut file = std::io::BufWriter::new(File::create(path).unwrap());
    writeln!(file, "time,host,a,b,c,d,e,f,g,h").unwrap();
    let (mut written, mut row) = (0, 0);
    while written < bytes_min {
        let mut line = format!("{},host-{}", time_ns(row), row % 50);
        (0..FIELDS).for_each(|field| line += &format!(",{}", value(row, field)));
        writeln!(file, "{line}").unwrap();
        written += line.len() + 1;
        row += 1;
    }
    file.flush().unwrap();
    row as u64
}

fn write_parquet(path: &Path, bytes_min: usize) -> u64 {
    const ROWS: usize = 2048;
    let batch = |from: usize| {
        let rows = || from..from + ROWS;
        let host: DictionaryArray<Int32Type> = rows().map(|row| ["a", "b", "c", "d", "e"][row % 5]).map(Some).collect();
        let times = TimestampNanosecondArray::from_iter_values(rows().map(time_ns));
        let mut columns: Vec<(String, ArrayRef)> =
            vec![("time".to_owned(), Arc::new(times)), ("host".to_owned(), Arc::new(host))];
        for field in 0..FIELDS {
            let values = Float64Array::from_iter_values(rows().map(|row| value(row, field)));
            columns.push((format!("f{field}"), Arc::new(values)));
        }
        RecordBatch::try_from_iter(columns).unwrap()
    };
    let options =
        ExportOptions { compression: ExportCompression::None, row_group_rows_max: ROWS, ..ExportOptions::default() };
    let mut export = ParquetExport::with_options(&batch(0).schema(), options).unwrap();
    let (mut file, mut written, mut row) = (File::create(path).unwrap(), 0, 0);
    while written < bytes_min {
        export.write(&batch(row)).unwrap();
        let bytes = export.take_bytes();
        file.write_all(&bytes).unwrap();
        written += bytes.len();
        row += ROWS;
    }
    file.write_all(&export.finish().unwrap()).unwrap();
    row as u64
}

fn csv() -> Format {
    Format::Csv(CsvOptions { tags: vec!["host".to_owned()], ..CsvOptions::default() })
}

fn parquet() -> Format {
    Format::Parquet(ForeignOptions { time_fallback: true, tags: vec!["host".to_owned()], ..ForeignOptions::default() })
}

/// Imports a file of so many rows; the most that was held meanwhile.
fn peak_bytes(path: &Path, format: Format, row_count: u64) -> usize {
    let into = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let before = HELD.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let summary = runtime.block_on(async {
        let (env, url) = (Env::system(), StoreUrl::Folder(into.path().to_owned()));
        let store = Store::open(&url, env.clone(), &StoreOptions::default()).unwrap();
        let manifest = Manifest::open(store.clone(), env.clone(), DatabaseName::new("d").unwrap()).await.unwrap();
        let source = Source::Local(path.to_str().unwrap().to_owned());
        let files = find(&[source], format.extension(), &env).await.unwrap();
        let mut options = ImportOptions::new(TableName::new("m").unwrap(), format);
        options.memory_bytes_max = LIMIT_BYTES as u64;
        Importer::new(store, env, manifest).run(&files, &options, &Arc::new(Progress::new())).await.unwrap()
    });
    let peak = PEAK.load(Ordering::Relaxed) - before;
    assert!(summary.failures.is_empty(), "{summary:?}");
    assert_eq!((summary.rows_imported, summary.segment_rows), (row_count, row_count), "{summary:?}");
    assert!(summary.read_bytes_peak <= LIMIT_BYTES as u64 / 4, "{summary:?}");
    peak
}

/// One test, since what is counted is the process's.
#[test]
fn imports_of_large_files_keep_within_their_memory_bounds() {
    let folder = tempfile::tempdir().unwrap();
    for format in [csv(), parquet()] {
        let extension = format.extension();
        let path = folder.path().join(format!("a.{extension}"));
        let row_count = match format {
            Format::Csv(_) => write_csv(&path, 4 * LIMIT_BYTES),
            Format::Parquet(_) => write_parquet(&path, 4 * LIMIT_BYTES),
        };
        let peak = peak_bytes(&path, format, row_count);
        println!("{extension}: {row_count} rows, {:.1} MiB at most", peak as f64 / MIB as f64);
        assert!(peak <= LIMIT_BYTES, "{extension}: {peak} bytes");
    }
}
