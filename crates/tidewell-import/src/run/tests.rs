//! Runs: staged in windows, with the keys of their ends, without what has expired.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use tidewell_types::TimestampNs;

use super::*;
use crate::sample::{DAY_NS, Row, batch, manifest, memory, table};

pub(crate) fn schema() -> TableSchema {
    let mut schema = TableSchema::new();
    schema.add_tag("host").unwrap();
    schema.add_field("v", tidewell_types::FieldType::Float).unwrap();
    schema.add_field("w", tidewell_types::FieldType::Integer).unwrap();
    schema
}

#[tokio::test]
async fn rows_are_staged_by_windows_and_expired_ones_are_left_out() {
    let store = memory();
    let manifest = manifest(&store).await;
    let target = RunTarget {
        table: table(),
        schema: Arc::new(schema()),
        time_floor: Some(TimestampNs::from_ns(10)),
        options: EncodeOptions::hot(),
        stager: Stager::new(&store, &Env::system(), manifest.layout(), manifest.state().open_generation()),
    };
    let rows: [Row; 5] = [
        (9, "a", Some(1.0), None),
        (DAY_NS, "b", Some(2.0), None),
        (10, "b", Some(3.0), None),
        (11, "a", None, Some(4)),
        (12, "", None, Some(4)),
    ];
    let run = stage_run(Env::system(), target.clone(), vec![batch(&rows)]).await.unwrap();
    assert_eq!(run.rows_expired, 1);
    let keys: Vec<_> = run.segments.iter().map(|segment| (segment.first.clone(), segment.last.clone())).collect();
    let key = |host: Option<&str>, time| (vec![host.map(str::to_owned)], time);
    assert_eq!(keys, [(key(None, 12), key(Some("b"), 10)), (key(Some("b"), DAY_NS), key(Some("b"), DAY_NS))]);
    let all_expired = stage_run(Env::system(), target, vec![batch(&rows[..1])]).await.unwrap();
    assert_eq!((all_expired.segments.len(), all_expired.rows_expired), (0, 1));
}
