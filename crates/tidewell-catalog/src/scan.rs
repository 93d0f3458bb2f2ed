//! Scans a folder of datasets into the catalog.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _};
use tidewell_env::Env;
use tidewell_segment::foreign::RowLimits;
use tidewell_storage::{CatalogPartName, DatabaseLayout, Listed, ObjectName, Prefix, Store};
use tidewell_types::DatabaseName;
use tokio::sync::Semaphore;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::commit::{Key, Place, View};
use crate::discover::{Found, discover};
use crate::measure::{Measured, Measurer};
use crate::options::ScanOptions;
use crate::part::{self, Marks, Part};
use crate::patience::Patience;
use crate::progress::{Cancel, Progress};
use crate::read::Source;
use crate::record::DatasetRecord;
use crate::{CatalogError, DatasetError};

/// The least that a file's decoding is allowed.
const FILE_MEMORY_BYTES_MIN: u64 = 16 << 20;

/// What became of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatasetState {
    /// It is as the catalog has it; nothing of it was read.
    Unchanged,
    /// A scan that was interrupted had read it; it was taken over.
    Resumed,
    /// Files were added to it, and only these were read.
    Extended {
        /// How many.
        files_read: u64,
    },
    /// It was read.
    Scanned {
        /// How many of its files.
        files_read: u64,
    },
    /// It could not be read.
    Failed {
        /// Why, and what helps.
        reason: String,
        /// Whether the catalog still has what an older scan found.
        is_older_kept: bool,
    },
}

/// A dataset that a scan found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// Its folder in the source store.
    pub root: String,
    /// What became of it.
    pub state: DatasetState,
    /// What the catalog has of it; `None` where it failed and was never there.
    pub record: Option<DatasetRecord>,
}

/// What a scan came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanSummary {
    /// The datasets, by their roots.
    pub datasets: Vec<Scanned>,
    /// The roots of datasets that the catalog had below the prefix and that are gone.
    pub removed: Vec<String>,
    /// The number of the catalog's head that has all this.
    pub sequence: u64,
}

impl ScanSummary {
    /// How many datasets failed.
    #[must_use]
    pub fn failed_count(&self) -> usize {
        self.datasets.iter().filter(|dataset| matches!(dataset.state, DatasetState::Failed { .. })).count()
    }
}

/// Scans a folder of a store for datasets. Any number of scanners may run at once, on the same folder too.
#[derive(Clone, Debug)]
pub struct Scanner {
    env: Env,
    source: Store,
    place: Place,
    options: Arc<ScanOptions>,
}

/// What all datasets of one scan share.
#[derive(Debug)]
struct Run {
    measurer: Measurer,
    place: Place,
    sequence: u64,
    older: BTreeMap<Key, Part>,
    /// What interrupted scans have left.
    left: BTreeMap<([u8; 16], [u8; 16]), ObjectName>,
}

/// A dataset to be looked at.
#[derive(Debug)]
struct Planned {
    found: Found,
    key: Key,
    marks: Marks,
    /// What `marks` would be if all files were read, where a sample of them is to be.
    exact: Option<Marks>,
    /// Whether the listing told all contents from others.
    is_stamped: bool,
}

impl Scanner {
    /// A scanner of what `source` has below `options.prefix`, into the catalog of `database` in the store `catalog`. Makes no
    /// request. Open `source` always at the same place, a bucket's root at best: where a dataset is counts from there.
    #[must_use]
    pub fn new(env: Env, source: Store, catalog: Store, database: &DatabaseName, options: ScanOptions) -> Self {
        let place = Place { env: env.clone(), store: catalog, layout: DatabaseLayout::new(database) };
        Self { env, source, place, options: Arc::new(options) }
    }

