//! The gate of one incarnation of a process: open, frozen or closed for ever.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Waker;

use parking_lot::Mutex;
use tidewell_env::{Gate, Passage};
use tokio::sync::Notify;

/// What a fuse does when it has burnt down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fuse {
    /// Freezes the process.
    Freeze,
    /// Crashes it.
    Crash,
}

#[derive(Debug)]
struct Inner {
    passage: Passage,
    wakers: BTreeMap<u64, Waker>,
    next_task: u64,
    /// Polls until something happens: it hits every await, also those between which no time passes.
    fuse: Option<(u64, Fuse)>,
}

/// The gate before all tasks of one incarnation.
#[derive(Debug)]
pub(crate) struct ProcessGate {
    inner: Mutex<Inner>,
    /// Told when the gate was frozen or closed by a fuse, and when it is closed at all.
    changed: Notify,
}

impl ProcessGate {
    pub(crate) fn new() -> Arc<Self> {
        let inner = Inner { passage: Passage::Open, wakers: BTreeMap::new(), next_task: 0, fuse: None };
        Arc::new(Self { inner: Mutex::new(inner), changed: Notify::new() })
    }

    pub(crate) fn passage(&self) -> Passage {
        self.inner.lock().passage
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.passage() == Passage::Closed
    }

    /// Crashes the process; what it was doing is dropped.
    pub(crate) fn close(&self) {
        self.set(Passage::Closed);
    }

    /// Freezes it, unless it has crashed.
    pub(crate) fn freeze(&self) {
        if self.passage() == Passage::Open {
            self.set(Passage::Wait);
        }
    }

    /// Lets it go on, unless it has crashed.
    pub(crate) fn thaw(&self) {
        if self.passage() == Passage::Wait {
            self.set(Passage::Open);
        }
    }

    /// Freezes or crashes it after so many polls of its tasks.
    pub(crate) fn light(&self, polls: u64, fuse: Fuse) {
        self.inner.lock().fuse = Some((polls, fuse));
    }

    /// Puts a fuse out.
    pub(crate) fn put_out(&self) {
        self.inner.lock().fuse = None;
    }

    /// Waits for the next change.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn set(&self, passage: Passage) {
        let wakers = {
            let mut inner = self.inner.lock();
            inner.passage = passage;
            inner.fuse = None;
            inner.wakers.values().cloned().collect::<Vec<_>>()
        };
        wakers.iter().for_each(Waker::wake_by_ref);
        self.changed.notify_one();
    }

    fn burn(&self) {
        let burnt = {
            let mut inner = self.inner.lock();
            match &mut inner.fuse {
                Some((polls, fuse)) if *polls == 0 => Some(*fuse),
                Some((polls, _)) => {
                    *polls -= 1;
                    None
                }
                None => None,
            }
        };
        match burnt {
            Some(Fuse::Freeze) => self.freeze(),
            Some(Fuse::Crash) => self.close(),
            None => {}
        }
    }
}

impl Gate for ProcessGate {
    fn enter(&self) -> u64 {
        let mut inner = self.inner.lock();
        inner.next_task += 1;
        inner.next_task
    }

    fn pass(&self, task: u64, waker: &Waker) -> Passage {
        self.burn();
        let mut inner = self.inner.lock();
        match inner.wakers.get_mut(&task) {
            Some(known) => known.clone_from(waker),
            None => drop(inner.wakers.insert(task, waker.clone())),
        }
        inner.passage
    }

    fn leave(&self, task: u64) {
        self.inner.lock().wakers.remove(&task);
    }
}
