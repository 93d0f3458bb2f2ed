//! Seeded simulation: many Tidewell processes on one store, in virtual time, on one thread.
//!
//! A seed decides everything: which processes there are, what they write, which requests fail, arrive late or twice, when a
//! process crashes, freezes for days or loses its machine's power. The processes are the product's own crates; only the
//! store's network, the clock and the machine are simulated. An [audit](audit) follows every effect on the store, an
//! [oracle](oracle) every write and read; the first thing that does not hold ends the run. The same seed gives the same run.
//!
//! A development crate: nothing that ships depends on it.

mod actors;
mod attach;
mod audit;
mod breakage;
mod calm;
mod campaign;
mod dice;
mod disk;
mod gate;
mod host;
mod link;
mod nemesis;
mod oracle;
mod pinned;
mod plan;
mod process;
mod race;
mod rows;
mod seed;
mod time;
mod trace;
mod verdict;
mod violation;
mod weather;
mod world;

pub use breakage::Breakage;
pub use campaign::{Campaign, Summary, regressions};
pub use race::{Coverage, Race};
pub use seed::{Outcome, SeedOptions, run_seed};
pub use violation::{Invariant, Violation};
