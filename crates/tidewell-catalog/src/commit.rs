//! Makes a scan's results count: a new index, and a compare-and-swap of the head that names it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tidewell_env::Env;
use tidewell_storage::{CatalogIndexName, DatabaseLayout, Replaced, Revalidated, Store, Tag};
use tidewell_types::WriteId;

use crate::CatalogError;
use crate::build;
use crate::head::Head;
use crate::index::{self, Index};
use crate::part::Part;

/// How often a commit is tried while others commit.
const ATTEMPTS_MAX: u32 = 16;
const PAUSE: Duration = Duration::from_millis(100);

/// Where a dataset is: its store and its folder. Indexes are in the order of these.
pub(crate) type Key = (String, String);

/// Where the catalog's objects are.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) env: Env,
    pub(crate) store: Store,
    pub(crate) layout: DatabaseLayout,
}

/// A head with its tag, and its index.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// `None`: nothing was ever committed.
    pub(crate) head: Option<(Head, Tag)>,
    pub(crate) index: Arc<Index>,
}

impl View {
    pub(crate) fn sequence(&self) -> u64 {
        self.head.as_ref().map_or(0, |(head, _)| head.sequence)
    }

    /// The parts by where their datasets are.
    pub(crate) fn by_key(&self) -> Result<BTreeMap<Key, Part>, CatalogError> {
        let mut parts = BTreeMap::new();
        for part in &self.index.parts {
            let record = part.record().map_err(|error| error.at("the catalog's index"))?;
            parts.insert((record.source, record.root), part.clone());
        }
        Ok(parts)
    }
}

impl Place {
    /// Reads the head unless it is still the `known` one, and its index. One GET, or two.
    ///
    /// # Errors
    /// [`CatalogError::Storage`], [`CatalogError::Corrupt`], [`CatalogError::Newer`].
    pub(crate) async fn view(&self, known: Option<&View>) -> Result<View, CatalogError> {
        let known_tag = known.and_then(|view| view.head.as_ref()).map(|(_, tag)| tag);
        let head_name = self.layout.catalog_head();
        let mut attempts = 0;
        loop {
            let (body, tag) = match self.store.get_versioned(&head_name, known_tag).await? {
                Revalidated::Missing => return Ok(View { head: None, index: Arc::new(Index::empty()) }),
                Revalidated::Unchanged => match known {
                    Some(known) => return Ok(known.clone()),
                    None => return Err(CatalogError::corrupt(&head_name, "unchanged, and never read")),
                },
                Revalidated::Found { body, tag } => (body, tag),
            };
            let head = Head::decode(&body).map_err(|error| error.at(&head_name))?;
            if let Some(index) = self.index(&head).await? {
                return Ok(View { head: Some((head, tag)), index: Arc::new(index) });
            }
            // It was collected since, so there is a newer head.
            attempts += 1;
            if attempts >= ATTEMPTS_MAX {
                let name =
                    self.layout.catalog_index(CatalogIndexName { sequence: head.sequence, write_id: head.index });
                return Err(CatalogError::corrupt(name, "it is not there, and the head names it"));
            }
        }
    }

    async fn index(&self, head: &Head) -> Result<Option<Index>, CatalogError> {
        let name = self.layout.catalog_index(CatalogIndexName { sequence: head.sequence, write_id: head.index });
        let Some(body) = self.store.get(&name).await? else { return Ok(None) };
        let decoded = self.env.blocking(move || index::decode(&body)).await;
        let (write_id, index) = decoded.map_err(|error| error.at(&name))?;
        if write_id != head.index || index.sequence != head.sequence {
            return Err(CatalogError::corrupt(name, "it is not what its name says"));
        }
        Ok(Some(index))
    }

    /// Commits until it succeeds: `merge` says what the parts of a view become, or `None` where there is nothing to change.
    /// One PUT of the index and one of the head; after a lost race also the reads of [`Place::view`].
    ///
    /// # Errors
    /// [`CatalogError::Contended`] when others were always first; those of the store.
    pub(crate) async fn commit(
        &self,
        mut view: View,
        merge: impl Fn(&View) -> Result<Option<Vec<Part>>, CatalogError>,
    ) -> Result<u64, CatalogError> {
        let mut written: Vec<WriteId> = Vec::new();
        for attempt in 0..ATTEMPTS_MAX {
            let Some(parts) = merge(&view)? else { return Ok(view.sequence()) };
            let write_id = self.env.write_id();
            written.push(write_id);
            if let Some(sequence) = self.attempt(&view, write_id, parts).await? {
                return Ok(sequence);
            }
            self.env.sleep(self.env.jitter(PAUSE * (attempt + 1))).await;
            view = self.view(None).await?;
            // An attempt whose answer was lost may have counted.
            if let Some((head, _)) = &view.head
                && written.contains(&head.index)
            {
                return Ok(head.sequence);
            }
        }
        Err(CatalogError::Contended { attempts: ATTEMPTS_MAX })
    }

    /// One attempt; `None` where another was first, or the outcome is unknown.
    async fn attempt(&self, view: &View, write_id: WriteId, parts: Vec<Part>) -> Result<Option<u64>, CatalogError> {
        let sequence = view.sequence() + 1;
        let built = self.env.blocking(move || encode(sequence, write_id, &parts)).await;
        let (body, head) = built?;
        self.store.put(&self.layout.catalog_index(CatalogIndexName { sequence, write_id }), body).await?;
        let expected = view.head.as_ref().map(|(_, tag)| tag);
        match self.store.replace(&self.layout.catalog_head(), head.encode().into(), expected).await {
            Ok(Replaced::Done(_)) => Ok(Some(sequence)),
            Ok(Replaced::Changed) => Ok(None),
            Err(error) if error.is_unknown() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn encode(sequence: u64, write_id: WriteId, parts: &[Part]) -> Result<(Bytes, Head), CatalogError> {
    let searchable = build::build(parts)?;
    let body = index::encode(sequence, write_id, parts, &searchable)?;
    let head = Head {
        sequence,
        index: write_id,
        index_bytes: body.len() as u64,
        dataset_count: parts.len() as u64,
        series_count: searchable.lengths.len() as u64,
    };
    Ok((body, head))
}
