//! A table is read back as it was written, lists, limits and all.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::sample::{frozen, table};
use crate::{Restore, Tombstone};

fn level() -> TableState {
    frozen::state().tables["level"].clone()
}

/// Reading the message of the frozen table after `spoil`.
fn spoiled(spoil: impl FnOnce(&mut message::Table)) -> Result<(TableName, TableState), DecodeError> {
    let mut message = table_message(&table("level"), &level());
    spoil(&mut message);
    read_table(&message)
}

#[test]
fn table_written_is_read_back() {
    for (name, table) in &frozen::state().tables {
        assert_eq!(read_table(&table_message(name, table)).unwrap(), (name.clone(), table.clone()));
    }
    let empty = TableState::default();
    assert_eq!(read_table(&table_message(&table("level"), &empty)).unwrap(), (table("level"), empty));
}

#[test]
fn table_without_totals_is_one_that_has_nothing_in_lists() {
    let bare = message::Table { name: "level".into(), ..message::Table::default() };
    assert_eq!(read_table(&bare).unwrap().1, TableState::default());
    assert_eq!(spoiled(|table| table.totals = None).unwrap_err(), corrupt("lists of segments"));
}

#[test]
fn table_whose_lists_cannot_be_is_refused() {
    assert_eq!(spoiled(|table| table.leaves[0].id.clear()).unwrap_err(), corrupt("id"));
    assert_eq!(spoiled(|table| table.leaves[0].digest.push(0)).unwrap_err(), corrupt("id"));
    assert_eq!(spoiled(|table| table.leaves[0].time_max_ns = i64::MIN).unwrap_err(), corrupt("span of time"));
    assert_eq!(spoiled(|table| table.leaves[0].segment_count = 0).unwrap_err(), corrupt("list of segments"));
    assert_eq!(spoiled(|table| table.leaves.clear()).unwrap_err(), corrupt("lists of segments"));
    assert_eq!(spoiled(|table| table.leaves[0].segment_count = u64::MAX).unwrap_err(), corrupt("lists of segments"));
    assert_eq!(spoiled(|table| table.gone.clear()).unwrap_err(), corrupt("lists of segments"));
    assert_eq!(spoiled(|table| table.gone[0].share.clear()).unwrap_err(), corrupt("id"));
    assert_eq!(spoiled(|table| table.tombstones[0].id.clear()).unwrap_err(), corrupt("id"));
}

#[test]
fn restore_of_a_state_is_its_tables() {
    let state = frozen::state();
    let restore = Restore::of(&state);
    assert_eq!((restore.version, restore.tables.len()), (state.version, 2));
    assert!(restore.tables.iter().all(|(name, table)| state.tables[name] == *table));
    let deletes: &[Tombstone] = &restore.tables[0].1.tombstones;
    assert_eq!(deletes.iter().map(|delete| delete.version.get()).collect::<Vec<_>>(), [18, 22]);
}
