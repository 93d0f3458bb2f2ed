//! What clients wrote and what readers may see of it.

mod judge;
mod order;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tidewell_types::{Seq, Source};
use tidewell_wal::AckLevel;

use crate::race::Race;
use crate::rows::{Row, RowKey, Value};
pub(crate) use judge::Reader;

/// The table in which every write leaves one row that nobody ever overwrites.
pub(crate) const MARKS: &str = "marks";

/// Where a write is logged, and so who sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// In the store: everyone.
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

/// One write.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) process: String,
    pub(crate) incarnation: u32,
    pub(crate) lane: Lane,
    pub(crate) started: Duration,
    /// When its outcome was known.
    ended: Duration,
    pub(crate) outcome: Outcome,
    pub(crate) place: Option<(Source, Seq)>,
    /// When a commit made it part of a segment.
    folded: Option<Duration>,
    /// Its only copy may have gone with its machine: it need not be there any more.
    is_forgiven: bool,
}

/// A number for each (row, field) and the writes to it, in the order in which they began.
#[derive(Debug, Default)]
struct Cells {
    numbers: BTreeMap<(RowKey, Arc<str>), u32>,
    names: Vec<(RowKey, Arc<str>)>,
    writes: Vec<Vec<(u64, Value)>>,
}

impl Cells {
    fn number(&mut self, key: &RowKey, field: &Arc<str>) -> u32 {
        let name = (key.clone(), Arc::clone(field));
        if let Some(number) = self.numbers.get(&name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.numbers.insert(name.clone(), number);
        self.names.push(name);
        self.writes.push(Vec::new());
        number
    }

    fn find(&self, key: &RowKey, field: &Arc<str>) -> Option<u32> {
        self.numbers.get(&(key.clone(), Arc::clone(field))).copied()
    }
}

/// Everything that clients did.
#[derive(Debug)]
pub(crate) struct Oracle {
    writes: Vec<Write>,
    cells: Cells,
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
        Self { writes: Vec::new(), cells: Cells::default(), clocks_lie, lists_race, seen: BTreeMap::new() }
    }

    /// The number of the next write.
    pub(crate) fn next_write(&self) -> u64 {
        self.writes.len() as u64 + 1
    }

    fn write(&self, number: u64) -> Option<&Write> {
        self.writes.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    fn write_mut(&mut self, number: u64) -> Option<&mut Write> {
        self.writes.get_mut(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// A client sends rows; the number is that of [`Oracle::next_write`].
    pub(crate) fn begin(&mut self, (process, incarnation): (&str, u32), lane: Lane, rows: &[Row], now: Duration) {
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
            process: process.to_owned(),
            incarnation,
            lane,
            started: now,
            ended: now,
            outcome: Outcome::Open,
            place: None,
            folded: None,
            is_forgiven: false,
        });
    }

    /// The client hears of the outcome.
    pub(crate) fn end(&mut self, number: u64, outcome: Outcome, place: Option<(Source, Seq)>, now: Duration) {
        if let Some(write) = self.write_mut(number) {
            (write.outcome, write.place, write.ended) = (outcome, place, now);
        }
    }

    /// A commit made these rows part of segments.
    pub(crate) fn folded(&mut self, rows: &[Row], now: Duration) -> Vec<Race> {
        let mut reached = Vec::new();
        for row in rows.iter().filter(|row| &*row.key.table == MARKS) {
            let number = row.fields.first().and_then(|(_, value)| write_of(value));
            if let Some(write) = number.and_then(|number| self.write_mut(number)) {
                if write.outcome != Outcome::Acked {
                    reached.push(Race::UnackedFolded);
                }
                write.folded = write.folded.or(Some(now));
            }
        }
        reached
    }

    /// An incarnation is gone, with its memory: what was only there need not come back.
    pub(crate) fn forget_memory(&mut self, process: &str, incarnation: u32) {
        let lost = |write: &&mut Write| {
            write.process == process && write.incarnation == incarnation && write.lane == Lane::Memory
        };
        for write in self.writes.iter_mut().filter(lost).filter(|write| write.folded.is_none()) {
            write.is_forgiven = true;
        }
    }

    /// A disk came back with the frames below `next` only; the number of acknowledged writes that this took. Whatever was
    /// folded by then stays all the same.
    pub(crate) fn lose_disk(&mut self, process: &str, next: Seq) -> usize {
        let mut lost = 0;
        for write in self.writes.iter_mut().filter(|write| write.process == process && write.lane == Lane::Disk) {
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
