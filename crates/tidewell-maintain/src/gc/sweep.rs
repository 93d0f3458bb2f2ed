//! One run of the collector: deletes page by page, at the pace that the options allow, and keeps account.

use std::collections::BTreeSet;
use std::time::Duration;

use tidewell_env::Env;
use tidewell_storage::{ObjectName, StorageError, Store};

use super::collector::GcOptions;
use super::summary::{GcKind, GcSummary};

/// Objects of one DELETE request.
const PAGE_OBJECTS: usize = 1000;

/// Objects of one kind that may go.
#[derive(Debug)]
pub(super) struct Garbage {
    pub(super) kind: GcKind,
    objects: Vec<(ObjectName, u64)>,
}

impl Garbage {
    /// How many objects of one kind are held in memory between finding and deleting them: about 20 MB.
    pub(super) const OBJECTS_MAX: usize = 100_000;

    pub(super) fn new(kind: GcKind) -> Self {
        Self { kind, objects: Vec::new() }
    }

    /// Takes an object with its size in bytes, or leaves it to the next run.
    pub(super) fn push(&mut self, summary: &mut GcSummary, name: ObjectName, bytes: u64) {
        if self.objects.len() < Self::OBJECTS_MAX {
            self.objects.push((name, bytes));
        } else {
            summary.count(self.kind, |count| count.left_over += 1);
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.objects.len() as u64
    }
}

/// The run, as far as it has come.
#[derive(Debug)]
pub(super) struct Sweep<'a> {
    pub(super) store: &'a Store,
    pub(super) env: &'a Env,
    pub(super) options: &'a GcOptions,
    pub(super) summary: GcSummary,
}

impl Sweep<'_> {
    /// Deletes objects; the names of those that could not be. What fails does not stop the rest.
    pub(super) async fn delete(&mut self, garbage: Garbage) -> BTreeSet<String> {
        let mut failed = BTreeSet::new();
        for page in garbage.objects.chunks(PAGE_OBJECTS) {
            let names: Vec<ObjectName> = page.iter().map(|(name, _)| name.clone()).collect();
            let page_failed = self.delete_page(&names).await;
            for (name, bytes) in page.iter().filter(|(name, _)| !page_failed.contains(name.as_str())) {
                self.note_deleted(garbage.kind, name, *bytes);
            }
            self.summary.count(garbage.kind, |count| count.failed += page_failed.len() as u64);
            failed.extend(page_failed);
        }
        failed
    }

    async fn delete_page(&mut self, names: &[ObjectName]) -> BTreeSet<String> {
        if self.options.dry_run {
            return BTreeSet::new();
        }
        let failures = match self.store.delete(names).await {
            Ok(()) => Vec::new(),
            Err(StorageError::Undeleted { failures, .. }) => failures,
            Err(error) => names.iter().map(|name| (name.to_string(), error.to_string())).collect(),
        };
        if let Some((object, reason)) = failures.first() {
            tracing::warn!(object, reason, count = failures.len(), "objects not deleted; the next gc tries again");
        }
        for (object, reason) in &failures {
            self.summary.note_failure(object, reason);
        }
        self.pause(names.len()).await;
        failures.into_iter().map(|(object, _)| object).collect()
    }

    fn note_deleted(&mut self, kind: GcKind, name: &ObjectName, bytes: u64) {
        self.summary.count(kind, |count| {
            count.deleted += 1;
            count.deleted_bytes += bytes;
        });
        if self.summary.deleted_keys.len() < self.options.keys_listed_max {
            self.summary.deleted_keys.push(name.to_string());
        }
    }

    async fn pause(&self, deleted: usize) {
        if self.options.deletes_per_second_max > 0 {
            let seconds = deleted as f64 / f64::from(self.options.deletes_per_second_max);
            self.env.sleep(Duration::from_secs_f64(seconds)).await;
        }
    }
}
