//! What the replicas hold of one entry, and making it enough.

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tidewell_env::Env;
use tidewell_storage::{Created, ObjectName, Operation, Store};

use super::LogStores;
use super::ask::Answers;
use crate::entry;
use crate::error::WalError;

/// What the replicas hold of an entry.
#[derive(Debug)]
pub(crate) enum Held {
    /// These bytes, in a majority.
    Durable(Bytes),
    /// Something, though no bytes in a majority of those that answered.
    Thin(Copies),
    /// Nothing, in a majority; and nobody who answered has anything.
    Absent,
}

/// Whole entries of one name, each with the replicas that hold it, most copies first. There are two of them only where two
/// processes wrote under one identity at once.
#[derive(Debug)]
pub(crate) struct Copies(Vec<(Bytes, Vec<usize>)>);

impl Copies {
    fn of(given: &[(usize, Option<Bytes>)]) -> Self {
        let mut copies: Vec<(Bytes, Vec<usize>)> = Vec::new();
        for (index, body) in given {
            let Some(body) = body else { continue };
            match copies.iter_mut().find(|(known, _)| known == body) {
                Some((_, holders)) => holders.push(*index),
                None => copies.push((body.clone(), vec![*index])),
            }
        }
        copies.sort_by_key(|(_, holders)| std::cmp::Reverse(holders.len()));
        Self(copies)
    }

    fn most(&self) -> usize {
        self.0.first().map_or(0, |(_, holders)| holders.len())
    }

    /// Whether more than one entry goes by the name.
    pub(crate) fn are_split(&self) -> bool {
        self.0.len() > 1
    }
}

impl LogStores {
    /// Asks every replica for an entry; one GET each. Its bytes are believed when a majority has the same.
    pub(crate) async fn held(&self, env: &Env, name: &ObjectName) -> Result<Held, WalError> {
        let get = |store: Store| async move { store.get(name).await };
        let is_enough = |given: &[(usize, Option<Bytes>)]| Copies::of(given).most() >= self.majority();
        let answers = self.ask(env, get, is_enough).await;
        let mut copies = Copies::of(&answers.given);
        if let Some((body, holders)) = copies.0.first()
            && holders.len() >= self.majority()
        {
            return Ok(Held::Durable(body.clone()));
        }
        let damage = copies.0.iter().find_map(|(body, _)| entry::write_id(body).err());
        copies.0.retain(|(body, _)| entry::write_id(body).is_ok());
        match damage {
            _ if !copies.0.is_empty() => Ok(Held::Thin(copies)),
            Some(damage) => Err(damage.of(name.to_string(), 0)),
            None if answers.given.len() >= self.majority() => Ok(Held::Absent),
            None => Err(self.too_few(Operation::Get, name.as_str(), &answers).into()),
        }
    }

    /// Sees to it that a majority holds an entry which some replica was seen to hold; `false` where it is gone. One GET of
    /// each replica, and one PUT of each that lacks it.
    ///
    /// A view that is to show the entry must be read after this: whoever seals its generation in between may have listed a
    /// majority that did not have it.
    ///
    /// # Errors
    /// [`WalError::Storage`] while too few replicas answer, [`WalError::Damaged`] and [`WalError::Newer`] where no copy can
    /// be read, [`WalError::IdentityTaken`] where every replica is taken and no two in a majority by the same entry.
    pub(crate) async fn settle(&self, env: &Env, name: &ObjectName) -> Result<bool, WalError> {
        match self.held(env, name).await? {
            Held::Durable(_) => Ok(true),
            Held::Absent => Ok(false),
            Held::Thin(copies) => self.spread(env, name, copies).await.map(|()| true),
        }
    }

    /// Copies the entry that most replicas hold to those that hold none, until a majority has one; as [`LogStores::settle`].
    pub(crate) async fn spread(&self, env: &Env, name: &ObjectName, mut copies: Copies) -> Result<(), WalError> {
        let Some((body, _)) = copies.0.first().cloned() else { return Ok(()) };
        let write_id = entry::write_id(&body).map_err(|error| error.of(name.to_string(), 0))?;
        let holds = |index: usize| copies.0.iter().any(|(_, holders)| holders.contains(&index));
        let mut creates = FuturesUnordered::new();
        for (index, replica) in self.replicas.iter().enumerate().filter(|(index, _)| !holds(*index)) {
            let created = replica.create(env, name, &body, write_id);
            creates.push(async move { (index, created.await) });
        }
        let mut answers = Answers::default();
        while copies.most() < self.majority()
            && let Some((index, created)) = creates.next().await
        {
            match created {
                Ok(Created::Mine) => copies.add(index, &body),
                Ok(Created::Other(found)) => copies.add(index, &found),
                Err(error) => drop(answers.failed.insert(index, error.to_string())),
            }
        }
        if copies.most() >= self.majority() {
            return Ok(());
        }
        if answers.failed.is_empty() {
            return Err(WalError::IdentityTaken { name: name.to_string() });
        }
        answers.given = copies.0.iter().flat_map(|(_, holders)| holders).map(|index| (*index, ())).collect();
        Err(self.too_few(Operation::Create, name.as_str(), &answers).into())
    }
}

impl Copies {
    fn add(&mut self, index: usize, body: &Bytes) {
        match self.0.iter_mut().find(|(known, _)| known == body) {
            Some((_, holders)) => holders.push(index),
            None => self.0.push((body.clone(), vec![index])),
        }
        self.0.sort_by_key(|(_, holders)| std::cmp::Reverse(holders.len()));
    }
}
