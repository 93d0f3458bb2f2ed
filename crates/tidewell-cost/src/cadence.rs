//! How often a process puts its log's objects: as configured, or as seldom as its budget asks.
//!
//! Income accrues by time and each log object is paid for before it is put. A quiet time saves up, so that a lone write waits
//! for nothing; a writer that never pauses comes to an interval of the mean cost of its objects divided by the income.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tidewell_storage::Usage;

use crate::budget::{Budget, MONTH, Purse};
use crate::prices::Prices;
use crate::recent::Recent;

/// How much of a newly measured cost goes into the mean.
const MEAN_PART: f64 = 0.125;

/// One process's pace, shared by the logs of all its databases. Times are those of one monotonic clock.
#[derive(Debug)]
pub struct Cadence {
    interval_min: Duration,
    prices: Prices,
    is_hurried: AtomicBool,
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    purse: Option<Purse>,
    /// The mean cost of a log object and its re-check.
    flush_usd: f64,
    flush_count: u64,
    log_usd: f64,
    other_usd: f64,
    recent_log: Recent,
    recent_other: Recent,
}

/// What a pace is and was; money in US dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CadenceStatus {
    /// The budget; `None` where there is none.
    pub budget_usd_per_month: Option<f64>,
    /// The shortest time between two log objects of one database.
    pub interval_ms_min: u64,
    /// The longest that the budget makes a write wait.
    pub interval_ms_max: Option<u64>,
    /// The time between two log objects that writing without a pause comes to, all databases together, at what is spent now.
    pub interval_ms_busy: u64,
    /// Log objects put.
    pub flush_count: u64,
    /// What one costs with its re-check, a moving mean.
    pub flush_usd: f64,
    /// Spent on the log.
    pub log_usd: f64,
    /// Spent on all else.
    pub other_usd: f64,
    /// What a month costs at the pace of the last hour.
    pub projected_usd_per_month: f64,
    /// Saved for busy times; below 0 what was spent ahead. 0 without a budget.
    pub credit_usd: f64,
    /// What was spent above the budget for good: because nothing may wait for longer than the maximum, or for other requests
    /// than the log's. Above 0 it is a warning: raise the budget or `interval_ms_max`.
    pub overspent_usd: f64,
}

impl Cadence {
    /// A pace that keeps `interval_min` between two objects of a log, and to the budget where there is one.
    #[must_use]
    pub fn new(interval_min: Duration, prices: Prices, budget: Option<Budget>, now: Duration) -> Arc<Self> {
        let flush_usd = prices.append_usd();
        let books = Books {
            purse: budget.map(|budget| Purse::new(budget, now, flush_usd)),
            flush_usd,
            flush_count: 0,
            log_usd: 0.0,
            other_usd: 0.0,
            recent_log: Recent::new(now),
            recent_other: Recent::new(now),
        };
        Arc::new(Self { interval_min, prices, is_hurried: AtomicBool::new(false), books: Mutex::new(books) })
    }

    /// A pace without a budget.
    #[must_use]
    pub fn fixed(interval: Duration) -> Arc<Self> {
        Self::new(interval, Prices::default(), None, Duration::ZERO)
    }

    /// The pace of one log.
    #[must_use]
    pub fn pacer(self: &Arc<Self>) -> Pacer {
        Pacer { cadence: Arc::clone(self), last: None, reserved_usd: 0.0 }
    }

    /// From here on nothing waits: the process is about to end, and whoever waits for an answer is to have it before.
    pub fn hurry(&self) {
        self.is_hurried.store(true, Ordering::Relaxed);
    }

    /// Pays for requests that are not the log's: queries, folds, maintenance. What they cost, the log has to save.
    pub fn charge_other(&self, now: Duration, usage: &Usage) {
        let usd = self.prices.requests_usd(usage);
        let mut books = self.books.lock();
        books.other_usd += usd;
        books.recent_other.add(now, usd);
        if let Some(purse) = &mut books.purse {
            purse.earn(now);
            purse.pay(usd);
        }
    }

