//! What clients deleted.

use std::time::Duration;

use super::{Lane, MIXED, Oracle, Outcome, Who, Write};
use crate::race::Race;
use crate::rows::RowKey;

/// One delete: rows of the mixed table, by series and time.
#[derive(Clone, Debug)]
pub(crate) struct Delete {
    pub(crate) who: Who,
    /// Where its span starts, nanoseconds; no two deletes have the same.
    pub(crate) start_ns: i64,
    pub(crate) end_ns: i64,
    /// The values of tag `c`; none: every series.
    pub(crate) series: Vec<String>,
    pub(crate) started: Duration,
    /// When it was acknowledged.
    pub(crate) ended: Option<Duration>,
    /// When its commit was created.
    landed: Option<Duration>,
}

impl Delete {
    pub(crate) fn new(who: Who, (start_ns, end_ns): (i64, i64), series: Vec<String>, started: Duration) -> Self {
        Self { who, start_ns, end_ns, series, started, ended: None, landed: None }
    }

    fn covers(&self, key: &RowKey) -> bool {
        let is_inside = (self.start_ns..=self.end_ns).contains(&key.time_ns);
        let is_series = self.series.is_empty() || self.series.iter().any(|series| series == key.tag("c"));
        &*key.table == MIXED && is_inside && is_series
    }

    /// Whether it may hide what a write brought, by then.
    fn may_hide(&self, write: &Write, by: Duration) -> bool {
        self.landed.is_some_and(|landed| landed <= by && write.started <= landed)
    }

    /// Whether it must have hidden what a write brought, since then: the write was acknowledged before, where the process that
    /// deletes can fold it, or folded before.
    fn must_hide(&self, write: &Write, since: Duration) -> bool {
        if write.may_repeat {
            return false;
        }
        let is_before = write.outcome == Outcome::Acked && write.ended < self.started && self.reaches(write);
        let is_folded_before =
            write.folded.zip(self.landed).is_some_and(|(folded, landed)| folded < landed && landed < since);
        is_folded_before || (is_before && self.ended.is_some_and(|ended| ended < since))
    }

    fn reaches(&self, write: &Write) -> bool {
        match write.lane {
            Lane::Objects => true,
            Lane::Disk => write.who.process == self.who.process,
            Lane::Memory => write.who == self.who,
        }
    }
}

impl Oracle {
    /// A commit carries a delete out.
    pub(crate) fn deleted(&mut self, start_ns: i64, now: Duration) -> Option<Race> {
        let delete = self.deletes.landed(start_ns, now)?;
        let covered = self.cells.names.iter().zip(&self.cells.writes).filter(|((key, _), _)| delete.covers(key));
        let mut writes = covered.flat_map(|(_, writes)| writes).filter_map(|(number, _)| self.write(*number));
        let is_raced = |write: &Write| write.outcome == Outcome::Open || write.ended > delete.started;
        writes.any(is_raced).then_some(Race::DeleteRacedWrite)
    }
}

/// All deletes.
#[derive(Debug, Default)]
pub(crate) struct Deletes(Vec<Delete>);

impl Deletes {
    pub(crate) fn begin(&mut self, delete: Delete) -> usize {
        self.0.push(delete);
        self.0.len() - 1
    }

    /// It was acknowledged.
    pub(crate) fn end(&mut self, index: usize, now: Duration) {
        if let Some(delete) = self.0.get_mut(index) {
            delete.ended = Some(now);
        }
    }

    /// A commit carries it out.
    fn landed(&mut self, start_ns: i64, now: Duration) -> Option<Delete> {
        let delete = self.0.iter_mut().find(|delete| delete.start_ns == start_ns)?;
        delete.landed = delete.landed.or(Some(now));
        Some(delete.clone())
    }

    /// How many there were.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether a write's value in a row may be hidden by then.
    pub(super) fn may_hide(&self, key: &RowKey, write: &Write, by: Duration) -> bool {
        self.0.iter().any(|delete| delete.covers(key) && delete.may_hide(write, by))
    }

    /// Whether a write's value in a row must be hidden since then.
    pub(super) fn must_hide(&self, key: &RowKey, write: &Write, since: Duration) -> bool {
        self.0.iter().any(|delete| delete.covers(key) && delete.must_hide(write, since))
    }
}
