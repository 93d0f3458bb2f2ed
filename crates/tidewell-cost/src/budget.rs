//! A month's money as an income: what accrues may be spent, and some of it saved.

use std::time::Duration;

/// A month as budgets count it: 30.44 days.
pub const MONTH: Duration = Duration::from_secs(2_630_016);

/// The longest that a budget makes a write wait unless it says otherwise.
pub const INTERVAL_MAX_DEFAULT: Duration = Duration::from_secs(60);

/// What a quiet time may save for a busy one, as a time of income; and how far spending may run ahead of it.
const SAVED_MAX: Duration = Duration::from_secs(3_600);
/// What a process begins with, as a time of income: little, since each start would grant it anew.
const SAVED_AT_START: Duration = Duration::from_secs(60);

/// A budget that cannot be kept to.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BudgetError {
    /// Not an amount of money that can be spent.
    #[error("a monthly budget of ${0} cannot be kept: give dollars above 0, or leave the budget out")]
    Amount(f64),
}

/// What the requests of a process may cost a month, and how long writes may be made to wait for that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    usd_per_month: f64,
    interval_max: Duration,
}

impl Budget {
    /// A budget in US dollars a month of 30.44 days. Above `interval_max` nothing waits: the budget is exceeded then, which
    /// [`CadenceStatus::overspent_usd`](crate::CadenceStatus::overspent_usd) shows.
    ///
    /// # Errors
    /// [`BudgetError::Amount`] when it is not above 0 and finite: ask for another.
    pub fn new(usd_per_month: f64, interval_max: Duration) -> Result<Self, BudgetError> {
        match usd_per_month.is_finite() && usd_per_month > 0.0 {
            true => Ok(Self { usd_per_month, interval_max }),
            false => Err(BudgetError::Amount(usd_per_month)),
        }
    }

    /// Dollars a month.
    #[must_use]
    pub fn usd_per_month(&self) -> f64 {
        self.usd_per_month
    }

    /// How long a write may be made to wait.
    #[must_use]
    pub fn interval_max(&self) -> Duration {
        self.interval_max
    }

    /// Dollars a second.
    #[must_use]
    pub fn usd_per_second(&self) -> f64 {
        self.usd_per_month / MONTH.as_secs_f64()
    }

    /// The time in which this much accrues: the interval that a writer who never pauses comes to, if nothing else is
    /// paid for. Not limited by [`Budget::interval_max`].
    #[must_use]
    pub fn time_to_earn(&self, usd: f64) -> Duration {
        Duration::try_from_secs_f64((usd / self.usd_per_second()).max(0.0)).unwrap_or(Duration::MAX)
    }

    /// What accrues in a time.
    fn earned(&self, time: Duration) -> f64 {
        self.usd_per_second() * time.as_secs_f64()
    }
}

/// The purse: income by time, up to an hour's saved. Spending ahead makes it a debt, which later income pays off; above an
/// hour's income a debt is written off, and counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purse {
    budget: Budget,
    credit_usd: f64,
    /// When income was last added.
    at: Duration,
    written_off_usd: f64,
}

impl Purse {
    /// With the first flush's cost or a minute's income, whichever is more, so that a lone first write is quick.
    pub(crate) fn new(budget: Budget, now: Duration, flush_usd: f64) -> Self {
        let credit_usd = budget.earned(SAVED_AT_START).max(flush_usd);
        Self { budget, credit_usd, at: now, written_off_usd: 0.0 }
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// What is saved, or the debt where it is below 0.
    pub(crate) fn credit_usd(&self) -> f64 {
        self.credit_usd
    }

    /// Debts that no income will pay.
    pub(crate) fn written_off_usd(&self) -> f64 {
        self.written_off_usd
    }

    /// Adds the income up to now; nothing for a clock that went back.
    pub(crate) fn earn(&mut self, now: Duration) {
        let saved_max = self.budget.earned(SAVED_MAX);
        let earned = self.budget.earned(now.saturating_sub(self.at));
        // What a start granted above the limit stays until it is spent.
        self.credit_usd = (self.credit_usd + earned).min(saved_max.max(self.credit_usd));
        self.at = self.at.max(now);
    }

    /// Pays, whether there is enough or not; takes back where it is below 0.
    pub(crate) fn pay(&mut self, usd: f64) {
        self.credit_usd -= usd;
        let debt_max = self.budget.earned(SAVED_MAX);
        let excess = -debt_max - self.credit_usd;
        if excess > 0.0 {
            self.credit_usd += excess;
            self.written_off_usd += excess;
        }
    }

    /// Pays for what is to begin once income covers it, and says in which time that is: at most the budget's longest wait.
    pub(crate) fn reserve(&mut self, usd: f64) -> Duration {
        let missing = usd - self.credit_usd;
        self.pay(usd);
        self.budget.time_to_earn(missing).min(self.budget.interval_max)
    }
}

#[cfg(test)]
mod tests;
