//! Streams that run ahead.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;
use datafusion::error::Result;
use futures::{Stream, StreamExt, stream};
use tidewell_env::Env;

use super::Ahead;

fn counted(made: &Arc<AtomicUsize>) -> impl Stream<Item = Result<RecordBatch>> + Send + use<> {
    let made = Arc::clone(made);
    stream::iter(0..10).map(move |_| {
        made.fetch_add(1, Ordering::SeqCst);
        Ok(RecordBatch::new_empty(Arc::new(Schema::empty())))
    })
}

#[tokio::test]
async fn stream_that_runs_ahead_gives_all_items_and_ends() {
    let made = Arc::new(AtomicUsize::new(0));
    assert_eq!(Ahead::start(&Env::system(), counted(&made), 2).count().await, 10);
}

#[tokio::test]
async fn stream_runs_only_so_far_ahead_and_stops_when_dropped() {
    let made = Arc::new(AtomicUsize::new(0));
    let env = Env::system();
    let mut ahead = Ahead::start(&env, counted(&made), 2);
    ahead.next().await.unwrap().unwrap();
    env.sleep(Duration::from_millis(20)).await;
    let before = made.load(Ordering::SeqCst);
    assert!(before <= 4, "{before}");
    drop(ahead);
    env.sleep(Duration::from_millis(20)).await;
    assert_eq!(made.load(Ordering::SeqCst), before);
}

#[tokio::test]
async fn task_that_panics_is_an_error_and_not_the_end() {
    let source = stream::once(async { panic!("on purpose") });
    let mut ahead = Ahead::start(&Env::system(), source, 1);
    assert!(ahead.next().await.unwrap().is_err());
    assert!(ahead.next().await.is_none());
}
