//! Requests with a key that a process holds for long, while another one stores them: they count once or are refused, however much
//! has been forgotten meanwhile.

use tidewell_manifest::{Fold, TOKENS_MAX};
use tidewell_types::{Seq, TokenId};

use super::repeat::{LINE, keyed};
use super::*;
use crate::token_of_key;

/// A process whose log objects are long under way, one that is quick, and the manifest as a third one has it.
async fn three(store: &Store) -> (Bench, Bench, Manifest) {
    let slow = store.with_faults(|attempted| match attempted.operation {
        Operation::Create if attempted.key.contains("/wal/") => Fault::Delay(Duration::from_secs(5)),
        _ => Fault::Pass,
    });
    let quick = Bench::objects(store, 3).await;
    quick.write("m v=0 1").await.unwrap();
    let other = Manifest::open(store.clone(), env(4), DatabaseName::new("d").unwrap()).await.unwrap();
    (Bench::objects(&slow, 2).await, quick, other)
}

/// Folds everything that a process has logged in its stream, the request with the key last.
async fn fold(manifest: &Manifest, outcome: &WriteOutcome, key: &str) {
    let place = outcome.token.unwrap();
    let fold = Fold { source: place.source, epoch: 0, from: Seq::ZERO, to: place.seq.next().unwrap() };
    let (writer, token) = (Env::system().writer_id(), token_of_key(key));
    let intend = move |view: &State| {
        let author = Author { generation: view.open_generation(), writer };
        Ok(Some(Intent { folds: vec![fold], tokens: vec![token], ..Intent::new(author) }))
    };
    manifest.commit(intend).await.unwrap();
}

async fn open_next_and_seal(manifest: &Manifest, generation: u32) {
    seal(manifest, Generation::new(generation + 1), GenerationState::Open).await;
    for state in [GenerationState::Sealing, GenerationState::Sealed] {
        seal(manifest, Generation::new(generation), state).await;
    }
}

#[tokio::test(start_paused = true)]
async fn request_that_lands_in_a_sealed_generation_after_another_stored_it_is_answered_as_that() {
    let store = memory();
    let (slow, quick, other) = three(&store).await;
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let stored = quick.ingest.write(keyed("k", LINE)).await.unwrap();
        fold(&other, &stored, "k").await;
        open_next_and_seal(&other, 0).await;
    };
    let (held_up, ()) = tokio::join!(slow.ingest.write(keyed("k", LINE)), meanwhile);
    assert!(held_up.unwrap().is_duplicate);
    assert_eq!(rows_elsewhere(&store).await, 0, "all is folded");
}

#[tokio::test(start_paused = true)]
async fn request_that_was_stored_and_forgotten_while_it_was_held_up_is_refused() {
    let store = memory();
    let (slow, quick, other) = three(&store).await;
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let stored = quick.ingest.write(keyed("k", LINE)).await.unwrap();
        fold(&other, &stored, "k").await;
        open_next_and_seal(&other, 0).await;
        open_next_and_seal(&other, 1).await;
        assert!(other.state().tokens.is_empty());
    };
    let (held_up, unkeyed, ()) =
        tokio::join!(slow.ingest.write(keyed("k", LINE)), slow.ingest.write(request("m v=5 5")), meanwhile);
    let error = held_up.unwrap_err();
    assert!(matches!(&error, IngestError::Unavailable(advice) if advice.contains("held up")), "{error}");
    assert!(!unkeyed.unwrap().is_duplicate);
    assert_eq!(rows_elsewhere(&store).await, 1, "of the request without a key");
}

#[tokio::test(start_paused = true)]
async fn request_to_a_process_with_an_old_view_is_stored_at_once() {
    let store = memory();
    let (slow, _, other) = three(&store).await;
    for generation in 0..3 {
        open_next_and_seal(&other, generation).await;
    }
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let before = slow.store.meter().snapshot();
    assert!(!slow.ingest.write(keyed("k", LINE)).await.unwrap().is_duplicate);
    // The view; two PUTs, the first of which lands in a sealed generation, or one; the check.
    assert!((slow.store.meter().snapshot() - before).puts <= 2);
    assert_eq!(rows_elsewhere(&store).await, 1);
}

#[tokio::test(start_paused = true)]
async fn new_key_is_refused_where_too_many_are_remembered_and_known_ones_are_answered() {
    let store = memory();
    let bench = Bench::objects(&store, 2).await;
    bench.write("m v=0 1").await.unwrap();
    let many = (2..TOKENS_MAX as u64).map(|number| {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        TokenId::from_bytes(bytes)
    });
    let tokens: Vec<TokenId> = many.chain([token_of_key("known")]).collect();
    let writer = Env::system().writer_id();
    let intend = move |view: &State| {
        let author = Author { generation: view.open_generation(), writer };
        Ok(Some(Intent { tokens: tokens.clone(), ..Intent::new(author) }))
    };
    bench.manifest.commit(intend).await.unwrap();
    // One that is logged, and not folded, is remembered as well.
    assert!(!bench.ingest.write(keyed("last", LINE)).await.unwrap().is_duplicate);
    let refused = bench.ingest.write(keyed("more", LINE)).await.unwrap_err();
    assert!(matches!(&refused, IngestError::Busy(advice) if advice.contains("262144")), "{refused}");
    for known in ["known", "last"] {
        assert!(bench.ingest.write(keyed(known, LINE)).await.unwrap().is_duplicate, "{known}");
    }
    assert_eq!(bench.write("m v=1 2").await.unwrap().row_count, 1);
}
