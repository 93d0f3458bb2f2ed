//! Whether what a reader saw is allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::{EVENTS, Lane, MARKS, Oracle, Outcome, Who, Write, write_of};
use crate::rows::Rows;
use crate::violation::Invariant;

/// One who reads: which writes it must see, and what it has seen.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    who: Who,
    /// Whether it sees what is in the process's own log or memory.
    has_local: bool,
    /// The write that it last saw in each cell.
    seen: BTreeMap<u32, u64>,
    /// Writes that it saw in a cell before the cell went away.
    gone: BTreeSet<(u32, u64)>,
}

/// What a reader saw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) rows: &'a Rows,
    pub(crate) started: Duration,
    pub(crate) ended: Duration,
    /// Rows of the table that expires need not be there below this instant, nanoseconds.
    pub(crate) floor_ns: i64,
    /// The one write that it asked for; `None` for everything acknowledged before.
    pub(crate) session: Option<u64>,
}

/// What was wrong with a view, if anything.
pub(crate) type Judged = Result<(), (Invariant, String)>;

impl Reader {
    pub(crate) fn new(who: Who, has_local: bool) -> Self {
        Self { who, has_local, seen: BTreeMap::new(), gone: BTreeSet::new() }
    }

    fn reaches(&self, write: &Write) -> bool {
        match write.lane {
            Lane::Objects => true,
            Lane::Disk => self.has_local && write.who.process == self.who.process,
            Lane::Memory => self.has_local && write.who == self.who,
        }
    }

    fn note(&mut self, visible: BTreeMap<u32, u64>) {
        let lost = self.seen.iter().filter(|(cell, _)| !visible.contains_key(cell));
        self.gone.extend(lost.map(|(cell, number)| (*cell, *number)));
        self.seen = visible;
    }
}

impl Oracle {
    /// Judges a read.
    pub(crate) fn judge(&mut self, reader: &mut Reader, seen: &Seen<'_>) -> Judged {
        let visible = self.visible(seen)?;
        let marked = self.marked(&visible)?;
        let must_see = |number: u64| {
            let Some(write) = self.write(number) else { return false };
            let is_due = write.outcome == Outcome::Acked && write.ended < seen.started && !write.is_forgiven;
            let is_reached = reader.reaches(write) || write.folded.is_some_and(|folded| folded < seen.started);
            let is_asked = seen.session.is_none_or(|asked| asked == number);
            (is_due && is_reached && is_asked) || marked.contains(&number)
        };
        let missing = if seen.session.is_some() { Invariant::Session } else { Invariant::StrongRead };
        for (cell, writes) in self.cells.writes.iter().enumerate() {
            for (number, _) in writes.iter().filter(|(number, _)| must_see(*number)) {
                self.check_cell(cell as u32, *number, (&visible, seen), (missing, Invariant::Order), "")?;
            }
        }
        let may_repeat = |number: u64| self.write(number).is_some_and(|write| write.may_repeat);
        let is_back = |(cell, number): (&u32, &u64)| reader.gone.contains(&(*cell, *number)) && !may_repeat(*number);
        if let Some((cell, number)) = visible.iter().find(|seen| is_back(*seen)) {
            let what = format!("{} shows write {number} again, which was hidden from it", self.name(*cell));
            return Err((Invariant::Monotone, what));
        }
        self.check_monotone(&reader.seen, (&visible, seen), "it")?;
        if seen.session.is_none() {
            self.check_monotone(&self.seen_before(seen.started), (&visible, seen), "another reader")?;
        }
        self.remember(&visible, seen.ended);
        reader.note(visible);
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
            let last = self.seen.get(cell).and_then(|seen| seen.last());
            let is_news = last.is_none_or(|(at, last)| *at <= ended && last != number);
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
    fn visible(&self, seen: &Seen<'_>) -> Result<BTreeMap<u32, u64>, (Invariant, String)> {
        let mut visible = BTreeMap::new();
        for (key, fields) in &seen.rows.by_key {
            for (field, value) in fields.iter() {
                let strange = || (Invariant::Content, format!("{key} {field}={value:?} was never written"));
                let cell = self.cells.find(key, field).ok_or_else(strange)?;
                let number = write_of(value).ok_or_else(strange)?;
                let write = self.write(number).ok_or_else(strange)?;
                let writes = self.cells.writes.get(cell as usize).map(Vec::as_slice).unwrap_or_default();
                if !writes.iter().any(|(known, written)| *known == number && written == value)
                    || write.started > seen.ended
                {
                    return Err(strange());
                }
                if write.outcome == Outcome::Refused {
                    let what = format!("{key} {field} shows write {number}, which was refused for good");
                    return Err((Invariant::Outcome, what));
                }
                if seen.session.is_none() && self.deletes.must_hide(key, write, seen.started) {
                    let what = format!("{key} {field} shows write {number}, which was deleted");
                    return Err((Invariant::Deletion, what));
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

    /// A cell shows a write or one that may have come later, unless it may have been hidden since.
    fn check_cell(
        &self,
        cell: u32,
        number: u64,
        (visible, seen): (&BTreeMap<u32, u64>, &Seen<'_>),
        (missing, order): (Invariant, Invariant),
        why: &str,
    ) -> Judged {
        let Some(hidden) = self.write(number) else { return Ok(()) };
        let Some(found) = visible.get(&cell) else {
            if self.may_be_hidden(cell, hidden, seen) {
                return Ok(());
            }
            let all = if visible.is_empty() { " and so is everything else" } else { "" };
            return Err((missing, format!("{} of write {number} is missing{all}{why}", self.name(cell))));
        };
        let Some(shown) = self.write(*found) else { return Ok(()) };
        if *found == number || !self.precedes(shown, hidden) {
            return Ok(());
        }
        let name = self.name(cell);
        Err((order, format!("{name} shows write {found} and hides write {number}, which came after it{why}")))
    }

    fn may_be_hidden(&self, cell: u32, write: &Write, seen: &Seen<'_>) -> bool {
        let Some((key, _)) = self.cells.names.get(cell as usize) else { return false };
        let has_expired = &*key.table == EVENTS && key.time_ns < seen.floor_ns;
        has_expired || self.deletes.may_hide(key, write, seen.ended)
    }

    fn check_monotone(&self, before: &BTreeMap<u32, u64>, now: (&BTreeMap<u32, u64>, &Seen<'_>), who: &str) -> Judged {
        let why = format!(", though {who} has seen it");
        let both = (Invariant::Monotone, Invariant::Monotone);
        before.iter().try_for_each(|(cell, number)| self.check_cell(*cell, *number, now, both, &why))
    }

    fn name(&self, cell: u32) -> String {
        let name: Option<&(_, Arc<str>)> = self.cells.names.get(cell as usize);
        name.map(|(key, field)| format!("{key} {field}")).unwrap_or_default()
    }
}
