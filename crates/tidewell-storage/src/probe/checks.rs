//! The single checks of the probe.

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tidewell_types::WriteId;

use super::Check;
use crate::backend::{Operation, Tag};
use crate::create::Created;
use crate::error::StorageError;
use crate::names::{ObjectName, Prefix};
use crate::replace::{Replaced, Revalidated};
use crate::store::Store;

/// How many race for one object.
const RACERS: usize = 64;

/// What a check saw: `Ok` as hoped, `Err` otherwise.
type Seen = Result<String, String>;

/// A folder of its own for one run.
pub(super) struct Scratch<'a> {
    store: &'a Store,
    id: WriteId,
}

fn seen(as_hoped: bool, detail: impl Into<String>) -> Seen {
    if as_hoped { Ok(detail.into()) } else { Err(detail.into()) }
}

impl<'a> Scratch<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self { store, id: store.shared.env.write_id() }
    }

    fn name(&self, leaf: &str) -> ObjectName {
        ObjectName::probe(self.id, leaf)
    }

    /// Deletes everything that the checks wrote.
    pub(super) async fn clean(&self) -> Result<(), StorageError> {
        let listed = self.store.list(&Prefix::probe(self.id)).await?;
        let names: Vec<ObjectName> = listed.iter().filter_map(|object| ObjectName::foreign(&object.key)).collect();
        self.store.delete(&names).await
    }

    pub(super) async fn run(&self, check: Check) -> Result<Seen, StorageError> {
        match check {
            Check::CreateRace => self.create_race().await,
            Check::CreateRefused => self.create_refused().await,
            Check::CreateAfterDelete => self.create_after_delete().await,
            Check::ReplaceRace => self.replace_race().await,
            Check::ReplaceCurrent => self.replace_current().await,
            Check::ReplaceStale => self.replace_stale().await,
            Check::ReplaceMissing => self.replace_missing().await,
            Check::ConditionalGet => self.conditional_get().await,
            Check::Metadata => self.metadata().await,
            Check::ListSeesPut => self.list_sees_put().await,
            Check::ListForgetsDeleted => self.list_forgets_deleted().await,
            Check::FirstKey => self.first_key().await,
        }
    }

    async fn create(&self, name: &ObjectName) -> Result<(Created, WriteId), StorageError> {
        let write_id = self.store.shared.env.write_id();
        let body = Bytes::copy_from_slice(write_id.as_bytes());
        Ok((self.store.create(name, body, write_id).await?, write_id))
    }

    /// Creates an object and replaces it; the tags of its first and its second content.
    async fn two_contents(&self, name: &ObjectName) -> Result<Option<(Tag, Tag)>, StorageError> {
        let Replaced::Done(first) = self.store.replace(name, "first".into(), None).await? else { return Ok(None) };
        match self.store.replace(name, "second".into(), Some(&first)).await? {
            Replaced::Done(second) => Ok(Some((first, second))),
            Replaced::Changed => Ok(None),
        }
    }

    async fn create_race(&self) -> Result<Seen, StorageError> {
        let name = self.name("create-race");
        let mut racers: FuturesUnordered<_> = (0..RACERS).map(|_| self.create(&name)).collect();
        let mut winners = 0;
        while let Some(outcome) = racers.next().await {
            winners += usize::from(outcome?.0 == Created::Mine);
        }
        Ok(seen(winners == 1, format!("{winners} of {RACERS} creates at once succeeded")))
    }

    async fn create_refused(&self) -> Result<Seen, StorageError> {
        let name = self.name("create-refused");
        let (_, write_id) = self.create(&name).await?;
        Ok(match self.create(&name).await?.0 {
            Created::Other(body) if body == write_id.as_bytes().as_slice() => {
                Ok("the second create was refused".into())
            }
            Created::Other(_) => Err("the second create found something that nobody wrote".into()),
            Created::Mine => Err("the second create succeeded and replaced the first".into()),
        })
    }

    async fn create_after_delete(&self) -> Result<Seen, StorageError> {
        let name = self.name("create-after-delete");
        self.create(&name).await?;
        self.store.delete(std::slice::from_ref(&name)).await?;
        let is_mine = self.create(&name).await?.0 == Created::Mine;
        Ok(seen(is_mine, if is_mine { "created again after a delete" } else { "refused after a delete" }))
    }

    async fn replace_race(&self) -> Result<Seen, StorageError> {
        let name = self.name("replace-race");
        let Replaced::Done(tag) = self.store.replace(&name, "before".into(), None).await? else {
            return Ok(Err("could not create the object".into()));
        };
        let tag = &tag;
        let replace = |racer: usize| {
            let (store, name) = (self.store, &name);
            async move { store.replace(name, format!("by {racer}").into(), Some(tag)).await }
        };
        let mut racers: FuturesUnordered<_> = (0..RACERS).map(replace).collect();
        let mut winners = 0;
        while let Some(outcome) = racers.next().await {
            winners += usize::from(matches!(outcome?, Replaced::Done(_)));
        }
        Ok(seen(winners == 1, format!("{winners} of {RACERS} replaces at once succeeded")))
    }

    async fn replace_current(&self) -> Result<Seen, StorageError> {
        let contents = self.two_contents(&self.name("replace-current")).await?;
        Ok(match contents {
            Some((first, second)) if first == second => Err("the tag is the same after a replace".into()),
            Some(_) => Ok("replaced".into()),
            None => Err("refused although the tag is current".into()),
        })
    }

    async fn replace_stale(&self) -> Result<Seen, StorageError> {
        let name = self.name("replace-stale");
        let Some((first, _)) = self.two_contents(&name).await? else {
            return Ok(Err("could not be tried: a replace of the current content is refused".into()));
        };
        let outcome = self.store.replace(&name, "third".into(), Some(&first)).await?;
        Ok(seen(outcome == Replaced::Changed, format!("replace with an old tag: {outcome:?}")))
    }

    async fn replace_missing(&self) -> Result<Seen, StorageError> {
        let name = self.name("replace-missing");
        let Replaced::Done(tag) = self.store.replace(&name, "first".into(), None).await? else {
            return Ok(Err("could not create the object".into()));
        };
        self.store.delete(std::slice::from_ref(&name)).await?;
        let outcome = self.store.replace(&name, "second".into(), Some(&tag)).await?;
        Ok(seen(outcome == Replaced::Changed, format!("replace of a deleted object: {outcome:?}")))
    }

    async fn conditional_get(&self) -> Result<Seen, StorageError> {
        let name = self.name("conditional-get");
        self.create(&name).await?;
        let Revalidated::Found { tag, .. } = self.store.get_versioned(&name, None).await? else {
            return Ok(Err("the object was not found".into()));
        };
        let is_unchanged = self.store.get_versioned(&name, Some(&tag)).await? == Revalidated::Unchanged;
        Ok(seen(is_unchanged, if is_unchanged { "not transferred again" } else { "transferred again" }))
    }

    async fn metadata(&self) -> Result<Seen, StorageError> {
        let name = self.name("metadata");
        let (_, write_id) = self.create(&name).await?;
        let found = self.store.backend_ref().written_by(name.as_str(), self.store.meter()).await;
        let place = self.store.place(Operation::Head, name.as_str());
        let found = found.map_err(|failure| StorageError::from_failure(place, failure))?;
        let detail = format!("the metadata says {found:?}");
        Ok(seen(found == Some(write_id.to_string()), detail))
    }

    async fn is_listed(&self, name: &ObjectName) -> Result<bool, StorageError> {
        let listed = self.store.list(&Prefix::probe(self.id)).await?;
        Ok(listed.iter().any(|object| object.key == name.as_str()))
    }

    async fn list_sees_put(&self) -> Result<Seen, StorageError> {
        let name = self.name("list-sees-put");
        self.store.put(&name, "x".into()).await?;
        let is_listed = self.is_listed(&name).await?;
        Ok(seen(is_listed, if is_listed { "listed at once" } else { "not listed" }))
    }

    async fn list_forgets_deleted(&self) -> Result<Seen, StorageError> {
        let name = self.name("list-forgets-deleted");
        self.store.put(&name, "x".into()).await?;
        self.store.delete(std::slice::from_ref(&name)).await?;
        let is_listed = self.is_listed(&name).await?;
        Ok(seen(!is_listed, if is_listed { "still listed" } else { "gone at once" }))
    }

    async fn first_key(&self) -> Result<Seen, StorageError> {
        for leaf in ["order/m", "order/a", "order/z"] {
            self.store.put(&self.name(leaf), "x".into()).await?;
        }
        let Some(folder) = Prefix::foreign(&format!("{}/order", Prefix::probe(self.id))) else {
            return Ok(Err("could not be tried".into()));
        };
        let first = self.store.list_first(&folder).await?.map(|object| object.key);
        let is_first = first.as_deref() == Some(self.name("order/a").as_str());
        Ok(seen(is_first, format!("the first of three was listed as {first:?}")))
    }
}
