//! Rows written as CSV and read back, whatever they hold and however the bytes are cut; and any bytes at all.
#![allow(clippy::unwrap_used)]

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType};
use proptest::prelude::*;
use tidewell_csv::{CsvEnd, CsvError, CsvOptions, CsvReader, infer};
use tidewell_types::FieldType;

type Row = (i64, Option<f64>, Option<i64>, Option<String>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let float = prop::num::f64::NORMAL;
    let text = "[a-z,;\"\n é]{1,12}";
    prop::collection::vec(
        (any::<i64>(), prop::option::of(float), prop::option::of(any::<i64>()), prop::option::of(text)),
        1..40,
    )
}

fn write(rows: &[Row], is_crlf: bool) -> Vec<u8> {
    let terminator = if is_crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
    let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
    writer.write_record(["time", "float", "integer", "text"]).unwrap();
    for (time, float, integer, text) in rows {
        let float = float.map(|float| format!("{float:e}")).unwrap_or_default();
        let integer = integer.map(|integer| integer.to_string()).unwrap_or_default();
        writer.write_record([&time.to_string(), &float, &integer, text.as_deref().unwrap_or_default()]).unwrap();
    }
    writer.into_inner().unwrap()
}

fn options() -> CsvOptions {
    let types = [("float", FieldType::Float), ("integer", FieldType::Integer), ("text", FieldType::String)];
    CsvOptions {
        time_columns: vec!["time".to_owned()],
        time_format: "epoch_ns".parse().unwrap(),
        column_types: types.map(|(name, field_type)| (name.to_owned(), field_type)).to_vec(),
        batch_rows_max: 16,
        ..CsvOptions::default()
    }
}

fn read(bytes: &[u8], options: &CsvOptions, cuts: &[usize]) -> Result<(Vec<RecordBatch>, CsvEnd), CsvError> {
    let mut reader = CsvReader::new(infer(bytes, true, options)?);
    let mut batches = Vec::new();
    let mut rest = bytes;
    for cut in cuts.iter().cycle() {
        let (chunk, later) = rest.split_at((*cut).clamp(1, rest.len().max(1)).min(rest.len()));
        batches.extend(reader.push(chunk)?);
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    let mut end = reader.finish()?;
    batches.append(&mut end.batches);
    Ok((batches, end))
}

fn rows_of(batches: &[RecordBatch]) -> Vec<Row> {
    let mut rows = Vec::new();
    for batch in batches {
        let time = batch.column_by_name("time").unwrap().as_primitive::<TimestampNanosecondType>();
        let float = batch.column_by_name("float").unwrap().as_primitive::<Float64Type>();
        let integer = batch.column_by_name("integer").unwrap().as_primitive::<Int64Type>();
        let text = batch.column_by_name("text").unwrap().as_string::<i32>();
        let cells = time.values().iter().zip(float).zip(integer).zip(text);
        rows.extend(cells.map(|(((time, float), integer), text)| (*time, float, integer, text.map(str::to_owned))));
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_written_and_read_are_the_same(rows in rows(), is_crlf: bool, cuts in prop::collection::vec(1_usize..90, 1..6)) {
        let (batches, end) = read(&write(&rows, is_crlf), &options(), &cuts).unwrap();
        prop_assert_eq!(end.rejections.count, 0, "{:?}", end.rejections.listed);
        prop_assert_eq!(rows_of(&batches), rows);
    }

    #[test]
    fn bytes_cut_anywhere_give_the_same(
        bytes in prop::collection::vec(prop::sample::select(&b"0123,,,,\n\n\n\r\"\"x-:T .;\xff\0"[..]), 0..400),
        cuts in prop::collection::vec(1_usize..40, 1..6),
        record_bytes_max in 20_usize..400,
    ) {
        let mut file = b"time,a,b\n2024-01-01,1,x\n".to_vec();
        file.extend(bytes);
        let options = CsvOptions { record_bytes_max, rejected_listed_max: 1000, ..CsvOptions::default() };
        let sample = &file[..24];
        let Ok(plan) = infer(sample, false, &options) else { return Ok(()) };
        let read = |cuts: &[usize]| -> Result<_, CsvError> {
            let mut reader = CsvReader::new(plan.clone());
            let mut batches = Vec::new();
            let mut rest = &file[..];
            for cut in cuts.iter().cycle() {
                let (chunk, later) = rest.split_at((*cut).min(rest.len()));
                batches.extend(reader.push(chunk)?);
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            let mut end = reader.finish()?;
            batches.append(&mut end.batches);
            Ok((batches, end.rejections, end.line, end.row_count))
        };
        prop_assert_eq!(read(&cuts), read(&[usize::MAX]));
    }

    #[test]
    fn any_bytes_give_rows_or_errors(
        head in prop::sample::select(vec!["", "time,v\n", "time;v\n2024-01-01;2,5\n", "\u{feff}", "date,time,v\n"]),
        bytes in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let mut file = head.as_bytes().to_vec();
        file.extend(bytes);
        if let Ok((batches, end)) = read(&file, &CsvOptions::default(), &[13, 64]) {
            let count: usize = batches.iter().map(RecordBatch::num_rows).sum();
            prop_assert_eq!(count as u64, end.row_count);
        }
    }
}

/// Damages good files a little: what is read must never panic, and every row is in a batch or rejected or blank.
#[test]
fn damaged_files_lose_no_row_in_silence() {
    let good = "time,room,v,n\n".to_owned()
        + &(0..200)
            .map(|n| format!("2024-01-01 00:{:02}:{:02},r{},{n}.5,{n}\n", n / 60, n % 60, n % 3))
            .collect::<String>();
    let head = good.match_indices('\n').nth(2).unwrap().0 + 1;
    let mut state = 11_u64;
    let mut next = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    for _ in 0..2_000 {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..=next(4) {
            let at = head + next(bytes.len() - head);
            match next(3) {
                0 => bytes[at] = next(256) as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"\",\n;\r\0"[next(6)]),
            }
        }
        let plan = infer(&bytes[..head], false, &CsvOptions::default()).unwrap();
        let mut reader = CsvReader::new(plan);
        let mut batches = reader.push(&bytes).unwrap();
        let end = reader.finish().unwrap();
        batches.extend(end.batches);
        let seen = end.row_count + end.rejections.count;
        let quoted = bytes.iter().filter(|byte| **byte == b'"').count() > 0;
        assert!(quoted || seen >= 195, "{seen} of 200 rows");
        for batch in &batches {
            end.plan.fit(batch.clone()).unwrap();
        }
    }
}
