//! Jobs that fail, panic, outnumber the threads, or come to nothing.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::*;

fn failing(reason: &str) -> Job {
    let reason = reason.to_owned();
    Box::new(move || Err(ExportError::Options(reason)))
}

async fn reason(crew: &mut Crew) -> String {
    crew.next_encoded().await.unwrap_err().to_string()
}

#[tokio::test]
async fn job_that_panics_is_an_error_and_the_next_one_runs() {
    let mut crew = Crew::new(Env::system(), 1);
    crew.give(Box::new(|| panic!("on purpose")));
    crew.give(failing("the next"));
    let first = crew.next_encoded().await.unwrap_err();
    assert!(matches!(&first, EncodeError::Broken(reason) if reason == "on purpose"), "{first}");
    assert!(reason(&mut crew).await.contains("the next"));
    assert_eq!(crew.under_way(), 0);
    assert!(reason(&mut crew).await.contains("never given"));
}

#[tokio::test]
async fn jobs_run_on_at_most_the_given_threads_and_after_a_rest() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut crew = Crew::new(Env::system(), 3);
    for _ in 0..2 {
        for _ in 0..12 {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            crew.give(Box::new(move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(2));
                running.fetch_sub(1, Ordering::SeqCst);
                Err(ExportError::Options(String::new()))
            }));
        }
        while crew.under_way() > 0 {
            crew.next_encoded().await.unwrap_err();
        }
        assert!(crew.encoded().is_none());
    }
    let most = most.load(Ordering::SeqCst);
    assert!((2..=3).contains(&most), "{most} at once");
}

#[tokio::test]
async fn crew_that_is_dropped_begins_no_further_job() {
    let (release, gate) = mpsc::channel::<()>();
    let (begin, begun) = tokio::sync::oneshot::channel();
    let ran = Arc::new(AtomicUsize::new(0));
    let mut crew = Crew::new(Env::system(), 1);
    crew.give(Box::new(move || {
        begin.send(()).unwrap();
        gate.recv().unwrap();
        Err(ExportError::Options(String::new()))
    }));
    let counter = Arc::clone(&ran);
    crew.give(Box::new(move || {
        counter.fetch_add(1, Ordering::SeqCst);
        Err(ExportError::Options(String::new()))
    }));
    begun.await.unwrap();
    let queue = Arc::clone(&crew.queue);
    drop(crew);
    release.send(()).unwrap();
    while queue.lock().threads > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!((ran.load(Ordering::SeqCst), Arc::strong_count(&ran)), (0, 1));
}
