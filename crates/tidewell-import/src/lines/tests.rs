//! Line protocol of files: every row once, in order, from any place on.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use tempfile::tempdir;
use tidewell_line_protocol::Parser;

use super::*;
use crate::sample::*;

async fn read_all(files: &[SourceFile], options: &ImportOptions, from: (usize, u64)) -> (Vec<String>, Vec<LineStep>) {
    let mut reader = LineReader::new(&Env::system(), files, options, from, &Arc::new(Progress::new())).unwrap();
    let (mut lines, mut others) = (Vec::new(), Vec::new());
    while let Some(step) = reader.next().await.unwrap() {
        match step {
            LineStep::Batch(batch) => {
                let text = String::from_utf8(batch.body).unwrap();
                assert_eq!(text.lines().count() as u64, batch.line_count);
                lines.extend(text.lines().map(str::to_owned));
            }
            other => others.push(other),
        }
    }
    (lines, others)
}

#[tokio::test]
async fn rows_become_lines_that_parse_and_go_on_where_they_were_left() {
    let folder = tempdir().unwrap();
    let rows: [Row; 4] = [
        (1, "a b", Some(1.5), None),
        (2, "", Some(f64::NAN), Some(7)),
        (3, "c", None, None),
        (4, "d", Some(2.0), Some(1)),
    ];
    write(folder.path(), "a.parquet", &parquet_bytes(&[batch(&rows)]));
    write(folder.path(), "b.parquet", &parquet_bytes(&[batch(&rows[..1])]));
    let files = find_in(folder.path(), "parquet").await;
    let options = ImportOptions { batch_rows: 2, ..parquet() };
    let (lines, ends) = read_all(&files, &options, (0, 0)).await;
    assert_eq!(lines, ["m,host=a\\ b v=1.5 1", "m w=7i 2", "m,host=d v=2.0,w=1i 4", "m,host=a\\ b v=1.5 1"]);
    assert_eq!(ends.len(), 2);
    let body = lines.join("\n");
    let mut parser = Parser::new(body.as_bytes());
    let mut line = Line::default();
    while let Some(parsed) = parser.next_into(&mut line) {
        parsed.unwrap();
    }
    assert_eq!(read_all(&files, &options, (0, 3)).await.0, lines[2..]);
    assert_eq!(read_all(&files, &options, (1, 0)).await.0, lines[3..]);
}

#[tokio::test]
async fn repeated_values_are_dropped_wherever_it_goes_on() {
    let folder = tempdir().unwrap();
    write(folder.path(), "a.csv", b"time,host,v\n2024-01-01,a,1.5\n2024-01-02,a,2.5\n");
    write(folder.path(), "b.csv", b"time,host,v\n2024-01-03,a,1.5\n2024-01-04,a,3.5\n");
    let files = find_in(folder.path(), "csv").await;
    let options = ImportOptions { dedup_column: Some("v".to_owned()), ..csv() };
    let (all, _) = read_all(&files, &options, (0, 0)).await;
    assert_eq!(all.len(), 3);
    assert_eq!(read_all(&files, &options, (1, 0)).await.0, all[2..]);
    assert_eq!(read_all(&files, &options, (0, 1)).await.0, all[1..]);
}

#[tokio::test]
async fn a_column_that_turns_out_to_have_fractions_is_sent_as_floats_from_the_start() {
    let folder = tempdir().unwrap();
    let mut text = String::from("time,host,v\n");
    for row in 0..120_000 {
        text += &format!("2024-01-01T00:00:00.{row:09}Z,a,{}\n", row % 10);
    }
    text += "2024-01-02,a,0.5\n";
    write(folder.path(), "a.csv", text.as_bytes());
    let files = find_in(folder.path(), "csv").await;
    let (lines, _) = read_all(&files, &csv(), (0, 0)).await;
    assert_eq!(lines.len(), 120_001);
    assert!(lines[0].contains("v=0.0 ") && lines.iter().all(|line| !line.contains("i ")), "{}", lines[0]);
}

#[tokio::test]
async fn a_bad_file_fails_and_the_next_goes_on() {
    let folder = tempdir().unwrap();
    write(folder.path(), "a.csv", b"time,host,v\n2024-01-01,\"a\tb\",1.5\n");
    write(folder.path(), "b.csv", b"time,host,v\n2024-01-01,a,1.5\n2024-01-01,a,x\n");
    let files = find_in(folder.path(), "csv").await;
    let (lines, others) = read_all(&files, &csv(), (0, 0)).await;
    assert!(lines.len() <= 2, "{lines:?}");
    assert!(matches!(&others[0], LineStep::Failed(failure) if failure.reason.contains("row 1")), "{others:?}");
}
