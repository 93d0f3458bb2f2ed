//! What a month costs, from a description of who writes and asks how much.
//!
//! Each line is a number of steps a month times the requests that a step is documented and tested to make
//! (`estimate/requests.rs`), plus what is kept. It is arithmetic, not a simulation: bursts, failures and lost races cost more.

mod description;
mod items;
mod observed;
mod requests;
mod said;

use serde::Serialize;

use crate::budget::MONTH;
use crate::prices::Prices;
pub use description::{Description, DescriptionError, Kept, LogLevel, Runs};
pub use observed::Observed;
pub use requests::Counts;

/// One line of an estimate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LineItem {
    /// What is paid for.
    pub what: &'static str,
    /// How much of it a month.
    pub count: f64,
    /// What the count counts.
    pub unit: &'static str,
    /// The requests of all of it.
    pub requests: Counts,
    /// US dollars a month.
    pub usd: f64,
}

/// A month of 30.44 days.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// What is paid for; lines that come to nothing are left out.
    pub items: Vec<LineItem>,
    /// The sum, in US dollars.
    pub total_usd: f64,
    /// The part of it that is for requests.
    pub requests_usd: f64,
    /// What was assumed, in sentences.
    pub assumptions: Vec<String>,
}

/// Estimates a month.
///
/// # Errors
/// [`DescriptionError`] names the number that cannot be.
pub fn estimate(description: &Description, prices: &Prices) -> Result<Estimate, DescriptionError> {
    description.check()?;
    let items: Vec<LineItem> = items::items(description, prices).into_iter().filter(|item| item.count > 0.0).collect();
    Ok(Estimate {
        total_usd: items.iter().map(|item| item.usd).sum(),
        requests_usd: items.iter().map(|item| item.requests.usd(prices)).sum(),
        items,
        assumptions: said::assumptions(description),
    })
}

/// Seconds of a month.
pub(crate) fn month_s() -> f64 {
    MONTH.as_secs_f64()
}

#[cfg(test)]
mod tests;
