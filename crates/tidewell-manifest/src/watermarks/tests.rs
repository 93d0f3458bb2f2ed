//! Where a sealed generation's streams ended stays known after the state has let go of them.
#![allow(clippy::unwrap_used)]

use prost::Message as _;
use tidewell_types::WriterId;

use super::*;
use crate::intent::Intent;
use crate::sample::{WRITE_ID, author, change, commit, fold, memory, open, stream};
use crate::{Author, CommitError, Refusal};

fn later() -> Author {
    Author { generation: Generation::new(1), ..author() }
}

fn other(writer: u8) -> StreamId {
    StreamId { generation: Generation::new(1), writer: WriterId::from_bytes([writer; 16]) }
}

/// Folds of two streams of generation 0 and one of generation 1, which is opened.
fn folds() -> Intent {
    Intent {
        folds: vec![
            fold(Source::Objects(stream(1)), 0, 0, 12),
            fold(Source::Objects(stream(2)), 0, 0, 3),
            fold(Source::Objects(other(1)), 0, 0, 5),
        ],
        generations: vec![change(1, GenerationState::Open, None)],
        ..Intent::new(author())
    }
}

/// delta #1410, #1830: the lock table forgot an entry after its time, and a committed file was overwritten.
#[tokio::test(start_paused = true)]
async fn ends_of_a_sealed_generation_are_found_after_its_streams_are_let_go() {
    let store = memory();
    let manifest = open(&store, 2).await;
    let open = commit(&manifest, folds()).await;
    let write_id = manifest.write_watermarks(&open, Generation::ZERO).await.unwrap();
    for (of, end) in [(stream(1), 12), (stream(2), 3), (stream(9), 0), (other(1), 5), (other(9), 0)] {
        assert_eq!(manifest.end_of(&open, of).await.unwrap(), Seq::new(end));
    }
    let seal = |state| Intent { generations: vec![change(0, state, Some(write_id))], ..Intent::new(later()) };
    commit(&manifest, seal(GenerationState::Sealing)).await;
    let sealed = commit(&manifest, seal(GenerationState::Sealed)).await;
    assert_eq!(sealed.streams.keys().collect::<Vec<_>>(), [&other(1)]);
    let before = store.meter().snapshot();
    for (of, end) in [(stream(1), 12), (stream(2), 3), (stream(9), 0), (other(1), 5)] {
        assert_eq!(manifest.end_of(&sealed, of).await.unwrap(), Seq::new(end));
    }
    // One GET for each stream of the sealed generation, none for the other.
    assert_eq!((store.meter().snapshot() - before).requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn generation_sealed_twice_keeps_the_ends_of_the_first() {
    let store = memory();
    let manifest = open(&store, 2).await;
    let open = commit(&manifest, folds()).await;
    let first = manifest.write_watermarks(&open, Generation::ZERO).await.unwrap();
    let seal = |id| Intent { generations: vec![change(0, GenerationState::Sealed, Some(id))], ..Intent::new(later()) };
    let sealed = commit(&manifest, seal(first)).await;
    // A sealer that slept: by what it sees now, every stream ends at 0.
    let second = manifest.write_watermarks(&sealed, Generation::ZERO).await.unwrap();
    let sealed = commit(&manifest, seal(second)).await;
    assert_eq!(sealed.generations[&Generation::ZERO].watermarks, Some(first));
    assert_eq!(manifest.end_of(&sealed, stream(1)).await.unwrap(), Seq::new(12));
}

#[tokio::test(start_paused = true)]
async fn generation_sealed_without_an_object_keeps_its_streams() {
    let store = memory();
    let manifest = open(&store, 2).await;
    commit(&manifest, folds()).await;
    let seal = Intent { generations: vec![change(0, GenerationState::Sealed, None)], ..Intent::new(later()) };
    let sealed = commit(&manifest, seal).await;
    assert_eq!(manifest.end_of(&sealed, stream(1)).await.unwrap(), Seq::new(12));
    let late = Intent { folds: vec![fold(Source::Objects(stream(1)), 0, 12, 13)], ..Intent::new(later()) };
    let refused = manifest.commit(move |_| Ok(Some(late.clone()))).await;
    assert!(matches!(refused, Err(CommitError::Refused(Refusal::GenerationClosed(0)))), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn ends_that_are_gone_or_damaged_are_an_error_that_names_them() {
    let store = memory();
    let manifest = open(&store, 2).await;
    let open = commit(&manifest, folds()).await;
    let id = manifest.write_watermarks(&open, Generation::ZERO).await.unwrap();
    let seal = Intent { generations: vec![change(0, GenerationState::Sealed, Some(id))], ..Intent::new(later()) };
    let sealed = commit(&manifest, seal).await;
    let name = manifest.layout().watermarks(Generation::ZERO, id);
    let bytes = store.get(&name).await.unwrap().unwrap();
    store.overwrite(&name, bytes.slice(1..)).await.unwrap();
    let error = manifest.end_of(&sealed, stream(1)).await.unwrap_err();
    assert!(matches!(&error, ManifestError::Decode { object, .. } if *object == name.to_string()), "{error}");
    store.delete(std::slice::from_ref(&name)).await.unwrap();
    let error = manifest.end_of(&sealed, stream(1)).await.unwrap_err();
    assert!(matches!(&error, ManifestError::Collected { object } if *object == name.to_string()), "{error}");
}

#[test]
fn ends_of_a_local_folder_are_no_ends_of_streams() {
    let node = Fold { source: Source::Node(crate::sample::NODE), epoch: 1, from: Seq::ZERO, to: Seq::new(3) };
    let body = message::FinalWatermarks { generation: 0, streams: vec![fold_message(&node)] };
    let bytes = frame::seal(Kind::Watermarks, WRITE_ID, &body.encode_to_vec()).unwrap();
    assert_eq!(decode(&bytes).unwrap_err(), part::corrupt("stream"));
}
