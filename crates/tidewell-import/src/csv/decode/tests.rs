//! A file on many threads against one reader: the same rows, types, rejected rows and errors, whatever is cut where.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use arrow_array::Array as _;
use arrow_cast::display::array_value_to_string;
use proptest::prelude::*;
use tidewell_csv::{CsvOptions, infer};
use tidewell_env::Env;
use tidewell_storage::{Fault, ObjectName, Operation, Store};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use super::*;
use crate::budget::Budget;
use crate::file::SourceFile;
use crate::progress::Progress;
use crate::sample::memory;

/// What a file came to.
#[derive(Debug, PartialEq)]
struct Found {
    rows: Vec<String>,
    rejections: Rejections,
    columns: String,
}

fn found(batches: Vec<RecordBatch>, plan: &CsvPlan, rejections: Rejections) -> Found {
    let rows = batches.into_iter().flat_map(|batch| texts(&plan.fit(batch).unwrap())).collect();
    Found { rows, rejections, columns: format!("{:?}", plan.columns()) }
}

fn texts(batch: &RecordBatch) -> Vec<String> {
    let columns = || batch.schema_ref().fields().iter().zip(batch.columns());
    let cell = |row: usize, (field, column): (&Arc<arrow_schema::Field>, &arrow_array::ArrayRef)| {
        (!column.is_null(row)).then(|| format!("{}={}", field.name(), array_value_to_string(column, row).unwrap()))
    };
    (0..batch.num_rows())
        .map(|row| columns().filter_map(|column| cell(row, column)).collect::<Vec<_>>().join(" "))
        .collect()
}

/// One reader, over all bytes at once.
fn one_reader(plan: &CsvPlan, bytes: &[u8]) -> Result<Found, String> {
    let mut reader = CsvReader::new(plan.clone());
    let mut batches = reader.push(bytes).map_err(|error| error.to_string())?;
    let end = reader.finish().map_err(|error| error.to_string())?;
    batches.extend(end.batches);
    Ok(found(batches, &end.plan, end.rejections))
}

/// A store whose reads come in any order.
fn unsteady(store: &Store) -> Store {
    let seed = AtomicU64::new(0);
    store.with_faults(move |attempted| {
        let draw = seed.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 61;
        if attempted.operation == Operation::GetRanges && draw == 7 {
            Fault::Delay(Duration::from_micros(100 * draw))
        } else {
            Fault::Pass
        }
    })
}

/// A file of a store as a lane gives it; also how many rows each batch had.
async fn lane(
    plan: &CsvPlan,
    bytes: &[u8],
    concurrency: usize,
    budget_bytes: u64,
) -> (Result<Found, String>, Vec<usize>) {
    let (store, name) = (memory(), ObjectName::foreign("a.csv").unwrap());
    store.put(&name, bytes.to_vec().into()).await.unwrap();
    let source = SourceFile::object(&unsteady(&store), name, bytes.len() as u64, None);
    let open = source.open(&Env::system()).await.unwrap();
    let csv = CsvFile { open, plan: plan.clone(), path_tags: Vec::new() };
    let budget = Budget::new(budget_bytes);
    budget.set_head(1);
    let (sender, mut receiver) = LaneContext::channel();
    let context = LaneContext {
        env: Env::system(),
        budget: Arc::clone(&budget),
        progress: Arc::new(Progress::new()),
        number: 1,
        batch_rows: 0,
        concurrency,
        decoders: Arc::new(Semaphore::new(concurrency)),
        sender,
    };
    tokio::spawn(csv.decode(context));
    let mut batches = Vec::new();
    let outcome = loop {
        match receiver.recv().await.unwrap() {
            Message::Batch(rows, held) => {
                drop(held);
                batches.push(rows);
            }
            Message::End(end) => break Ok(end.unwrap()),
            Message::Failed(error) => break Err(error.to_string()),
        }
    };
    assert!(budget.peak_bytes() <= budget_bytes);
    let batch_rows = batches.iter().map(RecordBatch::num_rows).collect();
    (outcome.map(|end| found(batches, &end.plan, end.rejections)), batch_rows)
}

fn options() -> CsvOptions {
    CsvOptions {
        time_columns: vec!["time".to_owned()],
        tags: vec!["s".to_owned()],
        record_bytes_max: 2000,
        batch_rows_max: 40,
        rejected_listed_max: 7,
        ..CsvOptions::default()
    }
}

