//! What was acknowledged and what was read, and when; and what must hold between them.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows are spread over so many shards, of which a read sees one.
pub(crate) const SHARDS: u64 = 16;

/// A recorded history. Instants are ticks of one counter, so that they order what one test process saw.
#[derive(Debug, Default)]
pub(crate) struct History {
    clock: AtomicU64,
    shards: AtomicU64,
    events: Mutex<Events>,
}

#[derive(Debug, Default)]
struct Events {
    /// When each row was acknowledged, or seen by a read that had ended, whichever came first: from then on every read that
    /// begins has it.
    owed_since: HashMap<u64, u64>,
    acknowledged: usize,
    reads: usize,
    problems: Vec<String>,
}

impl History {
    /// The next instant.
    pub(crate) fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// Shards in turn.
    pub(crate) fn next_shard(&self) -> u64 {
        self.shards.fetch_add(1, Ordering::Relaxed) % SHARDS
    }

    /// These rows were acknowledged just now.
    pub(crate) fn acknowledged(&self, ids: &[u64]) {
        let now = self.now();
        let mut events = self.events.lock().unwrap();
        events.acknowledged += ids.len();
        for id in ids {
            events.owed_since.entry(*id).or_insert(now);
        }
    }

    /// A strong read that was asked for at `asked` and has ended just now.
    pub(crate) fn read(&self, shard: u64, asked: u64, ids: Vec<u64>) {
        let now = self.now();
        let mut events = self.events.lock().unwrap();
        events.reads += 1;
        let mut counts: HashMap<u64, u32> = HashMap::new();
        for id in &ids {
            *counts.entry(*id).or_default() += 1;
        }
        let doubled = counts.iter().find(|(_, count)| **count > 1).map(|(id, count)| format!("row {id} {count} times"));
        let owed = events.owed_since.iter().filter(|(id, since)| *id % SHARDS == shard && **since < asked);
        let missing: Vec<u64> = owed.map(|(id, _)| *id).filter(|id| !counts.contains_key(id)).collect();
        if let Some(doubled) = doubled {
            events.problems.push(format!("a read at {asked} has {doubled}"));
        }
        if let Some(first) = missing.first() {
            let count = missing.len();
            events.problems.push(format!("a read at {asked} lacks {count} rows that it owes, such as {first}"));
        }
        for id in ids {
            events.owed_since.entry(id).or_insert(now);
        }
    }

    /// Fails with the first problems of the history.
    pub(crate) fn check(&self) {
        let events = self.events.lock().unwrap();
        let shown: Vec<_> = events.problems.iter().take(5).collect();
        assert!(events.problems.is_empty(), "{} problems, such as {shown:#?}", events.problems.len());
        assert!(events.acknowledged > 0 && events.reads > SHARDS as usize, "nothing happened: {events:?}");
    }

    /// What happened, in a line.
    pub(crate) fn summary(&self) -> String {
        let events = self.events.lock().unwrap();
        let (acknowledged, reads) = (events.acknowledged, events.reads);
        format!("crowd: {acknowledged} rows acknowledged, {reads} reads, {} problems", events.problems.len())
    }
}

#[test]
fn history_with_a_lost_doubled_or_unseen_row_is_found_out() {
    let spoilt = |spoil: fn(&History)| {
        let history = History::default();
        history.acknowledged(&[16, 32]);
        let asked = history.now();
        history.read(0, asked, vec![16, 32, 48]);
        spoil(&history);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..=SHARDS {
                let asked = history.now();
                history.read(1, asked, Vec::new());
            }
            history.check();
        }))
        .is_err()
    };
    assert!(!spoilt(|_| {}));
    assert!(spoilt(|history| history.read(0, history.now(), vec![16, 48])), "lost");
    assert!(spoilt(|history| history.read(0, history.now(), vec![16, 32, 32, 48])), "doubled");
    assert!(spoilt(|history| history.read(0, history.now(), vec![16, 32])), "unseen");
    // A row that was acknowledged while the read ran may be in it or not.
    assert!(!spoilt(|history| {
        let asked = history.now();
        history.acknowledged(&[64]);
        history.read(0, asked, vec![16, 32, 48]);
    }));
}
