//! Whether what a reader saw is allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::{Lane, MARKS, Oracle, Outcome, Write, write_of};
use crate::rows::Rows;
use crate::violation::Invariant;

/// One who reads: which writes it must see, and what it has seen.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) process: String,
    pub(crate) incarnation: u32,
    /// Whether it sees what is in the process's own log or memory.
    pub(crate) has_local: bool,
    /// The write that it last saw in each cell.
    pub(crate) seen: BTreeMap<u32, u64>,
}

/// What was wrong with a view, if anything.
pub(crate) type Judged = Result<(), (Invariant, String)>;

impl Reader {
    pub(crate) fn new(process: &str, incarnation: u32, has_local: bool) -> Self {
        Self { process: process.to_owned(), incarnation, has_local, seen: BTreeMap::new() }
    }

    fn reaches(&self, write: &Write) -> bool {
        match write.lane {
            Lane::Objects => true,
            Lane::Disk => self.has_local && write.process == self.process,
            Lane::Memory => self.has_local && write.process == self.process && write.incarnation == self.incarnation,
        }
    }
}

impl Oracle {
    /// Judges what a reader saw in a strong read that began at `started` and ended at `ended`.
    pub(crate) fn judge(&mut self, reader: &mut Reader, view: &Rows, (started, ended): (Duration, Duration)) -> Judged {
        let visible = self.visible(view, ended)?;
        let marked = self.marked(&visible)?;
        let must_see = |number: u64| {
            let Some(write) = self.write(number) else { return false };
            let is_due = write.outcome == Outcome::Acked && write.ended < started && !write.is_forgiven;
            let is_reached = reader.reaches(write) || write.folded.is_some_and(|folded| folded < started);
            (is_due && is_reached) || marked.contains(&number)
        };
        for (cell, writes) in self.cells.writes.iter().enumerate() {
            let due = writes.iter().map(|(number, _)| *number).filter(|number| must_see(*number));
            self.check_cell(cell as u32, &visible, due, marked.is_empty())?;
        }
        self.check_monotone(&reader.seen, &visible, "it")?;
        self.check_monotone(&self.seen_before(started), &visible, "another reader")?;
        self.remember(&visible, ended);
        reader.seen = visible;
        Ok(())
    }

    /// What others had seen when a read began.
    fn seen_before(&self, started: Duration) -> BTreeMap<u32, u64> {
        let last =
            |seen: &Vec<(Duration, u64)>| seen.iter().rev().find(|(at, _)| *at < started).map(|(_, number)| *number);
        self.seen.iter().filter_map(|(cell, seen)| Some((*cell, last(seen)?))).collect()
    }

    fn remember(&mut self, visible: &BTreeMap<u32, u64>, ended: Duration) {
        for (cell, number) in visible {
            let is_news = self.seen.get(cell).and_then(|seen| seen.last()).is_none_or(|(_, last)| last != number);
            if is_news && self.is_shared(*number) {
                self.seen.entry(*cell).or_default().push((ended, *number));
            }
        }
    }

    /// Whether every reader sees a write that one has seen.
    fn is_shared(&self, number: u64) -> bool {
        self.write(number).is_some_and(|write| write.lane == Lane::Objects || write.folded.is_some())
    }

    /// The write that each visible value came from.
    fn visible(&self, view: &Rows, ended: Duration) -> Result<BTreeMap<u32, u64>, (Invariant, String)> {
        let mut visible = BTreeMap::new();
        for (key, fields) in &view.by_key {
            for (field, value) in fields {
                let strange = || (Invariant::Content, format!("{key} {field}={value:?} was never written"));
                let cell = self.cells.find(key, field).ok_or_else(strange)?;
                let number = write_of(value).ok_or_else(strange)?;
                let write = self.write(number).ok_or_else(strange)?;
                let writes = self.cells.writes.get(cell as usize).map(Vec::as_slice).unwrap_or_default();
                if !writes.contains(&(number, value.clone())) || write.started > ended {
                    return Err(strange());
                }
                if write.outcome == Outcome::Refused {
                    let what = format!("{key} {field} shows write {number}, which was refused for good");
                    return Err((Invariant::Outcome, what));
                }
                visible.insert(cell, number);
            }
        }
        Ok(visible)
    }

    /// The writes whose marks are visible; every other visible value must belong to one of them.
    fn marked(&self, visible: &BTreeMap<u32, u64>) -> Result<BTreeSet<u64>, (Invariant, String)> {
        let is_mark = |cell: &u32| self.cells.names.get(*cell as usize).is_some_and(|(key, _)| &*key.table == MARKS);
        let marked: BTreeSet<u64> =
            visible.iter().filter(|(cell, _)| is_mark(cell)).map(|(_, number)| *number).collect();
        match visible.values().find(|number| !marked.contains(number)) {
            Some(number) => {
                Err((Invariant::ExactlyOnce, format!("a part of write {number} is visible without its mark")))
            }
            None => Ok(marked),
        }
    }

    fn check_cell(
        &self,
        cell: u32,
        visible: &BTreeMap<u32, u64>,
        due: impl Iterator<Item = u64>,
        is_empty: bool,
    ) -> Judged {
        let found = visible.get(&cell).copied();
        for number in due {
            let Some(found) = found else {
                let all = if is_empty { " and so is everything else" } else { "" };
                let what = format!("{} of write {number} is missing{all}", self.name(cell));
                return Err((Invariant::StrongRead, what));
            };
            self.check_not_before(cell, found, number, Invariant::Order)?;
        }
        Ok(())
    }

    /// `found` is visible though `number` was to be seen: fine unless it certainly came before.
    fn check_not_before(&self, cell: u32, found: u64, number: u64, invariant: Invariant) -> Judged {
        let (Some(shown), Some(hidden)) = (self.write(found), self.write(number)) else { return Ok(()) };
        if found == number || !self.precedes(shown, hidden) {
            return Ok(());
        }
        let what = format!("{} shows write {found} and hides write {number}, which came after it", self.name(cell));
        Err((invariant, what))
    }

    fn check_monotone(&self, seen: &BTreeMap<u32, u64>, visible: &BTreeMap<u32, u64>, who: &str) -> Judged {
        for (cell, number) in seen {
            match visible.get(cell) {
                None => {
                    let what = format!("{} of write {number} is missing, though {who} has seen it", self.name(*cell));
                    return Err((Invariant::Monotone, what));
                }
                Some(found) => self.check_not_before(*cell, *found, *number, Invariant::Monotone)?,
            }
        }
        Ok(())
    }

    fn name(&self, cell: u32) -> String {
        let name: Option<&(_, Arc<str>)> = self.cells.names.get(cell as usize);
        name.map(|(key, field)| format!("{key} {field}")).unwrap_or_default()
    }
}
