//! Parts read apart against a file read whole.

use super::*;
use crate::shown::{read, rows_of};
use crate::{CsvOptions, CsvReader, infer};

fn file(quotes: bool) -> String {
    let mut text = "time,s,v\n".to_owned();
    for second in 0..500 {
        let name = if quotes && second % 7 == 0 { "\"a,\n\"\"b\"".to_owned() } else { format!("n{second}") };
        let value = if second == 333 { "bad".to_owned() } else { second.to_string() };
        text.push_str(&format!("{},{name},{value}\n", 1_700_000_000 + second));
    }
    text
}

#[test]
fn split_parts_read_apart_give_the_rows_of_the_whole() {
    for quotes in [false, true] {
        let text = file(quotes);
        let whole = read(text.as_bytes(), &CsvOptions::default(), 300, &[usize::MAX]);
        assert_eq!((whole.rows.len(), whole.rejections.count), (499, 1));
        let plan = infer(&text.as_bytes()[..300], false, &CsvOptions::default()).unwrap();
        let (offset, line) = plan.rows_from();
        for part_bytes in [1, 100, 1000, 1 << 20] {
            let bytes = &text.as_bytes()[offset..];
            let parts = split(bytes, line, &plan, part_bytes, true);
            let mut merged = plan.clone();
            let (mut batches, mut rejections) = (Vec::new(), crate::Rejections::default());
            let mut end = 0;
            for part in parts {
                assert_eq!(part.bytes.start, end, "parts touch");
                end = part.bytes.end;
                let mut reader = CsvReader::at_line(plan.clone(), part.line);
                batches.extend(reader.push(&bytes[part.bytes]).unwrap());
                let ended = reader.finish().unwrap();
                batches.extend(ended.batches);
                rejections.append(ended.rejections, 100);
                merged.merge(&ended.plan).unwrap();
            }
            assert_eq!(end, bytes.len());
            assert_eq!(rejections, whole.rejections);
            let rows: Vec<String> =
                batches.into_iter().flat_map(|batch| rows_of(&merged.fit(batch).unwrap())).collect();
            assert_eq!(rows, whole.rows);
        }
    }
}

#[test]
fn split_leaves_an_incomplete_record_for_the_next_bytes() {
    let plan = infer(b"time,v\n2024-01-01,1\n", true, &CsvOptions::default()).unwrap();
    for (bytes, whole, line) in [(&b"a,1\nb,2\nc"[..], 8, 12), (b"a,1\n\"b\n", 4, 11), (b"a", 0, 10), (b"", 0, 10)] {
        for part_bytes in [1, 100] {
            let parts = split(bytes, 10, &plan, part_bytes, false);
            let last = parts.last().unwrap();
            assert_eq!((last.bytes.clone(), last.line), (whole..whole, line), "{bytes:?}");
        }
    }
}