    /// Scans. Datasets that did not change are not read; each one that was read is kept at once, so that after an
    /// interruption the next scan goes on from there; all count at once at the end. May be dropped at any time.
    ///
    /// Requests: to the source one LIST for each 1000 objects; for each dataset to be read one GET of its YAML file, and for
    /// each file to be read one GET where it has at most 1 MiB, or else one of its end and one (or more, by
    /// [`Store::get_ranges`]) a row group. To the catalog two GETs; if anything is to be read, one LIST for each 1000 datasets
    /// that interrupted scans left, and one GET or one PUT a dataset; if anything changed, two PUTs.
    ///
    /// # Errors
    /// [`CatalogError::Prefix`]; [`CatalogError::Cancelled`]; those of the stores, when a listing or the catalog itself fails.
    /// A dataset that fails is no error, but a [`DatasetState::Failed`].
    pub async fn run(&self, progress: &Progress, cancel: &Cancel) -> Result<ScanSummary, CatalogError> {
        let folder = &self.options.prefix;
        let prefix = Prefix::foreign(folder).ok_or_else(|| CatalogError::Prefix { prefix: folder.clone() })?;
        let patience = Patience::new(self.env.clone(), &self.options, progress, cancel);
        let began_at_ns = self.env.now().as_ns();
        let view = self.place.view(None).await?;
        let listed = patience.request(|| self.source.list(&prefix)).await?;
        let planned: Vec<Planned> = discover(folder, listed).into_iter().map(|found| self.plan(found)).collect();
        progress.datasets_found(planned.len() as u64);
        let older = view.by_key()?;
        let is_unread = |planned: &Planned| self.unchanged(planned, &older).is_none();
        let left = if planned.iter().any(is_unread) { self.left(&patience).await? } else { BTreeMap::new() };
        let files_parallel = self.options.files_parallel.clamp(1, Semaphore::MAX_PERMITS);
        let memory_bytes_max = (self.options.memory_bytes_max / files_parallel as u64).max(FILE_MEMORY_BYTES_MIN);
        let limits = RowLimits { memory_bytes_max, ..RowLimits::default() };
        let run = Arc::new(Run {
            measurer: Measurer {
                source: Source { store: self.source.clone(), patience, limits },
                options: Arc::clone(&self.options),
                files: Arc::new(Semaphore::new(files_parallel)),
                began_at_ns,
            },
            place: self.place.clone(),
            sequence: view.sequence(),
            older,
            left,
        });
        let looking = planned.into_iter().map(|planned| {
            let (run, unchanged) = (Arc::clone(&run), self.unchanged(&planned, &run.older));
            async move { run.look(planned, unchanged).await }
        });
        let mut looked = stream::iter(looking).buffer_unordered(self.options.datasets_parallel.max(1));
        let mut results = BTreeMap::new();
        while let Some(result) = looked.next().await {
            let (key, state, part) = result?;
            if cancel.is_cancelled() {
                return Err(CatalogError::Cancelled);
            }
            progress.datasets_done(1);
            progress.datasets_failed(u64::from(matches!(state, DatasetState::Failed { .. })));
            results.insert(key, (state, part));
        }
        drop(looked);
        self.finish(view, results).await
    }

    fn plan(&self, found: Found) -> Planned {
        let key = (self.source.url().to_string(), found.root.clone());
        let is_stamped = found.files.iter().chain(&found.sidecar).all(|file| file.tag.is_some());
        let marks = marks(&key, &found, &self.options.context());
        let exact = self.options.sampling.map(|_| {
            let options = ScanOptions { sampling: None, ..(*self.options).clone() };
            self::marks(&key, &found, &options.context())
        });
        Planned { found, key, marks, exact, is_stamped }
    }

    /// What the catalog has of a dataset, where that is all that there is to know: all was read, though a sample would do.
    fn unchanged(&self, planned: &Planned, older: &BTreeMap<Key, Part>) -> Option<Part> {
        let is_usable = planned.is_stamped && !self.options.is_full;
        let is_known = |marks: &Marks| *marks == planned.marks || planned.exact.as_ref() == Some(marks);
        older.get(&planned.key).filter(|part| is_usable && is_known(part.marks())).cloned()
    }

    async fn left(&self, patience: &Patience) -> Result<BTreeMap<([u8; 16], [u8; 16]), ObjectName>, CatalogError> {
        if self.options.is_full {
            return Ok(BTreeMap::new());
        }
        let layout = &self.place.layout;
        let folder = layout.catalog_part_prefix();
        let listed = patience.request(|| self.place.store.list(&folder)).await?;
        let names = listed.iter().filter_map(|object| layout.parse_catalog_part(&object.key));
        Ok(names.map(|name| ((name.dataset, name.content), layout.catalog_part(name))).collect())
    }

    /// Commits what was found, over whatever others have committed meanwhile.
    async fn finish(
        &self,
        view: View,
        results: BTreeMap<Key, (DatasetState, Option<Part>)>,
    ) -> Result<ScanSummary, CatalogError> {
        let removed = self.removed(&view.by_key()?, &results);
        let sequence = self.place.commit(view, |view| self.merge(view, &results)).await?;
        let mut datasets = Vec::with_capacity(results.len());
        for ((_, root), (state, part)) in results {
            let record =
                part.map(|part| part.record()).transpose().map_err(|error| error.at("a part of the catalog"))?;
            datasets.push(Scanned { root, state, record });
        }
        Ok(ScanSummary { datasets, removed, sequence })
    }

    fn removed(
        &self,
        parts: &BTreeMap<Key, Part>,
        results: &BTreeMap<Key, (DatasetState, Option<Part>)>,
    ) -> Vec<String> {
        let source = self.source.url().to_string();
        let gone = parts.keys().filter(|key| key.0 == source && self.is_below(&key.1) && !results.contains_key(*key));
        gone.map(|(_, root)| root.clone()).collect()
    }

