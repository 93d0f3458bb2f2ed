//! The catalog as those see it who search it.

use std::sync::Arc;
use std::time::Duration;

use tidewell_env::Env;
use tidewell_storage::{DatabaseLayout, Store};
use tidewell_types::DatabaseName;
use tokio::sync::Mutex;

use crate::CatalogError;
use crate::commit::{Place, View};
use crate::expand::Typos;
use crate::frame::DecodeError;
use crate::head::Head;
use crate::part::Part;
use crate::query::{Answer, Query};
use crate::record::{Dataset, DatasetRecord};
use crate::search;

/// The catalog of a database. Holds the index in memory once it was asked (about its size in the store, words and places
/// decompressed); any number of searches may run at once.
pub struct Catalog {
    place: Place,
    typos: Arc<Typos>,
    /// How old a look at the head may be.
    head_age_max: Duration,
    seen: Mutex<Option<Seen>>,
}

#[derive(Clone)]
struct Seen {
    view: View,
    at: Duration,
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalog").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Catalog {
    /// The catalog of a database in a store. Makes no request.
    ///
    /// `head_age_max`: for so long answers may come from the index that the last look at the head named. With zero each one
    /// is asked of the head first, which makes one conditional GET.
    #[must_use]
    pub fn open(env: Env, store: Store, database: &DatabaseName, head_age_max: Duration) -> Self {
        let place = Place { env, store, layout: DatabaseLayout::new(database) };
        Self { place, typos: Arc::new(Typos::default()), head_age_max, seen: Mutex::new(None) }
    }

    /// The head and its index: two GETs at first, then one for each look at the head, and one more where it is another.
    async fn view(&self) -> Result<View, CatalogError> {
        let env = &self.place.env;
        // Held while the store is asked, so that one request serves all who wait.
        let mut seen = self.seen.lock().await;
        if let Some(Seen { view, at }) = &*seen
            && env.monotonic().saturating_sub(*at) < self.head_age_max
        {
            return Ok(view.clone());
        }
        let view = self.place.view(seen.as_ref().map(|seen| &seen.view)).await?;
        *seen = Some(Seen { view: view.clone(), at: env.monotonic() });
        Ok(view)
    }

    /// Searches. Two GETs in a process that knows nothing yet; then one of the head, or none (see [`Catalog::open`]), and one
    /// more after a scan has changed something.
    ///
    /// # Errors
    /// [`CatalogError::Storage`], [`CatalogError::Corrupt`], [`CatalogError::Newer`]. A catalog that was never scanned into
    /// answers with nothing.
    pub async fn search(&self, query: &Query) -> Result<Answer, CatalogError> {
        let view = self.view().await?;
        let (typos, query) = (Arc::clone(&self.typos), query.clone());
        let answer = self.place.env.blocking(move || search::search(&view.index, &typos, &query)).await;
        answer.map_err(damaged)
    }

    /// All datasets, by where they are. Requests as [`Catalog::search`].
    ///
    /// # Errors
    /// As [`Catalog::search`].
    pub async fn datasets(&self) -> Result<Vec<DatasetRecord>, CatalogError> {
        let view = self.view().await?;
        view.index.parts.iter().map(|part| part.record().map_err(damaged)).collect()
    }

    /// The datasets of a name, with their files; more than one where YAML files give the same name. Requests as
    /// [`Catalog::search`].
    ///
    /// # Errors
    /// As [`Catalog::search`].
    pub async fn datasets_named(&self, name: &str) -> Result<Vec<Dataset>, CatalogError> {
        self.datasets_where(|record| record.name == name).await
    }

    /// The dataset at a place: the source store's URL, and the folder in it. Requests as [`Catalog::search`].
    ///
    /// # Errors
    /// As [`Catalog::search`].
    pub async fn dataset_at(&self, source: &str, root: &str) -> Result<Option<Dataset>, CatalogError> {
        Ok(self.datasets_where(|record| record.source == source && record.root == root).await?.pop())
    }

    async fn datasets_where(&self, wanted: impl Fn(&DatasetRecord) -> bool) -> Result<Vec<Dataset>, CatalogError> {
        let view = self.view().await?;
        let dataset = |part: &Part| -> Result<Option<Dataset>, DecodeError> {
            let record = part.record()?;
            if !wanted(&record) {
                return Ok(None);
            }
            Ok(Some(Dataset { record, files: part.files()? }))
        };
        let found = view.index.parts.iter().map(dataset).filter_map(Result::transpose);
        found.collect::<Result<_, _>>().map_err(damaged)
    }

    /// The head; `None` where nothing was ever committed. Requests as [`Catalog::search`].
    ///
    /// # Errors
    /// As [`Catalog::search`].
    pub async fn head(&self) -> Result<Option<Head>, CatalogError> {
        Ok(self.view().await?.head.map(|(head, _)| head))
    }
}

fn damaged(error: DecodeError) -> CatalogError {
    error.at("the catalog's index")
}