/// Compares all numbers of threads and sizes of chunks with one reader. The plan is that of the file's first bytes.
fn assert_same(runtime: &Runtime, text: &str, sample_bytes: usize, options: &CsvOptions) {
    let Ok(plan) = infer(&text.as_bytes()[..sample_bytes], sample_bytes == text.len(), options) else { return };
    let expected = one_reader(&plan, text.as_bytes());
    for budget_bytes in [1_000, 10_000, 1 << 20] {
        let mut batches = None;
        for concurrency in [1, 2, 7] {
            let (outcome, batch_rows) = runtime.block_on(lane(&plan, text.as_bytes(), concurrency, budget_bytes));
            assert_eq!(outcome, expected, "{concurrency} threads, {budget_bytes} bytes");
            if outcome.is_ok() {
                assert_eq!(*batches.get_or_insert_with(|| batch_rows.clone()), batch_rows, "{concurrency} threads");
            }
        }
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn file_with_a_banner_quotes_with_line_ends_and_bad_rows_is_the_same_on_any_number_of_threads() {
    let row = |row: u32| match row % 50 {
        7 => format!("{row},\"a,\r\n\"\"b\"\"\n\",{row}.5\r\n"),
        11 => format!("{row},x,1,2\r\n"),
        12 => "\r\n".to_owned(),
        13 => format!("never,x,{row}\r\n"),
        14 => format!("{row},\"x\"y,1\r\n"),
        _ => format!("{row},n{},{row}\r\n", row % 3),
    };
    let rows: String = (0..700).map(row).collect();
    let text = format!("# \"a banner\r\n# of two lines\r\ntime,s,v\r\n{rows}700,last,1");
    let options = CsvOptions { skip_lines: 2, ..options() };
    let runtime = runtime();
    assert_same(&runtime, &text, 200, &options);
    assert_same(&runtime, &text, text.len(), &options);
    assert_same(&runtime, &text.replace("\r\n", "\r").replace('\n', "\r"), 200, &options);
}

#[test]
fn columns_that_the_sample_left_open_are_the_same_on_any_number_of_threads() {
    let row = |row: i64| match row {
        ..300 => format!("{row},a,{row},,{row}\n"),
        300..500 => format!("{row},a,{row}.5,{row},{}\n", i64::MAX - row),
        _ => format!("{row},a,{row},{row}.25,{row}.75\n"),
    };
    let rows: String = (0..800).map(row).collect();
    assert_same(&runtime(), &format!("time,s,v,late,large\n{rows}"), 200, &options());
}

#[test]
fn record_over_its_limit_fails_the_file_with_its_line_on_any_number_of_threads() {
    let row = |row: u32| format!("{row},a,{row}\n");
    let good: String = (0..300).map(row).collect();
    let long = "x".repeat(3000);
    let runtime = runtime();
    for text in [
        format!("time,s,v\n{good}1,\"{long}\",1\n{good}"),
        format!("time,s,v\n{good}1,\"{long}"),
        format!("time,s,v\n{good}1,{long}\n{good}1,\"{long}"),
        format!("time,s,v\n{good}1,\"open\n{good}"),
    ] {
        assert_same(&runtime, &text, 200, &options());
    }
}

#[test]
fn empty_end_gives_no_rows_and_no_error() {
    let runtime = runtime();
    for text in ["time,s,v\n1,a,1\n", "time,s,v\n1,a,1", "time,s,v\n1,a,1\n\n\n"] {
        assert_same(&runtime, text, text.len(), &options());
    }
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0..100_i64).prop_map(|value| value.to_string()),
        2 => Just(String::new()),
        1 => Just("0.5".to_owned()),
        1 => Just("9007199254740993".to_owned()),
        1 => Just("\"a\nb\"\"c\"".to_owned()),
        1 => Just("\"a\r\nb,\"".to_owned()),
        1 => Just("text".to_owned()),
        1 => Just("\"x\"y".to_owned()),
    ]
}

fn time() -> impl Strategy<Value = String> {
    prop_oneof![9 => (0..100_u32).prop_map(|time| time.to_string()), 1 => cell()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn any_file_is_the_same_on_any_number_of_threads(
        rows in prop::collection::vec((time(), cell(), cell(), cell()), 1..120),
        sample_rows in 0..10_usize,
        skip_lines in 0..3_u64,
        is_crlf in any::<bool>(),
        ends_open in any::<bool>(),
    ) {
        let end = if is_crlf { "\r\n" } else { "\n" };
        let banner = format!("# \"banner{end}").repeat(usize::try_from(skip_lines).unwrap());
        let head = format!("{banner}time,s,v,w{end}0,a,1,{end}");
        let lines: Vec<String> = rows.iter().map(|(time, s, v, w)| format!("{time},{s},{v},{w}{end}")).collect();
        let last = if ends_open { "1,\"a" } else { "" };
        let text = format!("{head}{}{last}", lines.concat());
        let sample_bytes = head.len() + lines.iter().take(sample_rows).map(String::len).sum::<usize>();
        assert_same(&runtime(), &text, sample_bytes, &CsvOptions { skip_lines, ..options() });
    }
}
