//! Merging runs: only those that meet, the later over the earlier, each identity once.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use tidewell_manifest::{Author, Intent, Manifest, Refusal};
use tidewell_segment::EncodeOptions;
use tidewell_stage::Stager;
use tidewell_types::WriterId;

use super::*;
use crate::run::stage_run;
use crate::sample::{DAY_NS, Row, SECOND_NS, answer, batch, manifest, memory, merged, table};

async fn context(store: &Store, manifest: &Manifest) -> MergeContext {
    let mut schema = tidewell_types::TableSchema::new();
    schema.add_tag("host").unwrap();
    schema.add_field("v", tidewell_types::FieldType::Float).unwrap();
    schema.add_field("w", tidewell_types::FieldType::Integer).unwrap();
    let author = Author { generation: manifest.state().open_generation(), writer: WriterId::from_bytes([1; 16]) };
    let intent = Intent { tables: vec![(table(), schema.clone())], ..Intent::new(author) };
    manifest.commit(move |_| Ok::<_, Refusal>(Some(intent.clone()))).await.unwrap();
    let target = RunTarget {
        table: table(),
        schema: Arc::new(schema),
        time_floor: None,
        options: EncodeOptions::hot(),
        stager: Stager::new(store, &Env::system(), manifest.layout(), manifest.state().open_generation()),
    };
    MergeContext { env: Env::system(), store: store.clone(), target, segment_bytes: 2000 }
}

async fn stage(context: &MergeContext, runs: &[Vec<Row>]) -> Vec<Run> {
    let mut staged = Vec::new();
    for rows in runs {
        staged.push(stage_run(Env::system(), context.target.clone(), vec![batch(rows)]).await.unwrap());
    }
    staged
}

#[tokio::test]
async fn runs_that_lie_one_behind_the_other_stay_as_they_are() {
    let store = memory();
    let manifest = manifest(&store).await;
    let context = context(&store, &manifest).await;
    let hour = 3600 * SECOND_NS;
    for runs in [
        // By time, within one window.
        vec![
            vec![(0, "a", None, Some(1)), (1, "b", None, Some(1))],
            vec![(2, "a", None, Some(2)), (3, "b", None, Some(2))],
        ],
        // By series, the last one going on in the next run.
        vec![
            vec![(0, "a", None, Some(1)), (hour, "a", None, Some(1)), (5, "b", None, Some(1))],
            vec![(6, "b", None, Some(2)), (0, "c", None, Some(2)), (hour, "c", None, Some(2))],
        ],
        // Days that differ.
        vec![vec![(0, "a", None, Some(1))], vec![(DAY_NS, "a", None, Some(1))]],
    ] {
        let staged = stage(&context, &runs).await;
        let count = staged.iter().map(|run| run.segments.len()).sum::<usize>();
        let merged = merge_runs(&context, staged).await.unwrap();
        assert_eq!((merged.segments.len(), merged.replaced.len()), (count, 0), "{runs:?}");
    }
}

#[tokio::test]
async fn many_runs_over_each_other_become_one_sequence_with_the_last_values() {
    let store = memory();
    let manifest = manifest(&store).await;
    let context = context(&store, &manifest).await;
    let hosts = ["a", "b", "c"];
    let runs: Vec<Vec<Row>> = (0..20)
        .map(|run: i64| {
            let row = |at: i64| {
                (
                    (at * (run + 3)) % 50,
                    hosts[((at + run) % 3) as usize],
                    (at % 2 == 0).then_some(run as f64 + 0.5),
                    Some(run),
                )
            };
            (0..40).map(row).collect()
        })
        .collect();
    let staged = stage(&context, &runs).await;
    let out = merge_runs(&context, staged).await.unwrap();
    assert!(out.segments.len() > 1 && out.replaced.len() > 20);
    assert!(out.segments.windows(2).all(|pair| pair[0].last < pair[1].first));
    let adds: Vec<_> = out.segments.iter().map(|segment| segment.staged.entry.clone()).collect();
    let author = Author { generation: context.target.stager.generation(), writer: WriterId::from_bytes([1; 16]) };
    let intent = Intent { adds, ..Intent::new(author) };
    manifest.commit(move |_| Ok::<_, Refusal>(Some(intent.clone()))).await.unwrap();
    assert_eq!(answer(&store).await, merged(runs.iter().flatten()));
}
