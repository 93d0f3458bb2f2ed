//! What processes do, one file each. A new actor is a file with `run`, a variant here, and a place in a plan.

mod careless;
mod client;
mod collector;
mod compactor;
mod deleter;
mod expirer;
mod folder;
mod reader;
mod sealer;
mod session;
mod snapshotter;
mod syncer;
mod tierer;

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::{BoxFuture, select};

use crate::dice::Dice;
use crate::host::Host;
pub(crate) use careless::Careless;
pub(crate) use client::last_write;
pub(crate) use collector::collect;
pub(crate) use compactor::compact;
pub(crate) use folder::fold;
pub(crate) use reader::read;
pub(crate) use snapshotter::{drop_all, restore};
pub(crate) use tierer::tier;

/// Something that a process does for as long as the storm lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// Writes, and waits for each answer or not: the process's client of this number.
    Client(u32),
    /// Folds the log, its own and everyone's.
    Folder,
    /// Takes strong reads, and reads some of them twice; reads named versions.
    Reader,
    /// Takes reads that name a write, and see it without a listing.
    Session,
    /// Fsyncs the local log from time to time, in `periodic` mode.
    Syncer,
    /// Puts small segments together.
    Compactor,
    /// Moves old segments to the cold tier.
    Tierer,
    /// Ends rows that have outlived their retention.
    Expirer,
    /// Opens and seals generations.
    Sealer,
    /// Writes checkpoints that count, and deletes what nothing needs.
    Collector,
    /// Deletes rows.
    Deleter,
    /// Names versions, and drops the names.
    Snapshotter,
    /// Makes a mistake, for runs that must be caught.
    Careless(Careless),
}

impl Actor {
    pub(crate) fn is_client(self) -> bool {
        matches!(self, Self::Client(_))
    }

    /// What it does, until the storm ends.
    pub(crate) fn run(self, host: Arc<Host>, dice: Dice) -> BoxFuture<'static, ()> {
        match self {
            Self::Client(number) => client::run(host, dice, number).boxed(),
            Self::Folder => folder::run(host, dice).boxed(),
            Self::Reader => reader::run(host, dice).boxed(),
            Self::Session => session::run(host, dice).boxed(),
            Self::Syncer => syncer::run(host, dice).boxed(),
            Self::Compactor => compactor::run(host, dice).boxed(),
            Self::Tierer => tierer::run(host, dice).boxed(),
            Self::Expirer => expirer::run(host, dice).boxed(),
            Self::Sealer => sealer::run(host, dice).boxed(),
            Self::Collector => collector::run(host, dice).boxed(),
            Self::Deleter => deleter::run(host, dice).boxed(),
            Self::Snapshotter => snapshotter::run(host, dice).boxed(),
            Self::Careless(careless) => careless.run(host, dice),
        }
    }
}

/// Waits as long as the plan says that an actor waits between two deeds.
pub(crate) async fn pause(host: &Host, dice: &mut Dice) {
    long_pause(host, dice, 1).await;
}

/// Waits so much longer: for deeds that are rarer than writes.
pub(crate) async fn long_pause(host: &Host, dice: &mut Dice, times: u32) {
    let (from, to) = host.world().plan.pause;
    let span = dice.span(from * times, to * times);
    let world = host.world();
    // The end of the storm ends every pause.
    drop(select(Box::pin(host.env.sleep(span * world.quiet_factor())), Box::pin(world.calmed())).await);
}
