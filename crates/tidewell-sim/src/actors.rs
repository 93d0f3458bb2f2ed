//! What processes do, one file each. A new actor is a file with `run`, a variant here, and a place in a plan.

mod careless;
mod client;
mod collector;
mod folder;
mod reader;
mod syncer;

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::dice::Dice;
use crate::host::Host;
pub(crate) use client::last_write;
pub(crate) use folder::fold;
pub(crate) use reader::read;

/// Something that a process does for as long as the storm lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// Writes, and waits for each answer or not: the process's client of this number.
    Client(u32),
    /// Folds the log, its own and everyone's.
    Folder,
    /// Takes strong reads, and reads some of them twice.
    Reader,
    /// Fsyncs the local log from time to time, in `periodic` mode.
    Syncer,
    /// Writes checkpoints, raises the floor, and deletes the records below it.
    Collector,
    /// Deletes segments that no commit names although their generation is open: a mistake, for runs that must be caught.
    CarelessCollector,
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
            Self::Syncer => syncer::run(host, dice).boxed(),
            Self::Collector => collector::run(host, dice).boxed(),
            Self::CarelessCollector => careless::run(host, dice).boxed(),
        }
    }
}

/// Waits as long as the plan says that an actor waits between two deeds.
pub(crate) async fn pause(host: &Host, dice: &mut Dice) {
    let (from, to) = host.process.world.plan.pause;
    host.env.sleep(dice.span(from, to)).await;
}
