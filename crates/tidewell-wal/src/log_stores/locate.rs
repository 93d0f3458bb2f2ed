//! What is in the log, over all stores.

use std::collections::BTreeMap;

use futures::future::{try_join, try_join_all};
use tidewell_env::Env;
use tidewell_storage::{DatabaseLayout, Listed, Operation};

use super::LogStores;
use crate::error::WalError;

/// Entries repaired at once.
const REPAIRS_MAX: usize = 16;

/// An object of the log, and where it was seen.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    pub(crate) listed: Listed,
    pub(crate) is_in_main: bool,
    /// On how many replicas.
    pub(crate) copies: usize,
}

impl LogStores {
    /// Whether an object was durable when it was listed.
    pub(crate) fn is_durable(&self, located: &Located) -> bool {
        located.is_in_main || located.copies >= self.majority()
    }

    /// The log's objects in the order of their keys, whatever their number of copies; one LIST of each store for each 1000.
    pub(crate) async fn locate(&self, env: &Env, layout: &DatabaseLayout) -> Result<Vec<Located>, WalError> {
        let prefix = layout.wal_prefix();
        let in_main = |listed| Located { listed, is_in_main: true, copies: 0 };
        if !self.has_replicas() {
            return Ok(self.main.list(&prefix).await?.into_iter().map(in_main).collect());
        }
        let on_replicas = self.ask(env, |store| list(store, prefix.clone()), |_| false);
        let (main, answers) = try_join(self.main.list(&prefix), async { Ok(on_replicas.await) }).await?;
        if answers.given.len() < self.majority() {
            return Err(self.too_few(Operation::List, prefix.as_str(), &answers).into());
        }
        let mut located: BTreeMap<String, Located> =
            main.into_iter().map(|listed| (listed.key.clone(), in_main(listed))).collect();
        for listed in answers.given.into_iter().flat_map(|(_, listed)| listed) {
            let known = located.entry(listed.key.clone());
            let known = known.or_insert(Located { listed, is_in_main: false, copies: 0 });
            known.copies += 1;
        }
        Ok(located.into_values().collect())
    }

    /// The log's objects in the order of their keys, each durable: what is on too few replicas is copied to a majority
    /// before this returns. A view that the objects are judged by must be read afterwards.
    ///
    /// Holds every entry that was acknowledged before the call. Requests: one LIST of each store for each 1000 objects, and
    /// for an entry on too few replicas one GET of each and one PUT of each that lacks it.
    ///
    /// # Errors
    /// [`WalError::Storage`] when the main store or a majority of the replicas does not answer, naming those that did not;
    /// otherwise as for reading an entry: [`WalError::Damaged`], [`WalError::Newer`], [`WalError::IdentityTaken`].
    pub async fn list(&self, env: &Env, layout: &DatabaseLayout) -> Result<Vec<Listed>, WalError> {
        let located = self.locate(env, layout).await?;
        let mut objects = Vec::with_capacity(located.len());
        for group in located.chunks(REPAIRS_MAX) {
            let repaired = try_join_all(group.iter().map(|located| self.repaired(env, layout, located))).await?;
            objects.extend(repaired.into_iter().flatten());
        }
        Ok(objects)
    }

    async fn repaired(
        &self,
        env: &Env,
        layout: &DatabaseLayout,
        located: &Located,
    ) -> Result<Option<Listed>, WalError> {
        let is_there = match layout.parse_wal(&located.listed.key) {
            Some((stream, seq)) if !self.is_durable(located) => self.settle(env, &layout.wal(stream, seq)).await?,
            _ => true,
        };
        Ok(is_there.then(|| located.listed.clone()))
    }
}

async fn list(
    store: tidewell_storage::Store,
    prefix: tidewell_storage::Prefix,
) -> Result<Vec<Listed>, tidewell_storage::StorageError> {
    store.list(&prefix).await
}
