//! Times two readers on the same files, round by round in turn, and checks that they read the same.

use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType};
use tidewell_csv::{CsvOptions, CsvReader, Timezone, infer, parse_instant};

use crate::shapes::{Shape, make_file};

/// The head of the report that [`Comparison`] prints lines of.
pub(crate) const HEADER: &str = "shape                | tidewell MB/s     rows/s |  csv crate MB/s     rows/s | ratio";

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    rows: usize,
    rounds: usize,
}

impl Sizes {
    /// Enough for figures to rely on.
    #[allow(dead_code, reason = "each of the bench and the test uses one")]
    pub(crate) const FULL: Self = Self { rows: 500_000, rounds: 8 };
    /// Enough to see that it runs.
    pub(crate) const SMALL: Self = Self { rows: 2_000, rounds: 1 };
}

/// Both readers' fastest times for files of one shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comparison {
    shape: Shape,
    bytes: usize,
    rows: usize,
    /// This crate.
    pub(crate) tidewell: Duration,
    /// The `csv` crate.
    pub(crate) reference: Duration,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = |time: Duration| self.bytes as f64 / 1e6 / time.as_secs_f64();
        let rows = |time: Duration| self.rows as f64 / time.as_secs_f64();
        write!(
            f,
            "{:<20} | {:>13.0} {:>10.0} | {:>15.0} {:>10.0} | {:>4.1}x",
            self.shape.name(),
            megabytes(self.tidewell),
            rows(self.tidewell),
            megabytes(self.reference),
            rows(self.reference),
            self.reference.as_secs_f64() / self.tidewell.as_secs_f64(),
        )
    }
}

/// What was read, to compare two readers by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    rows: usize,
    tag_bytes: usize,
    floats: f64,
    integers: i64,
    times: i64,
}

/// Measures both readers on a file of `shape`.
///
/// # Panics
/// Panics when the two do not read the same.
pub(crate) fn compare(shape: Shape, sizes: Sizes) -> Comparison {
    let file = make_file(shape, sizes.rows, 42);
    let (mut tidewell, mut reference) = (Duration::MAX, Duration::MAX);
    for _ in 0..sizes.rounds {
        let (ours, time) = timed(|| sum_with_tidewell(black_box(file.as_bytes())));
        tidewell = tidewell.min(time);
        let (theirs, time) = timed(|| sum_with_reference(black_box(file.as_bytes())));
        reference = reference.min(time);
        assert!((ours.floats - theirs.floats).abs() < 1e-6 * theirs.floats.abs(), "{ours:?} is not {theirs:?}");
        assert_eq!(
            Sum { floats: 0.0, ..ours },
            Sum { floats: 0.0, ..theirs },
            "the readers read {shape:?} differently"
        );
    }
    Comparison { shape, bytes: file.len(), rows: sizes.rows, tidewell, reference }
}

fn timed(work: impl FnOnce() -> Sum) -> (Sum, Duration) {
    let start = Instant::now();
    let sum = work();
    (sum, start.elapsed())
}

fn sum_with_tidewell(file: &[u8]) -> Sum {
    let options = CsvOptions { tags: vec!["host".to_owned()], ..CsvOptions::default() };
    let sample = &file[..file.len().min(16 << 10)];
    let mut reader = CsvReader::new(infer(sample, false, &options).unwrap());
    let mut batches = Vec::new();
    for chunk in file.chunks(1 << 20) {
        batches.extend(reader.push(chunk).unwrap());
    }
    let end = reader.finish().unwrap();
    assert_eq!(end.rejections.count, 0);
    batches.extend(end.batches);
    let mut sum = Sum::default();
    for batch in &batches {
        sum.rows += batch.num_rows();
        let hosts = batch.column_by_name("host").unwrap().as_any_dictionary();
        let names = hosts.values().as_string::<i32>();
        sum.tag_bytes += hosts.normalized_keys().into_iter().map(|key| names.value(key).len()).sum::<usize>();
        for name in ["load", "temp"] {
            sum.floats +=
                batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().values().iter().sum::<f64>();
        }
        sum.integers += batch.column_by_name("bytes").unwrap().as_primitive::<Int64Type>().values().iter().sum::<i64>();
        let times = batch.column_by_name("time").unwrap().as_primitive::<TimestampNanosecondType>().values();
        sum.times = times.iter().fold(sum.times, |sum, time| sum.wrapping_add(*time));
    }
    sum
}

fn sum_with_reference(file: &[u8]) -> Sum {
    let mut reader = csv::Reader::from_reader(file);
    let mut sum = Sum::default();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).unwrap() {
        sum.rows += 1;
        sum.times = sum.times.wrapping_add(parse_instant(&record[0], Timezone::UTC).unwrap().as_ns());
        sum.tag_bytes += record[1].len();
        sum.floats += record[2].parse::<f64>().unwrap() + record[3].parse::<f64>().unwrap();
        sum.integers += record[4].parse::<i64>().unwrap();
    }
    sum
}
