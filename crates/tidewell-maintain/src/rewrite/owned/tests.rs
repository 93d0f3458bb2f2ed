//! Which registered files may be rewritten.
#![allow(clippy::unwrap_used)]

use tidewell_manifest::{Checked, ForeignFile};
use tidewell_segment::foreign::ForeignOptions;

use super::*;
use crate::rewrite::sample::entry;

#[test]
fn file_that_is_ours_known_and_small_alone_is_rewritable() {
    let shape = Shape { segment_bytes_target: 1000, segment_rows_max: 10, inputs_max: 4 };
    let file = ForeignFile {
        url: "s3://a/b".to_owned(),
        tag: "1".to_owned(),
        mapping: ForeignOptions::default(),
        is_owned: true,
        checked: Some(Checked { is_sorted: false }),
    };
    let of = |file: ForeignFile| SegmentEntry {
        row_count: 10,
        value_count: 20,
        foreign: Some(Arc::new(file)),
        ..entry(1, 1, (0, 9), 1000)
    };
    assert!(is_rewritable(&of(file.clone()), &[], &shape));
    assert!(!is_rewritable(&of(ForeignFile { is_owned: false, ..file.clone() }), &[], &shape));
    assert!(!is_rewritable(&of(ForeignFile { checked: None, ..file.clone() }), &[], &shape));
    assert!(!is_rewritable(&SegmentEntry { file_bytes: 1001, ..of(file.clone()) }, &[], &shape));
    assert!(!is_rewritable(&SegmentEntry { row_count: 11, ..of(file.clone()) }, &[], &shape));
    assert!(!is_rewritable(&SegmentEntry { value_count: 0, ..of(file.clone()) }, &[], &shape));
    assert!(!is_rewritable(&SegmentEntry { value_count: VALUES_MAX + 1, ..of(file.clone()) }, &[], &shape));
    assert!(!is_rewritable(&entry(1, 1, (0, 9), 1000), &[], &shape));
    let other = |rank: u64, span: (i64, i64)| [Arc::new(entry(2, rank, span, 1))];
    let mine = of(file);
    assert!(!is_rewritable(&mine, &other(1, (9, 20)), &shape), "of its commit, and may share identities");
    assert!(is_rewritable(&mine, &other(1, (10, 20)), &shape) && is_rewritable(&mine, &other(2, (0, 9)), &shape));
}
