//! Which objects of a catalog nobody needs any more.

use tidewell_storage::{CatalogIndexName, DatabaseLayout, ObjectName, Store};

use crate::CatalogError;
use crate::head::Head;

/// How many heads a scanned dataset outlives that no head took in, for the scan that is to go on from it.
const PART_HEADS: u64 = 16;

/// Of the keys of objects, the names of those that may be deleted: indexes whose number is the head's or lower, and which the
/// head does not name; and scanned datasets that were made under a head more than 16 heads ago. Other keys are passed over.
///
/// The first is for good: an index is only ever named by a head of its own number, and each number has one head. A reader that
/// holds an older head finds its index gone and looks at the head again. The second costs at most that a dataset is read once
/// more: no head names such an object. So a head that is old is safe to decide by.
#[must_use]
pub fn garbage<'a>(layout: &DatabaseLayout, head: &Head, keys: impl IntoIterator<Item = &'a str>) -> Vec<ObjectName> {
    keys.into_iter().filter_map(|key| name_of_garbage(layout, head, key)).collect()
}

/// The objects of a database's catalog that may be deleted, as [`garbage`] says, each with its size in bytes. Deletes nothing:
/// that is for `gc`.
///
/// Requests: one GET of the head, and where there is a catalog a LIST for each 1000 indexes and for each 1000 scanned datasets.
///
/// # Errors
/// [`CatalogError::Storage`]: try again later. [`CatalogError::Corrupt`] and [`CatalogError::Newer`] of the head: nothing can be
/// told, so nothing may go.
pub async fn garbage_of(store: &Store, layout: &DatabaseLayout) -> Result<Vec<(ObjectName, u64)>, CatalogError> {
    // Before the lists: what a later head names has a higher number than this one and stays.
    let name = layout.catalog_head();
    let Some(body) = store.get(&name).await? else { return Ok(Vec::new()) };
    let head = Head::decode(&body).map_err(|error| error.at(&name))?;
    let mut found = Vec::new();
    for prefix in [layout.catalog_index_prefix(), layout.catalog_part_prefix()] {
        let listed = store.list(&prefix).await?.into_iter();
        found.extend(listed.filter_map(|object| Some((name_of_garbage(layout, &head, &object.key)?, object.bytes))));
    }
    Ok(found)
}

fn name_of_garbage(layout: &DatabaseLayout, head: &Head, key: &str) -> Option<ObjectName> {
    if let Some(name) = layout.parse_catalog_index(key) {
        let named = CatalogIndexName { sequence: head.sequence, write_id: head.index };
        return (name.sequence <= head.sequence && name != named).then(|| layout.catalog_index(name));
    }
    let name = layout.parse_catalog_part(key)?;
    (name.sequence.saturating_add(PART_HEADS) < head.sequence).then(|| layout.catalog_part(name))
}

#[cfg(test)]
mod tests;
