//! Journals: what was committed is known, what was not is not, and of two that go on at once one is stopped.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use tidewell_manifest::{CommitError, GenerationChange, Refusal};
use tidewell_types::Generation;

use super::*;
use crate::sample::{manifest, memory};

const JOB: TokenId = TokenId::from_bytes([7; 16]);

async fn begin(store: &Store) -> Journal {
    Journal::begin(store, &Env::system(), &manifest(store).await, JOB).await.unwrap()
}

async fn commit(journal: &Journal, fold: Fold) -> Result<(), CommitError> {
    let manifest = journal.manifest.clone();
    let author = Author { generation: manifest.state().open_generation(), writer: journal.writer() };
    let intent = Intent { folds: vec![fold], ..Intent::new(author) };
    manifest.commit(move |_| Ok::<_, Refusal>(Some(intent.clone()))).await.map(|_| ())
}

async fn store_files(journal: &mut Journal, files: &[u128]) {
    let fold = journal.announce(files).await.unwrap();
    commit(journal, fold).await.unwrap();
    journal.note_committed();
}

#[tokio::test]
async fn files_are_stored_once_their_commit_is_and_not_before() {
    let store = memory();
    let mut first = begin(&store).await;
    store_files(&mut first, &[1, 2]).await;
    store_files(&mut first, &[3]).await;
    let late = first.announce(&[4]).await.unwrap();
    let mut second = begin(&store).await;
    assert_eq!(second.take_over().await.unwrap(), BTreeSet::from([1, 2, 3]));
    // The first was only slow: its commit comes too late.
    let refused = commit(&first, late).await;
    assert!(matches!(refused, Err(CommitError::Refused(Refusal::FoldElsewhere { .. }))), "{refused:?}");
    store_files(&mut second, &[4]).await;
    let third = begin(&store).await;
    assert_eq!(third.take_over().await.unwrap(), BTreeSet::from([1, 2, 3, 4]));
    assert_eq!(third.take_over().await.unwrap(), BTreeSet::from([1, 2, 3, 4]));
}

#[tokio::test]
async fn of_two_that_resume_at_once_at_least_one_is_stopped() {
    let store = memory();
    let (mut one, mut other) = (begin(&store).await, begin(&store).await);
    let (_, _) = (one.take_over().await.unwrap(), other.take_over().await.unwrap());
    let mut committed = 0;
    for journal in [&mut one, &mut other] {
        let fold = journal.announce(&[9]).await.unwrap();
        committed += usize::from(commit(journal, fold).await.is_ok());
    }
    assert!(committed <= 1);
}

#[tokio::test]
async fn another_job_is_left_alone() {
    let store = memory();
    let mut other =
        Journal::begin(&store, &Env::system(), &manifest(&store).await, TokenId::from_bytes([8; 16])).await.unwrap();
    store_files(&mut other, &[1]).await;
    assert_eq!(begin(&store).await.take_over().await.unwrap(), BTreeSet::new());
    store_files(&mut other, &[2]).await;
}

async fn seal(store: &Store, generation: u32, is_ended: bool) {
    let manifest = manifest(store).await;
    let state = manifest.state();
    let watermarks = match is_ended {
        true => Some(manifest.write_watermarks(&state, Generation::new(generation)).await.unwrap()),
        false => None,
    };
    let change =
        |generation, state, watermarks| GenerationChange { generation: Generation::new(generation), state, watermarks };
    let generations = vec![
        change(generation + 1, GenerationState::Open, None),
        change(generation, GenerationState::Sealed, watermarks),
    ];
    let author = Author { generation: Generation::new(generation), writer: WriterId::from_bytes([1; 16]) };
    let intent = Intent { generations, ..Intent::new(author) };
    manifest.commit(move |_| Ok::<_, Refusal>(Some(intent.clone()))).await.unwrap();
}

#[tokio::test]
async fn a_run_whose_generation_ends_goes_on_in_the_next_and_nothing_is_forgotten() {
    for is_ended in [true, false] {
        let store = memory();
        let mut run = begin(&store).await;
        store_files(&mut run, &[1]).await;
        let fold = run.announce(&[2]).await.unwrap();
        assert_eq!(run.move_on(&[2]).await.unwrap(), None);
        seal(&store, 0, is_ended).await;
        let refused = commit(&run, fold).await;
        assert!(matches!(refused, Err(CommitError::Refused(Refusal::GenerationClosed(0)))), "{refused:?}");
        let fold = run.move_on(&[2]).await.unwrap().unwrap();
        commit(&run, fold).await.unwrap();
        run.note_committed();
        store_files(&mut run, &[3]).await;
        assert_eq!(begin(&store).await.take_over().await.unwrap(), BTreeSet::from([1, 2, 3]));
    }
}

#[tokio::test]
async fn a_run_that_was_resumed_by_another_does_not_go_on_in_the_next_generation() {
    let store = memory();
    let mut run = begin(&store).await;
    store_files(&mut run, &[1]).await;
    // Closed while its generation was open: its end says so.
    begin(&store).await.take_over().await.unwrap();
    seal(&store, 0, true).await;
    assert!(matches!(run.move_on(&[2]).await, Err(ImportError::TakenOver)));
    // Resumed after its generation was sealed: the other's first entry says so.
    let store = memory();
    let mut run = begin(&store).await;
    store_files(&mut run, &[1]).await;
    seal(&store, 0, true).await;
    begin(&store).await.take_over().await.unwrap();
    assert!(matches!(run.move_on(&[2]).await, Err(ImportError::TakenOver)));
}

#[tokio::test]
async fn an_entry_whose_commit_was_refused_is_not_taken_for_stored_later() {
    let store = memory();
    let mut run = begin(&store).await;
    store_files(&mut run, &[1]).await;
    run.announce(&[2]).await.unwrap();
    run.restart().await.unwrap();
    store_files(&mut run, &[3]).await;
    assert_eq!(begin(&store).await.take_over().await.unwrap(), BTreeSet::from([1, 3]));
    assert!(matches!(run.restart().await, Err(ImportError::TakenOver)));
}
