//! A state's lists are kept while the checkpoint that it stands on is, or until one holds what a restore brought.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use tidewell_types::{TimestampNs, WriteId};

use super::*;
use crate::sample::frozen;
use crate::snapshot::Snapshot;

fn checkpoint(version: u64) -> CheckpointRef {
    CheckpointRef { version: Version::new(version), write_id: WriteId::from_bytes([version as u8; 16]) }
}

fn now(counting: &[u64], named: &[u64], restored: u64) -> State {
    let snapshot = |version: &u64| Snapshot {
        name: version.to_string(),
        checkpoint: checkpoint(*version),
        created_at: TimestampNs::from_ns(0),
    };
    let snapshots = named.iter().map(snapshot).map(|snapshot| (snapshot.name.clone(), snapshot));
    State {
        checkpoints: counting.iter().map(|version| checkpoint(*version)).collect(),
        snapshots: Arc::new(snapshots.collect()),
        restored: Version::new(restored),
        ..State::default()
    }
}

#[test]
fn lists_of_a_checkpoint_are_kept_while_it_counts_or_has_a_name() {
    let basis = Basis::of(checkpoint(10));
    for (counting, named, is_kept) in [
        (&[10, 20][..], &[][..], true),
        (&[5, 10], &[], true),
        (&[20, 30], &[], false),
        (&[20, 30], &[10], true),
        (&[], &[], false),
    ] {
        assert_eq!(basis.is_kept(Version::ZERO, &now(counting, named, 0)), is_kept, "{counting:?} {named:?}");
    }
    // Another checkpoint of the same version has lists of its own.
    let other = CheckpointRef { write_id: WriteId::from_bytes([0xff; 16]), ..checkpoint(10) };
    assert!(!Basis::of(other).is_kept(Version::ZERO, &now(&[10], &[], 0)));
}

#[test]
fn lists_that_a_restore_brought_are_kept_until_a_checkpoint_holds_them() {
    for basis in [Basis::default(), Basis::of(checkpoint(10))] {
        let restored = Version::new(15);
        assert!(basis.is_kept(restored, &now(&[5, 10], &[], 15)));
        assert!(basis.is_kept(restored, &now(&[], &[], 15)));
        assert!(!basis.is_kept(restored, &now(&[10, 15], &[], 15)));
        assert!(!basis.is_kept(restored, &now(&[10, 20], &[], 15)));
        // Another restore brought lists of its own.
        assert!(!basis.is_kept(restored, &now(&[5, 10], &[], 17)));
    }
    assert!(Basis::of(checkpoint(15)).is_kept(Version::new(15), &now(&[15], &[], 15)));
}

#[test]
fn state_without_lists_needs_no_checkpoint() {
    let bare = State { basis: Basis::of(checkpoint(10)), ..now(&[20], &[], 0) };
    assert!(bare.lists_are_kept());
    let listing = State { tables: frozen::state().tables, ..bare };
    assert!(!listing.lists_are_kept());
    assert!(State { basis: Basis::of(checkpoint(20)), ..listing }.lists_are_kept());
}

#[test]
fn basis_is_no_part_of_what_a_state_says() {
    let (a, b) = (frozen::state(), State { basis: Basis::of(checkpoint(10)), ..frozen::state() });
    assert_eq!(a, b);
    assert_ne!(a.basis.checkpoint(), b.basis.checkpoint());
}