    fn is_below(&self, root: &str) -> bool {
        let prefix = self.options.prefix.as_str();
        prefix.is_empty() || root.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn merge(
        &self,
        view: &View,
        results: &BTreeMap<Key, (DatasetState, Option<Part>)>,
    ) -> Result<Option<Vec<Part>>, CatalogError> {
        let before = view.by_key()?;
        let mut after = before.clone();
        for root in self.removed(&before, results) {
            after.remove(&(self.source.url().to_string(), root));
        }
        for (key, (state, part)) in results {
            let Some(part) = part else { continue };
            // What failed stays as others may have found it meanwhile.
            if !matches!(state, DatasetState::Failed { .. }) {
                after.insert(key.clone(), part.clone());
            }
        }
        let same = |((a_key, a), (b_key, b)): ((&Key, &Part), (&Key, &Part))| a_key == b_key && a.bytes() == b.bytes();
        let is_same = before.len() == after.len() && before.iter().zip(&after).all(same);
        Ok((!is_same).then(|| after.into_values().collect()))
    }
}

/// The hashes of a dataset that is read in a way that `context` says.
fn marks(key: &Key, found: &Found, context: &str) -> Marks {
    let context = format!("{context} {:?}", found.sidecar);
    let mut content = Xxh3::new();
    content.update(context.as_bytes());
    for Listed { key, bytes, tag } in &found.files {
        let stamp = tag.as_ref().map(ToString::to_string);
        content.update(format!("{key}\n{bytes} {stamp:?}\n").as_bytes());
    }
    Marks {
        dataset: xxh3_128(format!("{}\n{}", key.0, key.1).as_bytes()).to_be_bytes(),
        content: content.digest128().to_be_bytes(),
        context: xxh3_128(context.as_bytes()).to_be_bytes(),
    }
}

impl Run {
    /// Looks at one dataset. Only what fails the scan as a whole is an error.
    async fn look(
        &self,
        planned: Planned,
        unchanged: Option<Part>,
    ) -> Result<(Key, DatasetState, Option<Part>), CatalogError> {
        if let Some(part) = unchanged {
            return Ok((planned.key, DatasetState::Unchanged, Some(part)));
        }
        if let Some(part) = self.resume(&planned).await? {
            return Ok((planned.key, DatasetState::Resumed, Some(part)));
        }
        let known = self.older.get(&planned.key);
        let is_full = self.measurer.options.is_full;
        let same_context = known.filter(|part| part.marks().context == planned.marks.context && !is_full);
        let measured = self.measurer.measure(&planned.found, same_context).await;
        let kept = match measured {
            Ok(measured) => self.keep(&planned, measured).await?,
            Err(DatasetError::Cancelled) => return Err(CatalogError::Cancelled),
            Err(error) => Err(error.to_string()),
        };
        Ok(match kept {
            Ok((state, part)) => (planned.key, state, Some(part)),
            Err(reason) => {
                tracing::warn!(dataset = planned.key.1, reason, "a dataset could not be scanned");
                let state = DatasetState::Failed { reason, is_older_kept: known.is_some() };
                (planned.key, state, known.cloned())
            }
        })
    }

    /// What an interrupted scan has left of a dataset; nothing where that is damaged or gone, for it can be read again.
    async fn resume(&self, planned: &Planned) -> Result<Option<Part>, CatalogError> {
        let marks = &planned.marks;
        let left = self.left.get(&(marks.dataset, marks.content)).filter(|_| planned.is_stamped);
        let Some(name) = left else { return Ok(None) };
        let Some(body) = self.place.store.get(name).await? else { return Ok(None) };
        Ok(Part::open(body).ok().filter(|part| part.marks() == marks && part.record().is_ok()))
    }

    /// Stores what was measured, so that no later scan has to measure it again.
    async fn keep(
        &self,
        planned: &Planned,
        measured: Measured,
    ) -> Result<Result<(DatasetState, Part), String>, CatalogError> {
        let marks = planned.marks;
        let Measured { record, files, series, files_read } = measured;
        let is_extended = (files_read as usize) < files.len() && record.estimate.is_none();
        let encoded = self.place.env.blocking(move || part::encode(&marks, &record, &files, &series)).await;
        let Some(body) = encoded else {
            return Ok(Err("its record or the list of its files is too long: split the dataset".to_owned()));
        };
        let part = Part::open(body.clone()).map_err(|error| error.at("a part of the catalog"))?;
        let name = CatalogPartName { sequence: self.sequence, dataset: marks.dataset, content: marks.content };
        // Another scanner's body under this name has the same counts.
        self.place.store.overwrite(&self.place.layout.catalog_part(name), body).await?;
        let state =
            if is_extended { DatasetState::Extended { files_read } } else { DatasetState::Scanned { files_read } };
        Ok(Ok((state, part)))
    }
}

#[cfg(test)]
mod tests;
