//! Journals of imports: kept while somebody may resume, and no longer.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use tidewell_manifest::{GenerationChange, Intent};
use tidewell_types::{GenerationState as State_, Seq, StreamId, TokenId, WriterId};

use super::*;
use crate::bench::{Bench, Process, author, commit, layout};
use crate::gc::GcOptions;

fn entry(generation: u32) -> tidewell_storage::ObjectName {
    let run = StreamId { generation: Generation::new(generation), writer: WriterId::from_bytes([4; 16]) };
    layout().import_entry(TokenId::from_bytes([5; 16]), run, Seq::new(1))
}

/// Seals all generations up to one, and opens the next.
async fn seal_to(process: &Process, last: u32) {
    commit(&process.manifest, move |state| {
        let change =
            |generation, state| GenerationChange { generation: Generation::new(generation), state, watermarks: None };
        let sealed = (0..=last).map(|generation| change(generation, State_::Sealed));
        let generations = sealed.chain([change(last + 1, State_::Open)]).collect();
        Intent { generations, ..Intent::new(author(state)) }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn journals_go_720_generations_after_their_own() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    for generation in [0, 1, 900] {
        bench.put(entry(generation).as_str()).await;
    }
    for (last, kept) in [(719, vec![0, 1, 900]), (720, vec![1, 900]), (721, vec![900])] {
        seal_to(&process, last).await;
        process.collector(GcOptions::default()).collect().await.unwrap();
        let left = bench.keys_of(&layout().import_prefix()).await;
        assert_eq!(left, kept.into_iter().map(|generation| entry(generation).to_string()).collect(), "{last}");
    }
}
