//! Chunks cut anywhere against the records of the whole.

use super::*;
use crate::{CsvOptions, infer};

fn divided(text: &str, options: &CsvOptions, chunk_bytes: usize) -> Result<Vec<CsvRecords>, CsvError> {
    let mut divider = CsvDivider::new(infer(text.as_bytes(), true, options).unwrap());
    let chunks: Vec<&[u8]> = text.as_bytes().chunks(chunk_bytes).collect();
    let last = chunks.len() - 1;
    let pushed = chunks.iter().enumerate().map(|(at, chunk)| divider.push(chunk, at == last));
    pushed.filter(|records| !matches!(records, Ok(records) if records.bytes.is_empty())).collect()
}

#[test]
fn chunks_cut_anywhere_give_whole_records_with_their_lines() {
    let text = "banner\ntime,s,v\r\n1,a,1\r\n2,\"b\n\"\"c\",2\r\n\r\n3,d,3";
    let options = CsvOptions { skip_lines: 1, time_columns: vec!["time".to_owned()], ..CsvOptions::default() };
    let starts = [("1,a", 3), ("2,\"b", 4), ("\r\n3", 6), ("3,d", 7)];
    let rows = text.find("1,a").unwrap();
    for chunk_bytes in 1..=text.len() {
        let records = divided(text, &options, chunk_bytes).unwrap();
        let bytes: Vec<u8> = records.iter().flat_map(|records| records.bytes.clone()).collect();
        assert_eq!(String::from_utf8(bytes).unwrap(), text[rows..]);
        let mut at = rows;
        for CsvRecords { bytes, line } in records {
            let known = starts.iter().find(|(start, _)| text[at..].starts_with(start));
            assert_eq!(known.map(|(_, line)| *line), Some(line), "chunks of {chunk_bytes} bytes, byte {at}");
            at += bytes.len();
        }
    }
}

#[test]
fn record_that_never_ends_is_refused_by_its_line_within_its_limit() {
    let text = format!("time,s\n1,a\n2,\"{}", "x".repeat(5000));
    let options = CsvOptions { record_bytes_max: 1000, time_columns: vec!["time".to_owned()], ..CsvOptions::default() };
    for chunk_bytes in [1, 7, 1000, 10_000] {
        let mut divider = CsvDivider::new(infer(&text.as_bytes()[..12], false, &options).unwrap());
        let mut pushed =
            text.as_bytes().chunks(chunk_bytes).enumerate().map(|(at, chunk)| (at, divider.push(chunk, false)));
        let (at, error) = pushed.find_map(|(at, records)| records.err().map(|error| (at, error))).unwrap();
        assert_eq!(error, CsvError::RecordTooLong { line: 3, bytes_max: 1000 });
        assert!(at * chunk_bytes < 1100, "{} bytes were taken", at * chunk_bytes);
    }
}
