//! Where the log in the store is kept: the main store, and other buckets for the level `quorum`.

mod ask;
mod copies;
mod locate;
mod replica;

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::future::{Either, join, select};
use futures::stream::FuturesUnordered;
use tidewell_env::Env;
use tidewell_storage::{Created, ObjectName, Operation, StorageError, Store, Usage};
use tidewell_types::WriteId;

use crate::error::WalError;
use crate::object;
use ask::Answers;
pub(crate) use copies::Held;
pub(crate) use locate::Located;
use replica::Replica;

/// Where an entry is to be durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogTarget {
    /// In the main store.
    Main,
    /// In a majority of the replicas.
    Replicas,
}

/// The stores that hold the log's objects. Cheap to clone; clones share counters.
///
/// An entry is durable when it is in the main store or, with the same bytes, in a majority of the replicas. Everything else
/// of a database (commits, segments) is in the main store alone, so nothing works without that one, while any minority of
/// the replicas may be down, slow or wiped. A replica that lost what it had and answers as if nothing had been there is one of
/// that minority until it is filled again: with three replicas, another that is too slow to be heard then hides an entry.
#[derive(Clone, Debug)]
pub struct LogStores {
    main: Store,
    replicas: Arc<[Replica]>,
}

impl From<Store> for LogStores {
    fn from(main: Store) -> Self {
        Self::single(main)
    }
}

impl LogStores {
    /// The log in one store.
    #[must_use]
    pub fn single(main: Store) -> Self {
        Self::with_replicas(main, Vec::new())
    }

    /// The log in one store, and in a majority of others for those who ask for that. Take an odd number of them: an even
    /// one needs one copy more and bears no further failure.
    #[must_use]
    pub fn with_replicas(main: Store, replicas: Vec<Store>) -> Self {
        Self { main, replicas: replicas.into_iter().map(Replica::new).collect() }
    }

    /// The main store, which holds everything but the replicas' log.
    #[must_use]
    pub fn main(&self) -> &Store {
        &self.main
    }

    /// Whether [`LogTarget::Replicas`] is possible.
    #[must_use]
    pub fn has_replicas(&self) -> bool {
        !self.replicas.is_empty()
    }

    /// How many replicas are a majority; 0 where there are none.
    fn majority(&self) -> usize {
        if self.replicas.is_empty() { 0 } else { self.replicas.len() / 2 + 1 }
    }

    /// The same stores with counters of their own, which start at zero and also add to these ones'.
    #[must_use]
    pub fn metered(&self) -> Self {
        self.through(self.main.metered())
    }

    /// The same log with the requests to the main store made through `main`, a metered clone of it, and with counters of
    /// their own for the replicas.
    #[must_use]
    pub fn through(&self, main: Store) -> Self {
        Self { main, replicas: self.replicas.iter().map(Replica::metered).collect() }
    }

    /// What all the stores have counted: the main store, for its other uses too, and the replicas.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.main.meter().snapshot() + self.replica_usage()
    }

    /// What the replicas have counted: to be added where the main store's counters are read by themselves.
    #[must_use]
    pub fn replica_usage(&self) -> Usage {
        let replicas = self.replicas.iter().map(|replica| replica.store().meter().snapshot());
        replicas.fold(Usage::default(), |sum, usage| sum + usage)
    }

    /// Creates the objects of one entry, which `name` is the name of: in the main store, one PUT, or in all replicas at
    /// once, one PUT each; more while a store is unclear. Returns when it is durable, which a replica that is down does not
    /// delay; what is still on its way then goes on. As with [`object::append`] it is not to be acknowledged before the
    /// generation was checked.
    ///
    /// A stream keeps to one target: the same place in the other would not be seen to be taken. Without replicas
    /// [`LogTarget::Replicas`] is the main store.
    ///
    /// # Errors
    /// [`WalError::IdentityTaken`] when another's entry is in the place, and [`WalError::Storage`], which is unknown as soon
    /// as any store may hold the entry. After any error the caller goes on under a new writer identity.
    pub async fn append(
        &self,
        env: &Env,
        name: &ObjectName,
        body: Bytes,
        write_id: WriteId,
        to: LogTarget,
    ) -> Result<(), WalError> {
        match to {
            LogTarget::Replicas if self.has_replicas() => self.create_on_majority(env, name, &body, write_id).await,
            LogTarget::Replicas | LogTarget::Main => object::create(&self.main, name, body, write_id).await,
        }
    }

    async fn create_on_majority(
        &self,
        env: &Env,
        name: &ObjectName,
        body: &Bytes,
        write_id: WriteId,
    ) -> Result<(), WalError> {
        let create = |(index, replica): (usize, &Replica)| {
            let created = replica.create(env, name, body, write_id);
            async move { (index, created.await) }
        };
        let mut creates: FuturesUnordered<_> = self.replicas.iter().enumerate().map(create).collect();
        let mut answers = Answers::default();
        let mut may_be_there = false;
        while let Some((index, created)) = creates.next().await {
            match created {
                Ok(Created::Mine) => answers.given.push((index, ())),
                Ok(Created::Other(_)) => return Err(WalError::IdentityTaken { name: name.to_string() }),
                Err(error) => {
                    may_be_there |= error.is_unknown();
                    answers.failed.insert(index, error.to_string());
                }
            }
            if answers.given.len() == self.majority() {
                return Ok(());
            }
        }
        may_be_there |= !answers.given.is_empty();
        let failed = self.too_few(Operation::Create, name.as_str(), &answers);
        Err(match failed {
            StorageError::Unavailable { at, cause } if may_be_there => StorageError::Unknown { at, cause },
            error => error,
        }
        .into())
    }

    /// Reads an entry that may be in any of the stores, without a listing: one GET of each at once. `None` where it is not,
    /// or on too few replicas to be shown; a listing with its repair finds out which.
    ///
    /// # Errors
    /// [`WalError::Storage`] when the main store, or too many replicas to be sure, do not answer; [`WalError::Damaged`].
    pub async fn get(&self, env: &Env, name: &ObjectName) -> Result<Option<Bytes>, WalError> {
        if !self.has_replicas() {
            return Ok(self.main.get(name).await?);
        }
        let (main, copies) = (Box::pin(self.main.get(name)), Box::pin(self.held(env, name)));
        let (main, copies) = match select(main, copies).await {
            Either::Left((Ok(Some(body)), _)) | Either::Right((Ok(Held::Durable(body)), _)) => return Ok(Some(body)),
            Either::Left((main, copies)) => (main, copies.await),
            Either::Right((copies, main)) => (main.await, copies),
        };
        match (main, copies) {
            (Ok(Some(body)), _) | (_, Ok(Held::Durable(body))) => Ok(Some(body)),
            (Err(error), _) => Err(error.into()),
            (_, Err(error)) => Err(error),
            (Ok(None), Ok(Held::Thin(_) | Held::Absent)) => Ok(None),
        }
    }

    /// Deletes entries from all stores; one DELETE each for up to 1000. A replica that does not answer keeps its own, until
    /// a later listing shows them and they are deleted again.
    ///
    /// # Errors
    /// The main store's, as [`Store::delete`].
    pub async fn delete(&self, env: &Env, names: &[ObjectName]) -> Result<(), StorageError> {
        let on_replicas = self.ask(env, |store| async move { store.delete(names).await }, |_| false);
        let (main, _) = join(self.main.delete(names), on_replicas).await;
        main
    }
}

#[cfg(test)]
mod tests;
