//! What clients wrote and deleted, and what readers may see of it.

mod deletes;
mod judge;
mod order;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tidewell_types::{Seq, Source, TokenId};
use tidewell_wal::AckLevel;

use crate::race::Race;
use crate::rows::{Row, RowKey, Value};
pub(crate) use deletes::{Delete, Deletes};
pub(crate) use judge::{Reader, Seen};

/// The table in which every write leaves one row that nobody ever overwrites, deletes or lets expire.
pub(crate) const MARKS: &str = "marks";
/// The table whose rows are written again and again, and deleted.
pub(crate) const MIXED: &str = "m";
/// The table whose rows expire.
pub(crate) const EVENTS: &str = "e";

/// Where a write is logged, and so who sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// In the store, or on a majority of the stores that hold the log: everyone.
    Objects,
    /// On the disk of its process, which the next incarnation reads again.
    Disk,
    /// In its process's memory.
    Memory,
}

/// What is known of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is under way, or its client is gone: it may be there, now or later.
    Open,
    /// It is there.
    Acked,
    /// It is not there and never will be.
    Refused,
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) process: String,
    pub(crate) incarnation: u32,
}

/// One write, however often it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    /// Who took it; where several did, the one that acknowledged it.
    pub(crate) who: Who,
    pub(crate) lane: Lane,
    /// When it was first sent.
    pub(crate) started: Duration,
    /// When its outcome was known.
    ended: Duration,
    pub(crate) outcome: Outcome,
    pub(crate) place: Option<(Source, Seq)>,
    /// Whether it has an idempotency key.
    has_key: bool,
    /// Whether a try of it was acknowledged as logged by that try.
    is_logged: bool,
    /// When a commit made it part of a segment.
    folded: Option<Duration>,
    /// Its only copy may have gone with its machine: it need not be there any more.
    is_forgiven: bool,
    /// Its key was forgotten while it was being sent again: then it may count once more, as a later write.
    may_repeat: bool,
}

/// A try of a write with a key that a server is handling.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try(u64);

/// A number for each (row, field) and the writes to it, in the order in which they began.
#[derive(Debug, Default)]
struct Cells {
    numbers: BTreeMap<Arc<RowKey>, BTreeMap<Arc<str>, u32>>,
    names: Vec<(Arc<RowKey>, Arc<str>)>,
    writes: Vec<Vec<(u64, Value)>>,
}

impl Cells {
    fn number(&mut self, key: &Arc<RowKey>, field: &Arc<str>) -> u32 {
        if let Some(number) = self.find(key, field) {
            return number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.numbers.entry(Arc::clone(key)).or_default().insert(Arc::clone(field), number);
        self.names.push((Arc::clone(key), Arc::clone(field)));
        self.writes.push(Vec::new());
        number
    }

    fn find(&self, key: &RowKey, field: &str) -> Option<u32> {
        self.numbers.get(key)?.get(field).copied()
    }
}

/// Everything that clients did.
#[derive(Debug)]
pub(crate) struct Oracle {
    writes: Vec<Write>,
    cells: Cells,
    pub(crate) deletes: Deletes,
    /// Tries that are being handled, by number: of which write, with which key, and whether it is not the first.
    tries: BTreeMap<u64, (u64, TokenId, bool)>,
    next_try: u64,
    /// Whether wall clocks differ, so that stamps of several processes do not compare.
    clocks_lie: bool,
    /// Whether listings are not of one moment.
    lists_race: bool,
    /// What readers have seen of each cell and all others must see: when, and the write; oldest first.
    seen: BTreeMap<u32, Vec<(Duration, u64)>>,
}

/// The write that a value came from.
pub(crate) fn write_of(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(number) => u64::try_from(*number / 1000).ok(),
        Value::Text(text) => text.split_once('.')?.0.parse().ok(),
    }
}

/// The value that a write's `place`-th cell gets.
pub(crate) fn value_of(write: u64, place: usize) -> i64 {
    i64::try_from(write).unwrap_or(0) * 1000 + i64::try_from(place).unwrap_or(0)
}

impl Oracle {
    pub(crate) fn new(clocks_lie: bool, lists_race: bool) -> Self {
        let (cells, deletes) = (Cells::default(), Deletes::default());
        let (tries, seen) = (BTreeMap::new(), BTreeMap::new());
        Self { writes: Vec::new(), cells, deletes, tries, next_try: 0, clocks_lie, lists_race, seen }
    }

    /// The number of the next write.
    pub(crate) fn next_write(&self) -> u64 {
        self.writes.len() as u64 + 1
    }

