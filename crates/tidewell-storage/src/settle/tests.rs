//! Tests of writes whose answers get lost.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tidewell_env::{Clock, Env};
use tidewell_types::{DatabaseName, TimestampNs, Version};
use tokio::time::Instant;

use crate::{
    Attempted, Created, DatabaseLayout, Fault, ObjectName, Operation, Replaced, Revalidated, StorageError, Store,
    StoreOptions, StoreUrl,
};

/// The runtime's clock, which tests pause.
struct RuntimeClock(Instant);

impl Clock for RuntimeClock {
    fn now(&self) -> TimestampNs {
        TimestampNs::from_ns(self.0.elapsed().as_nanos() as i64)
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

fn healthy() -> Store {
    let env = Env::seeded(1, Arc::new(RuntimeClock(Instant::now())));
    Store::open(&StoreUrl::Memory, env, &StoreOptions::default()).unwrap()
}

fn commit() -> ObjectName {
    DatabaseLayout::new(&DatabaseName::new("x").unwrap()).log(Version::new(1))
}

async fn create(store: &Store, body: &str) -> Result<Created, StorageError> {
    let write_id = store.shared.env.write_id();
    store.create(&commit(), Bytes::from(body.to_owned()), write_id).await
}

/// Faults for the attempts of one operation, in order; what comes after them passes.
fn script(operation: Operation, faults: &'static [Fault]) -> impl Fn(&Attempted<'_>) -> Fault + Send + Sync + 'static {
    move |attempted| {
        if attempted.operation != operation {
            return Fault::Pass;
        }
        faults.get(attempted.attempt as usize - 1).copied().unwrap_or(Fault::Pass)
    }
}

/// slatedb #766, #819, #1164: a PUT that timed out was not tried again, or was refused because of itself.
#[tokio::test(start_paused = true)]
async fn create_with_the_answer_lost_is_mine_after_one_look() {
    let store = healthy();
    let faulty = store.with_faults(script(Operation::Create, &[Fault::ApplyThenLose]));
    assert_eq!(create(&faulty, "mine").await.unwrap(), Created::Mine);
    let usage = faulty.meter().snapshot();
    assert_eq!((usage.puts, usage.gets), (1, 1));
}

/// icechunk #2099, #2156: a conflict with its own commit after a lost 200.
#[tokio::test(start_paused = true)]
async fn create_with_the_answer_and_the_look_lost_is_mine_at_the_refusal() {
    let store = healthy();
    let faulty = store.with_faults(|attempted| match (attempted.operation, attempted.attempt) {
        (Operation::Create, 1) => Fault::ApplyThenLose,
        (Operation::Get, 1) => Fault::FailBefore,
        _ => Fault::Pass,
    });
    assert_eq!(create(&faulty, "mine").await.unwrap(), Created::Mine);
    assert_eq!(faulty.meter().snapshot().puts, 2, "put again, refused because the first had succeeded");
}

/// arrow-rs-object-store #852; ravel #1354, #1365: 409 to a create, which settles nothing, passed for "exists".
#[tokio::test(start_paused = true)]
async fn create_answered_with_conflict_and_nothing_stored_is_put_again() {
    let store = healthy();
    let faulty = store.with_faults(script(Operation::Create, &[Fault::Conflict409, Fault::Conflict409]));
    assert_eq!(create(&faulty, "mine").await.unwrap(), Created::Mine);
    assert_eq!(faulty.meter().snapshot().puts, 3);
}

#[tokio::test(start_paused = true)]
async fn create_with_nothing_found_after_a_failure_is_put_again() {
    let store = healthy();
    let faulty = store.with_faults(script(Operation::Create, &[Fault::FailBefore; 5]));
    assert_eq!(create(&faulty, "mine").await.unwrap(), Created::Mine);
    assert_eq!(store.get(&commit()).await.unwrap(), Some("mine".into()));
}

/// minio #21603, #21550; rustfs #1659; celld #137; LakeSoul #869; floci #1328; mountx #19; cloudflare-docs #32793:
/// stores that do not honour conditions, or leave open whether "not found" is final.
#[tokio::test(start_paused = true)]
async fn create_that_lands_late_is_mine() {
    let store = healthy();
    const FAULTS: [Fault; 3] = [Fault::ApplyLater(Duration::from_millis(1)), Fault::FailBefore, Fault::FailBefore];
    let faulty = store.with_faults(script(Operation::Create, &FAULTS));
    assert_eq!(create(&faulty, "mine").await.unwrap(), Created::Mine);
    assert_eq!(store.get(&commit()).await.unwrap(), Some("mine".into()));
}

#[tokio::test(start_paused = true)]
async fn create_where_another_was_first_gives_its_body() {
    let store = healthy();
    assert_eq!(create(&store, "theirs").await.unwrap(), Created::Mine);
    assert_eq!(create(&store, "mine").await.unwrap(), Created::Other("theirs".into()));
    let faulty = store.with_faults(script(Operation::Create, &[Fault::FailBefore]));
    assert_eq!(create(&faulty, "mine").await.unwrap(), Created::Other("theirs".into()));
}

#[tokio::test(start_paused = true)]
async fn create_whose_own_body_is_read_back_damaged_is_mine() {
    for damage in [Fault::FlipBit(3), Fault::CutBody(500)] {
        let store = healthy();
        let faulty = store.with_faults(move |attempted| match (attempted.operation, attempted.attempt) {
            (Operation::Create, 1) => Fault::ApplyThenLose,
            (Operation::Get, 1) => damage,
            _ => Fault::Pass,
        });
        assert_eq!(create(&faulty, "mine").await.unwrap(), Created::Mine, "{damage:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn create_that_is_never_answered_is_unknown_in_time() {
    let store = healthy();
    let faulty = store.with_faults(|attempted| match attempted.operation {
        Operation::Create => Fault::Hang,
        _ => Fault::FailBefore,
    });
    let start = Instant::now();
    let error = create(&faulty, "mine").await.unwrap_err();
    assert!(error.is_unknown(), "{error:?}");
    assert!(error.to_string().contains(commit().as_str()), "{error}");
    assert!(start.elapsed() <= StoreOptions::default().settle_timeout, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn create_lost_for_good_with_the_store_down_is_unknown_and_settles_later() {
    let store = healthy();
    let faulty = store.with_faults(|attempted| match (attempted.operation, attempted.attempt) {
        (Operation::Create, 1) => Fault::ApplyThenLose,
        _ => Fault::FailBefore,
    });
    assert!(create(&faulty, "mine").await.unwrap_err().is_unknown());
    assert_eq!(create(&store, "mine").await.unwrap(), Created::Mine, "the same body tells later");
}

#[tokio::test(start_paused = true)]
async fn create_refused_at_once_is_a_definite_error() {
    let store = healthy();
    let faulty = store.with_faults(script(Operation::Create, &[Fault::Denied]));
    let error = create(&faulty, "mine").await.unwrap_err();
    assert!(matches!(error, StorageError::Denied { .. }), "{error:?}");
    assert_eq!(faulty.meter().snapshot().requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn create_refused_after_an_unclear_attempt_is_unknown() {
    let store = healthy();
    let faulty = store.with_faults(|attempted| match (attempted.operation, attempted.attempt) {
        (Operation::Create, 1) => Fault::ApplyThenLose,
        _ => Fault::Denied,
    });
    let error = create(&faulty, "mine").await.unwrap_err();
    assert!(error.is_unknown(), "credentials that expire in between say nothing about the first attempt: {error:?}");
}

/// slatedb #1733: a caller that went away cut a commit in half.
#[tokio::test(start_paused = true)]
async fn create_whose_caller_goes_away_still_settles() {
    let store = healthy();
    let faulty = store.with_faults(script(Operation::Create, &[Fault::FailBefore, Fault::FailBefore]));
    let dropped = tokio::time::timeout(Duration::from_nanos(1), create(&faulty, "mine")).await;
    assert!(dropped.is_err(), "the caller left before the end");
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(store.get(&commit()).await.unwrap(), Some("mine".into()));
}

#[tokio::test(start_paused = true)]
async fn create_by_many_with_lossy_answers_has_one_winner() {
    for seed in 0..50_u64 {
        let store = healthy();
        let faulty = store.with_faults(move |attempted| {
            let dice = xxhash_rust::xxh3::xxh3_64_with_seed(format!("{attempted:?}").as_bytes(), seed);
            match dice % 8 {
                0 => Fault::FailBefore,
                1 => Fault::ApplyThenLose,
                2 => Fault::Conflict409,
                3 => Fault::ApplyLater(Duration::from_millis(dice / 8 % 500)),
                4 => Fault::Delay(Duration::from_millis(dice / 8 % 500)),
                _ => Fault::Pass,
            }
        });
        let bodies: Vec<String> = (0..8).map(|number| format!("writer {number}")).collect();
        let outcomes = futures::future::join_all(bodies.iter().map(|body| create(&faulty, body))).await;
        let stored = store.get(&commit()).await.unwrap().unwrap();
        for (body, outcome) in bodies.iter().zip(outcomes) {
            let expected = if *body == stored { Created::Mine } else { Created::Other(stored.clone()) };
            assert_eq!(outcome.unwrap(), expected, "seed {seed}, {body}");
        }
    }
}

async fn floor_at(store: &Store, body: &str) -> crate::Tag {
    match store.replace(&commit(), Bytes::from(body.to_owned()), None).await.unwrap() {
        Replaced::Done(tag) => tag,
        Replaced::Changed => panic!("something is there already"),
    }
}

/// icechunk #2099, #2156: a conflict with its own commit after a lost 200.
#[tokio::test(start_paused = true)]
async fn replace_with_the_answer_lost_is_done_with_the_new_tag() {
    let store = healthy();
    let tag = floor_at(&store, "1").await;
    let faulty = store.with_faults(|attempted| match (attempted.operation, attempted.attempt) {
        (Operation::Replace, 1) => Fault::ApplyThenLose,
        (Operation::Get, 1) => Fault::FailBefore,
        _ => Fault::Pass,
    });
    let Replaced::Done(new_tag) = faulty.replace(&commit(), "2".into(), Some(&tag)).await.unwrap() else {
        panic!("its own replace looks like another's")
    };
    assert_eq!(store.get_versioned(&commit(), Some(&new_tag)).await.unwrap(), Revalidated::Unchanged);
}

#[tokio::test(start_paused = true)]
async fn replace_not_carried_out_is_tried_again() {
    let store = healthy();
    let tag = floor_at(&store, "1").await;
    let faulty =
        store.with_faults(script(Operation::Replace, &[Fault::FailBefore, Fault::Conflict409, Fault::FailBefore]));
    assert!(matches!(faulty.replace(&commit(), "2".into(), Some(&tag)).await.unwrap(), Replaced::Done(_)));
    assert_eq!(store.get(&commit()).await.unwrap(), Some("2".into()));
}

#[tokio::test(start_paused = true)]
async fn replace_where_another_was_first_is_changed_without_a_look() {
    let store = healthy();
    let tag = floor_at(&store, "1").await;
    store.replace(&commit(), "2".into(), Some(&tag)).await.unwrap();
    let metered = store.metered();
    assert_eq!(metered.replace(&commit(), "3".into(), Some(&tag)).await.unwrap(), Replaced::Changed);
    assert_eq!(metered.meter().snapshot().requests(), 1);
    let faulty = store.with_faults(script(Operation::Replace, &[Fault::FailBefore]));
    assert_eq!(faulty.replace(&commit(), "3".into(), Some(&tag)).await.unwrap(), Replaced::Changed);
}

#[tokio::test(start_paused = true)]
async fn replace_that_is_never_answered_is_unknown() {
    let store = healthy();
    let tag = floor_at(&store, "1").await;
    let faulty = store.with_faults(script(Operation::Replace, &[Fault::FailBefore; 1_000]));
    assert!(faulty.replace(&commit(), "2".into(), Some(&tag)).await.unwrap_err().is_unknown());
}