    /// The figures as of now.
    #[must_use]
    pub fn status(&self, now: Duration) -> CadenceStatus {
        let mut books = self.books.lock();
        let (log, other) = (books.recent_log.per_second(now), books.recent_other.per_second(now));
        let mut purse = books.purse;
        purse.iter_mut().for_each(|purse| purse.earn(now));
        let busy = purse.map_or(Duration::ZERO, |purse| busy_interval(purse.budget(), books.flush_usd, other));
        CadenceStatus {
            budget_usd_per_month: purse.map(|purse| purse.budget().usd_per_month()),
            interval_ms_min: milliseconds(self.interval_min),
            interval_ms_max: purse.map(|purse| milliseconds(purse.budget().interval_max().max(self.interval_min))),
            interval_ms_busy: milliseconds(busy.max(self.interval_min)),
            flush_count: books.flush_count,
            flush_usd: books.flush_usd,
            log_usd: books.log_usd,
            other_usd: books.other_usd,
            projected_usd_per_month: (log + other) * MONTH.as_secs_f64(),
            credit_usd: purse.map_or(0.0, |purse| purse.credit_usd()),
            overspent_usd: purse.map_or(0.0, |purse| purse.written_off_usd()),
        }
    }

    /// What these requests cost, in US dollars.
    #[must_use]
    pub fn usd(&self, usage: &Usage) -> f64 {
        self.prices.requests_usd(usage)
    }
}

/// What is left of the income beside other spending, and the time in which it pays for a flush.
fn busy_interval(budget: &Budget, flush_usd: f64, other_usd_per_second: f64) -> Duration {
    let left = budget.usd_per_second() - other_usd_per_second;
    let interval = Duration::try_from_secs_f64(flush_usd / left).ok().filter(|_| left > 0.0);
    interval.unwrap_or(Duration::MAX).min(budget.interval_max())
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Where one log is in its pace.
#[derive(Debug)]
pub struct Pacer {
    cadence: Arc<Cadence>,
    last: Option<Duration>,
    /// Paid for the object that is about to be put.
    reserved_usd: f64,
}

impl Pacer {
    /// How long the next object is to wait, which this pays for. Without a budget zero after a quiet interval, else what is
    /// left of it: so a lone write is quick and a busy writer still makes one object an interval. With a budget also until
    /// income covers it, at most its longest wait.
    #[must_use]
    pub fn pause(&mut self, now: Duration) -> Duration {
        if self.is_hurried() {
            return Duration::ZERO;
        }
        let interval = self.cadence.interval_min;
        let pause = self.last.map_or(Duration::ZERO, |last| (last + interval).saturating_sub(now));
        let mut books = self.cadence.books.lock();
        let flush_usd = books.flush_usd;
        let Some(purse) = &mut books.purse else { return pause };
        purse.earn(now);
        purse.pay(-self.reserved_usd);
        self.reserved_usd = flush_usd;
        pause.max(purse.reserve(flush_usd))
    }

    /// Whether nothing waits any more, also where [`Pacer::pause`] has said so.
    #[must_use]
    pub fn is_hurried(&self) -> bool {
        self.cadence.is_hurried.load(Ordering::Relaxed)
    }

    /// Takes note that an object is being put.
    pub fn begin(&mut self, now: Duration) {
        self.last = Some(now);
    }

    /// Takes note of what putting it took, with its re-check, in the place of what was expected.
    pub fn spend(&mut self, now: Duration, usage: &Usage) {
        let usd = self.cadence.prices.requests_usd(usage);
        let reserved_usd = std::mem::take(&mut self.reserved_usd);
        let mut books = self.cadence.books.lock();
        if let Some(purse) = &mut books.purse {
            purse.earn(now);
            purse.pay(usd - reserved_usd);
        }
        if usage.requests() > 0 {
            books.flush_usd += (usd - books.flush_usd) * MEAN_PART;
            books.flush_count += 1;
        }
        books.log_usd += usd;
        books.recent_log.add(now, usd);
    }
}

#[cfg(test)]
mod tests;
