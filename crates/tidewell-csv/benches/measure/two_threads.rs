//! Reads a file as the importer does: each thread takes the next piece of whole records and reads it on its own.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType};
use tidewell_csv::{CsvOptions, CsvPlan, CsvReader, infer, split};

/// How much of the file a thread takes at a time.
const PIECE_BYTES: usize = 4 << 20;
/// How many threads read: one for each processor of the machine that this is measured on.
const THREADS: usize = 2;

/// What becomes of the batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Each is dropped once it is summed up, as by a consumer that writes them on.
    Nothing,
    /// All are held until the end, as by the readers beside which this is measured.
    All,
}

/// What was read, to compare readers by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) rows: u64,
    pub(crate) floats: f64,
    pub(crate) integers: i64,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
}

struct Pieces {
    file: File,
    /// The record that the last piece cut, and at first the sample.
    rest: Vec<u8>,
    line: u64,
    is_over: bool,
}

impl Pieces {
    /// The next whole records, and the line at which they begin.
    fn next(&mut self, plan: &CsvPlan, piece: &mut Vec<u8>) -> Option<u64> {
        if self.is_over {
            return None;
        }
        piece.clear();
        piece.append(&mut self.rest);
        let wanted = PIECE_BYTES.saturating_sub(piece.len()).max(1);
        let read = Read::by_ref(&mut self.file).take(wanted as u64).read_to_end(piece).unwrap();
        self.is_over = read < wanted;
        let parts = split(piece, self.line, plan, usize::MAX, self.is_over);
        let [whole, end] = parts.as_slice() else {
            assert!(self.is_over, "no record is longer than a piece");
            return None;
        };
        let line = whole.line;
        self.rest.extend_from_slice(&piece[whole.bytes.end..]);
        piece.truncate(whole.bytes.end);
        self.line = end.line;
        Some(line)
    }
}

/// Reads a file of [`write_table`](crate::table::write_table) and sums up what it holds; the time is that until the last
/// batch is there, sums aside where all are kept.
pub(crate) fn read_table(path: &Path, keep: Keep) -> (Sums, Duration) {
    let start = Instant::now();
    let options = CsvOptions { tags: vec!["host".to_owned(), "region".to_owned()], ..CsvOptions::default() };
    let mut file = File::open(path).unwrap();
    let mut sample = Vec::new();
    Read::by_ref(&mut file).take(256 << 10).read_to_end(&mut sample).unwrap();
    let plan = infer(&sample, false, &options).unwrap();
    let (from, line) = plan.rows_from();
    sample.drain(..from);
    let pieces = Mutex::new(Pieces { file, rest: sample, line, is_over: false });
    let (sender, receiver) = mpsc::channel();
    let mut sums = Sums { first_ms: i64::MAX, last_ms: i64::MIN, ..Sums::default() };
    let mut kept = Vec::new();
    let mut time = Duration::ZERO;
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            let (sender, pieces, plan) = (sender.clone(), &pieces, &plan);
            scope.spawn(move || read_pieces(pieces, plan, keep, &sender));
        }
        drop(sender);
        for (batches, summed) in receiver {
            kept.extend(batches);
            sums.add(summed);
        }
        time = start.elapsed();
    });
    kept.iter().for_each(|batch| sums.add(sums_of(batch)));
    (sums, time)
}

fn read_pieces(pieces: &Mutex<Pieces>, plan: &CsvPlan, keep: Keep, sender: &mpsc::Sender<(Vec<RecordBatch>, Sums)>) {
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    loop {
        let Some(line) = pieces.lock().unwrap().next(plan, &mut piece) else { return };
        let mut reader = CsvReader::at_line(plan.clone(), line);
        let mut batches = reader.push(&piece).unwrap();
        let end = reader.finish().unwrap();
        assert_eq!(end.rejections.count, 0);
        batches.extend(end.batches);
        let mut sums = Sums { first_ms: i64::MAX, last_ms: i64::MIN, ..Sums::default() };
        if keep == Keep::Nothing {
            batches.drain(..).for_each(|batch| sums.add(sums_of(&batch)));
        }
        sender.send((batches, sums)).unwrap();
    }
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.floats += other.floats;
        self.integers += other.integers;
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
    }
}

fn sums_of(batch: &RecordBatch) -> Sums {
    let column = |name: &str| batch.column_by_name(name).unwrap();
    let times = column("time").as_primitive::<TimestampNanosecondType>().values();
    let floats = |name| column(name).as_primitive::<Float64Type>().values().iter().sum::<f64>();
    let integers = |name| column(name).as_primitive::<Int64Type>().values().iter().sum::<i64>();
    Sums {
        rows: batch.num_rows() as u64,
        floats: floats("load") + floats("temp"),
        integers: integers("bytes") + integers("errors"),
        first_ms: times.iter().min().unwrap() / 1_000_000,
        last_ms: times.iter().max().unwrap() / 1_000_000,
    }
}
