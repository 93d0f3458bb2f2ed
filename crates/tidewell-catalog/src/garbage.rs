//! Which objects of a catalog nobody needs any more.

use tidewell_storage::{CatalogIndexName, DatabaseLayout, ObjectName};

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
    let named = CatalogIndexName { sequence: head.sequence, write_id: head.index };
    let goes = |key: &str| {
        if let Some(name) = layout.parse_catalog_index(key) {
            return (name.sequence <= head.sequence && name != named).then(|| layout.catalog_index(name));
        }
        let name = layout.parse_catalog_part(key)?;
        (name.sequence.saturating_add(PART_HEADS) < head.sequence).then(|| layout.catalog_part(name))
    };
    keys.into_iter().filter_map(goes).collect()
}

#[cfg(test)]
mod tests;
