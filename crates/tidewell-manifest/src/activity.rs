//! What the newest commits did, for estimates.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::try_join_all;
use tidewell_types::{Source, TimestampNs, WriterId};

use crate::error::ManifestError;
use crate::manifest::Manifest;
use crate::record::Record;

/// Commits that are fetched at once.
const FETCHES_MAX: usize = 64;

/// What some commits in a row did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Commits that were read.
    pub commits: u64,
    /// The time from the first of them to the last, by their committers' clocks.
    pub span: Duration,
    /// Rows that came new, from logs and imports: those of rewrites take the place of others.
    pub rows: u64,
    /// Log objects in the store that were folded.
    pub log_objects: u64,
    /// Who wrote those.
    pub writers: u64,
}

impl Manifest {
    /// What the newest commits did, up to `commits_max` of those that are still there. One LIST for each 1000 commits, a GET for
    /// each that is read.
    ///
    /// # Errors
    /// [`ManifestError`] when the store does not answer or a commit is damaged.
    pub async fn activity(&self, commits_max: usize) -> Result<Activity, ManifestError> {
        let layout = self.layout();
        let listed = self.store.list(&layout.log_prefix()).await?;
        let mut versions: Vec<_> = listed.iter().filter_map(|object| layout.parse_log(&object.key)).collect();
        versions.sort_unstable();
        let newest = versions.split_off(versions.len().saturating_sub(commits_max));
        let mut activity = Activity::default();
        let mut span: Option<(TimestampNs, TimestampNs)> = None;
        let mut writers: BTreeSet<WriterId> = BTreeSet::new();
        for page in newest.chunks(FETCHES_MAX) {
            let names: Vec<_> = page.iter().map(|version| layout.log(*version)).collect();
            let bodies = try_join_all(names.iter().map(|name| self.store.get(name))).await?;
            // One that was collected meanwhile is older than what is asked for.
            for (body, name) in bodies.into_iter().zip(&names) {
                let Some(body) = body else { continue };
                let damaged = |source| ManifestError::Decode { object: name.to_string(), source };
                let (_, record) = Record::decode(&body).map_err(damaged)?;
                span = Some(
                    span.map_or((record.at, record.at), |(first, last)| (first.min(record.at), last.max(record.at))),
                );
                activity.count(&record, &mut writers);
            }
        }
        activity.writers = writers.len() as u64;
        if let Some((first, last)) = span {
            let ns = last.as_ns().saturating_sub(first.as_ns());
            activity.span = Duration::from_nanos(u64::try_from(ns).unwrap_or_default());
        }
        Ok(activity)
    }
}

impl Activity {
    fn count(&mut self, record: &Record, writers: &mut BTreeSet<WriterId>) {
        self.commits += 1;
        let intent = &record.intent;
        if intent.removes.is_empty() {
            self.rows += intent.adds.iter().map(|entry| entry.row_count).sum::<u64>();
        }
        for fold in &intent.folds {
            // An import moves a stream of its own in the same way, by one a commit.
            if let Source::Objects(stream) = fold.source
                && !intent.adds.is_empty()
            {
                self.log_objects += fold.to.get().saturating_sub(fold.from.get());
                writers.insert(stream.writer);
            }
        }
    }
}

#[cfg(test)]
mod tests;