    pub(crate) fn write(&self, number: u64) -> Option<&Write> {
        self.writes.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    fn write_mut(&mut self, number: u64) -> Option<&mut Write> {
        self.writes.get_mut(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// A client sends rows; the number is that of [`Oracle::next_write`].
    pub(crate) fn begin(&mut self, (who, lane, has_key): (Who, Lane, bool), rows: &[Row], now: Duration) {
        let number = self.next_write();
        let mut cells = BTreeMap::new();
        for row in rows {
            for (field, value) in &row.fields {
                cells.insert(self.cells.number(&row.key, field), value.clone());
            }
        }
        for (cell, value) in &cells {
            if let Some(writes) = self.cells.writes.get_mut(*cell as usize) {
                writes.push((number, value.clone()));
            }
        }
        self.writes.push(Write {
            who,
            lane,
            started: now,
            ended: now,
            outcome: Outcome::Open,
            place: None,
            has_key,
            is_logged: false,
            folded: None,
            is_forgiven: false,
            may_repeat: false,
        });
    }

    /// The client hears of the outcome of one try. A write that may be there through an earlier try stays open until one is
    /// acknowledged.
    pub(crate) fn end(&mut self, number: u64, outcome: Outcome, place: Option<(Source, Seq)>, now: Duration) {
        if let Some(write) = self.write_mut(number).filter(|write| write.outcome != Outcome::Acked) {
            (write.outcome, write.place, write.ended) = (outcome, place, now);
        }
    }

    /// The newest acknowledged writes that any process can read, with their places in the log.
    pub(crate) fn recent(&self, count: usize) -> Vec<(u64, Source, Seq)> {
        let numbered = (1u64..).zip(&self.writes).collect::<Vec<_>>().into_iter().rev();
        let acked = numbered.filter(|(_, write)| write.outcome == Outcome::Acked && write.lane == Lane::Objects);
        acked.filter_map(|(number, write)| write.place.map(|(source, seq)| (number, source, seq))).take(count).collect()
    }

    /// A client sends the same write again, to some process.
    pub(crate) fn again(&mut self, number: u64) -> Option<Outcome> {
        let write = self.write_mut(number)?;
        let before = write.outcome;
        if before == Outcome::Refused {
            write.outcome = Outcome::Open;
        }
        Some(before)
    }

    /// A server begins to handle a try.
    pub(crate) fn begin_try(&mut self, number: u64, token: TokenId, is_repeat: bool) -> Try {
        self.next_try += 1;
        self.tries.insert(self.next_try, (number, token, is_repeat));
        Try(self.next_try)
    }

    pub(crate) fn end_try(&mut self, key: Try) {
        self.tries.remove(&key.0);
    }

    /// Keys were forgotten: a request that is being repeated at this moment may be taken for a new one.
    pub(crate) fn forget_keys(&mut self, is_forgotten: impl Fn(&TokenId) -> bool) {
        let repeats = self.tries.values().filter(|(_, token, is_repeat)| *is_repeat && is_forgotten(token));
        for number in repeats.map(|(number, ..)| *number).collect::<Vec<_>>() {
            self.write_mut(number).into_iter().for_each(|write| write.may_repeat = true);
        }
    }

    /// A try of it was logged by itself; whether an earlier one was as well, or was folded.
    pub(crate) fn note_logged(&mut self, number: u64) -> bool {
        let Some(write) = self.write_mut(number).filter(|write| write.has_key) else { return false };
        let is_twice = write.is_logged;
        write.is_logged = true;
        is_twice
    }

    /// Another process than the first one acknowledged it, or in another log.
    pub(crate) fn taken_by(&mut self, number: u64, who: Who, lane: Lane) {
        if let Some(write) = self.write_mut(number).filter(|write| write.outcome != Outcome::Acked) {
            (write.who, write.lane, write.is_forgiven) = (who, lane, false);
        }
    }

    /// A commit made these rows part of segments; what that reached, and the writes that are there twice.
    pub(crate) fn folded(&mut self, rows: &[Row], now: Duration) -> (Vec<Race>, Vec<u64>) {
        let (mut reached, mut twice) = (Vec::new(), Vec::new());
        for row in rows.iter().filter(|row| &*row.key.table == MARKS) {
            let number = row.fields.first().and_then(|(_, value)| write_of(value));
            let Some((number, write)) = number.and_then(|number| Some((number, self.write_mut(number)?))) else {
                continue;
            };
            if write.outcome != Outcome::Acked {
                reached.push(Race::UnackedFolded);
            }
            // Only its own process knows of keys in a memory.
            let may_be_twice = write.may_repeat || (write.has_key && write.lane == Lane::Memory);
            if write.folded.is_some() && !may_be_twice {
                twice.push(number);
            }
            write.folded = write.folded.or(Some(now));
        }
        (reached, twice)
    }

    /// An incarnation is gone, with its memory: what was only there need not come back.
    pub(crate) fn forget_memory(&mut self, who: &Who) {
        let lost = |write: &&mut Write| write.who == *who && write.lane == Lane::Memory;
        for write in self.writes.iter_mut().filter(lost).filter(|write| write.folded.is_none()) {
            write.is_forgiven = true;
        }
    }

    /// A disk came back with the frames below `next` only; the number of acknowledged writes that this took. Whatever was
    /// folded by then stays all the same.
    pub(crate) fn lose_disk(&mut self, process: &str, next: Seq) -> usize {
        let mut lost = 0;
        for write in self.writes.iter_mut().filter(|write| write.who.process == process && write.lane == Lane::Disk) {
            let is_behind = write.place.is_none_or(|(_, seq)| seq >= next);
            if is_behind && write.folded.is_none() && !write.is_forgiven {
                lost += usize::from(write.outcome == Outcome::Acked);
                write.is_forgiven = true;
            }
        }
        lost
    }

    /// How many writes there were, and how many of them were acknowledged.
    pub(crate) fn totals(&self) -> (usize, usize) {
        (self.writes.len(), self.writes.iter().filter(|write| write.outcome == Outcome::Acked).count())
    }

    /// The lane of a process's writes that ask for a level.
    pub(crate) fn lane(process: AckLevel, asked: Option<AckLevel>) -> Lane {
        let level = asked.unwrap_or(process).max(process);
        match process {
            AckLevel::None if level == AckLevel::None => Lane::Memory,
            _ if process.is_local() && level.is_local() => Lane::Disk,
            _ => Lane::Objects,
        }
    }
}
