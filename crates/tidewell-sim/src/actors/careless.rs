//! Mistakes that a verb could make, each of which must be caught.

mod collect;
mod rewrite;
mod seal;

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tidewell_manifest::State;

use super::long_pause;
use crate::dice::Dice;
use crate::host::Host;
use crate::pinned::ReadError;
use crate::verdict::Explain as _;
pub(super) use collect::delete_unknown;

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Careless {
    /// Deletes records that a checkpoint has, without raising the floor.
    Records,
    /// Deletes segments that no commit names, by age.
    Orphans,
    /// Deletes segments that a commit removed, without condemning them.
    Removed,
    /// Folds and says nothing of it: the entries are folded again.
    Watermarks,
    /// Folds and does not say which requests it took: they may come again.
    Tokens,
    /// Writes a checkpoint of a state that is not committed.
    Checkpoint,
    /// Rewrites segments that another lies between.
    Rewrite,
    /// Seals a generation without saying that it is about to.
    Sealing,
}

impl Careless {
    /// Does it again and again until the storm ends.
    pub(super) fn run(self, host: Arc<Host>, dice: Dice) -> BoxFuture<'static, ()> {
        go_on(self, host, dice).boxed()
    }
}

async fn go_on(careless: Careless, host: Arc<Host>, mut dice: Dice) {
    let mut old = collect::Old::default();
    while host.is_storm() {
        long_pause(&host, &mut dice, 2).await;
        if let Err(error) = once(careless, &host, &mut dice, &mut old).await {
            error.explain(&host.process, "mistake");
        }
    }
}

async fn once(careless: Careless, host: &Host, dice: &mut Dice, old: &mut collect::Old) -> Result<(), ReadError> {
    match careless {
        Careless::Records => collect::records(host).await,
        Careless::Orphans => collect::orphans(host, old).await,
        Careless::Removed => collect::removed(host).await,
        Careless::Watermarks => rewrite::fold(host, |_, _| Vec::new()).await,
        Careless::Tokens => rewrite::fold(host, rewrite::folds).await,
        Careless::Checkpoint => checkpoint(host).await,
        Careless::Rewrite => rewrite::rewrite(host, dice).await,
        Careless::Sealing => seal::seal(host).await,
    }
}

/// Takes the next version for granted.
async fn checkpoint(host: &Host) -> Result<(), ReadError> {
    let mut state = State::clone(&*host.manifest.catch_up().await?);
    state.version = state.version.next().unwrap_or(state.version);
    Ok(host.manifest.write_checkpoint(&state).await.map(drop)?)
}
