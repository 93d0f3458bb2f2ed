//! What requests and bytes cost: prices, who spent what, a budget's cadence, a month's estimate.
//!
//! Everything here is arithmetic on counts that others made: no request, no clock, no chance. Instants are times since any
//! fixed moment on the caller's monotonic clock, and only their differences matter.

mod budget;
mod cadence;
mod estimate;
mod ledger;
mod prices;
mod recent;
mod share;

pub use budget::{Budget, BudgetError, INTERVAL_MAX_DEFAULT, MONTH};
pub use cadence::{Cadence, CadenceStatus, Pacer};
pub use estimate::{
    Counts, Description, DescriptionError, Estimate, Kept, LineItem, LogLevel, Observed, Runs, estimate,
};
pub use ledger::{Ledger, LedgerLimits, LedgerSnapshot, Purpose, QuerySpending, Spending, TablePart, TableSpending};
pub use prices::{Prices, PricesError};
pub use share::parts;
