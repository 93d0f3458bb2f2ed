//! Objects of the catalog that it says nobody needs any more.

use std::fmt::Display;

use tidewell_storage::ObjectName;

use super::collector::Collector;
use super::summary::GcKind;
use super::sweep::{Garbage, Sweep};

/// Deletes what the catalog gives up. The catalog knows which of its objects are needed and this crate does not; what it does
/// know is which names are a catalog's indexes and datasets of this database, and any other is reported and stays.
pub(super) async fn collect<E: Display>(
    collector: &Collector,
    given_up: Result<Vec<(ObjectName, u64)>, E>,
    sweep: &mut Sweep<'_>,
) {
    let given_up = match given_up {
        Ok(given_up) => given_up,
        Err(error) => {
            tracing::warn!(%error, kind = %GcKind::CatalogObjects, "not all was collected; the next gc goes on");
            sweep.summary.note_failure(GcKind::CatalogObjects.name(), &error.to_string());
            return;
        }
    };
    let layout = collector.manifest.layout();
    let mut garbage = Garbage::new(GcKind::CatalogObjects);
    for (name, bytes) in given_up {
        sweep.summary.count(GcKind::CatalogObjects, |count| count.examined += 1);
        let key = name.as_str();
        match layout.parse_catalog_index(key).is_some() || layout.parse_catalog_part(key).is_some() {
            true => garbage.push(&mut sweep.summary, name, bytes),
            false => sweep.summary.note_unparsed(key),
        }
    }
    sweep.delete(garbage).await;
}

#[cfg(test)]
mod tests;
