//! What a seed and a gate promise.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Waker;

use super::*;

struct Still;

impl Clock for Still {
    fn now(&self) -> TimestampNs {
        TimestampNs::from_ns(7)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

struct Switch {
    passage: Mutex<Passage>,
    wakers: Mutex<BTreeMap<u64, Waker>>,
    entered: AtomicU64,
    left: AtomicU64,
}

impl Switch {
    fn new() -> Arc<Self> {
        let (entered, left) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { passage: Mutex::new(Passage::Open), wakers: Mutex::default(), entered, left })
    }

    fn set(&self, passage: Passage) {
        *self.passage.lock() = passage;
        self.wakers.lock().values().for_each(Waker::wake_by_ref);
    }
}

impl Gate for Switch {
    fn enter(&self) -> u64 {
        self.entered.fetch_add(1, Ordering::Relaxed)
    }

    fn pass(&self, task: u64, waker: &Waker) -> Passage {
        self.wakers.lock().insert(task, waker.clone());
        *self.passage.lock()
    }

    fn leave(&self, task: u64) {
        self.wakers.lock().remove(&task);
        self.left.fetch_add(1, Ordering::Relaxed);
    }
}

/// Says when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn env() -> Env {
    Env::seeded(1, Arc::new(Still))
}

/// A task that counts its seconds, the count, and whether the task was dropped.
fn counting(env: &Env) -> (tokio::task::JoinHandle<()>, Arc<AtomicU64>, Arc<AtomicBool>) {
    let (count, dropped) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (counter, held, doors) = (Arc::clone(&count), Dropped(Arc::clone(&dropped)), env.clone());
    let task = env.spawn(async move {
        for _ in 0..10 {
            doors.sleep(Duration::from_secs(1)).await;
            counter.fetch_add(1, Ordering::Relaxed);
        }
        drop(held);
    });
    (task, count, dropped)
}

#[test]
fn seeded_env_gives_the_same_ids_again() {
    let (a, b) = (env(), env());
    assert_eq!((a.writer_id(), a.write_id(), a.segment_id()), (b.writer_id(), b.write_id(), b.segment_id()));
    assert_eq!(a.jitter(Duration::from_secs(9)), b.jitter(Duration::from_secs(9)));
    assert_ne!(a.write_id(), a.write_id());
}

#[tokio::test(start_paused = true)]
async fn task_behind_an_open_gate_runs_to_its_end() {
    let switch = Switch::new();
    let (task, count, _) = counting(&env().gated(Arc::clone(&switch) as Arc<dyn Gate>));
    task.await.unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 10);
    assert_eq!((switch.entered.load(Ordering::Relaxed), switch.left.load(Ordering::Relaxed)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn frozen_task_waits_and_goes_on_when_thawed() {
    let switch = Switch::new();
    let (task, count, _) = counting(&env().gated(Arc::clone(&switch) as Arc<dyn Gate>));
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    switch.set(Passage::Wait);
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    assert_eq!(count.load(Ordering::Relaxed), 3);
    switch.set(Passage::Open);
    task.await.unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 10);
}

#[tokio::test(start_paused = true)]
async fn crashed_task_is_dropped_at_once_and_never_ends() {
    let switch = Switch::new();
    let (task, count, dropped) = counting(&env().gated(Arc::clone(&switch) as Arc<dyn Gate>));
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    switch.set(Passage::Closed);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(dropped.load(Ordering::Relaxed));
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    assert!(!task.is_finished());
    switch.set(Passage::Open);
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    assert!(!task.is_finished(), "what crashed stays dead");
    assert_eq!(count.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn blocking_work_of_a_gated_env_runs_on_the_thread_that_asks() {
    let here = std::thread::current().id();
    assert_eq!(env().gated(Switch::new()).blocking(|| std::thread::current().id()).await, here);
    assert_ne!(env().blocking(|| std::thread::current().id()).await, here);
}

#[tokio::test(start_paused = true)]
async fn blocking_work_that_nobody_awaits_goes_on_after_a_panic_of_other_work() {
    let here = std::thread::current().id();
    let (sender, mut ran_on) = tokio::sync::mpsc::unbounded_channel();
    env().begin_blocking(|| panic!("on purpose"));
    for env in [env(), env().gated(Switch::new())] {
        let sender = sender.clone();
        env.begin_blocking(move || sender.send(std::thread::current().id()).unwrap());
    }
    let threads = [ran_on.recv().await.unwrap(), ran_on.recv().await.unwrap()];
    assert_eq!(threads.iter().filter(|thread| **thread == here).count(), 1);
}
