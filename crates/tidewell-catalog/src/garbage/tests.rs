//! Which objects may go.
#![allow(clippy::unwrap_used)]

use tidewell_storage::CatalogPartName;
use tidewell_types::{DatabaseName, WriteId};

use super::*;

#[test]
fn garbage_is_what_no_head_can_come_to_name() {
    let layout = DatabaseLayout::new(&DatabaseName::new("plant").unwrap());
    let (mine, other) = (WriteId::from_bytes([1; 16]), WriteId::from_bytes([2; 16]));
    let head = Head { sequence: 40, index: mine, index_bytes: 0, dataset_count: 0, series_count: 0 };
    let index = |sequence, write_id| layout.catalog_index(CatalogIndexName { sequence, write_id });
    let part = |sequence| layout.catalog_part(CatalogPartName { sequence, dataset: [3; 16], content: [4; 16] });
    let stays =
        [index(40, mine), index(41, mine), index(41, other), part(24), part(40), layout.catalog_head(), layout.hint()];
    let goes = [index(39, mine), index(40, other), index(1, other), part(23), part(0)];
    let keys: Vec<&str> = stays.iter().chain(&goes).map(|name| name.as_str()).collect();
    assert_eq!(garbage(&layout, &head, keys), goes);
}
