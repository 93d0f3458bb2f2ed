//! Times two parsers on the same bodies, round by round in turn, and checks that they read the same.

use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

use tidewell_line_protocol::{FieldValue, Line, Parser};

use crate::shapes::{Shape, make_body};

/// The head of the report that [`Comparison`] prints lines of.
pub(crate) const HEADER: &str =
    "shape                  | tidewell MB/s  lines/s | influxdb-line-protocol MB/s  lines/s | ratio";

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// The bytes of a body, about.
    pub(crate) body_bytes: usize,
    /// How often each parser reads it; the fastest time counts, for the machine may be busy with other things.
    pub(crate) rounds: usize,
}

impl Sizes {
    /// Enough for figures to rely on.
    #[allow(dead_code, reason = "each of the bench and the test uses one")]
    pub(crate) const FULL: Self = Self { body_bytes: 4 << 20, rounds: 40 };
    /// Enough to see that it runs.
    pub(crate) const SMALL: Self = Self { body_bytes: 64 << 10, rounds: 1 };
}

/// One parser's time for a body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speed {
    bytes: usize,
    lines: usize,
    fastest: Duration,
}

impl Speed {
    /// Million bytes a second.
    pub(crate) fn mb_per_second(&self) -> f64 {
        self.bytes as f64 / 1e6 / self.fastest.as_secs_f64()
    }

    /// Lines a second.
    pub(crate) fn lines_per_second(&self) -> f64 {
        self.lines as f64 / self.fastest.as_secs_f64()
    }
}

/// Both parsers' times for bodies of one shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comparison {
    shape: Shape,
    /// This crate.
    pub(crate) tidewell: Speed,
    /// The `influxdb-line-protocol` crate.
    pub(crate) reference: Speed,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<22} | {:>13.0} {:>8.0} | {:>27.0} {:>8.0} | {:>4.1}x",
            self.shape.name(),
            self.tidewell.mb_per_second(),
            self.tidewell.lines_per_second(),
            self.reference.mb_per_second(),
            self.reference.lines_per_second(),
            self.tidewell.mb_per_second() / self.reference.mb_per_second(),
        )
    }
}

/// What was read, to compare two parsers by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    lines: usize,
    tag_bytes: usize,
    fields: usize,
    values: f64,
    timestamps: i64,
}

/// Measures both parsers on a body of `shape`.
///
/// # Panics
/// Panics when the two do not read the same.
pub(crate) fn compare(shape: Shape, sizes: Sizes) -> Comparison {
    let sample = make_body(shape, 100, 7).len() / 100;
    let body = make_body(shape, sizes.body_bytes / sample, 42);
    let (mut tidewell_times, mut reference_times) = (Vec::new(), Vec::new());
    let mut lines = 0;
    for _ in 0..sizes.rounds {
        let (ours, time) = timed(|| sum_with_tidewell(black_box(body.as_bytes())));
        tidewell_times.push(time);
        let (theirs, time) = timed(|| sum_with_reference(black_box(body.as_bytes())));
        reference_times.push(time);
        assert_eq!(ours, theirs, "the parsers read {shape:?} differently");
        lines = ours.lines;
    }
    let speed = |times: &[Duration]| Speed {
        bytes: body.len(),
        lines,
        fastest: times.iter().copied().min().unwrap_or(Duration::MAX),
    };
    Comparison { shape, tidewell: speed(&tidewell_times), reference: speed(&reference_times) }
}

fn timed(work: impl FnOnce() -> Sum) -> (Sum, Duration) {
    let start = Instant::now();
    let sum = work();
    (sum, start.elapsed())
}

fn sum_with_tidewell(body: &[u8]) -> Sum {
    let mut sum = Sum::default();
    let mut parser = Parser::new(body);
    let mut line = Line::default();
    while let Some(outcome) = parser.next_into(&mut line) {
        outcome.unwrap();
        sum.lines += 1;
        sum.tag_bytes += line.tags.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        sum.fields += line.fields.len();
        for (_, value) in &line.fields {
            match value {
                FieldValue::Float(float) => sum.values += float,
                FieldValue::Integer(integer) => sum.values += *integer as f64,
                _ => {}
            }
        }
        sum.timestamps = sum.timestamps.wrapping_add(line.timestamp.unwrap());
    }
    sum
}

fn sum_with_reference(body: &[u8]) -> Sum {
    use influxdb_line_protocol::FieldValue as Value;
    let mut sum = Sum::default();
    for line in influxdb_line_protocol::parse_lines(std::str::from_utf8(body).unwrap()) {
        let line = line.unwrap();
        sum.lines += 1;
        let tags = line.series.tag_set.iter().flatten();
        sum.tag_bytes += tags.map(|(key, value)| key.len() + value.len()).sum::<usize>();
        sum.fields += line.field_set.len();
        for (_, value) in &line.field_set {
            match value {
                Value::F64(float) => sum.values += float,
                Value::I64(integer) => sum.values += *integer as f64,
                _ => {}
            }
        }
        sum.timestamps = sum.timestamps.wrapping_add(line.timestamp.unwrap());
    }
    sum
}
