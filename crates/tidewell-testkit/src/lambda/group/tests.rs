//! Nothing outlives its group.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::process::Command;
use std::time::Duration;

use super::{Group, descendants, memory_peak_bytes, parent};
use crate::deadline::wait_for;

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn parent_is_read_behind_any_name() {
    assert_eq!(parent("12 (a) (b) c) S 7 12 12 0"), Some(7));
    assert_eq!(parent("12 sh"), None);
}

#[test]
fn group_killed_takes_a_descendant_in_another_group_along() {
    let mut command = Command::new("sh");
    command.args(["-c", "setsid sleep 300 & sleep 300; wait"]);
    let mut group = Group::start(&mut command);
    let below = wait_for(PATIENCE, || Some(descendants(group.id())).filter(|found| found.len() == 2)).unwrap();
    assert!(below.iter().all(|id| memory_peak_bytes(*id).is_some()));
    group.kill();
    assert!(group.status().is_some());
    // Until whoever adopted them has asked for their status they have an entry, but no memory.
    let gone = || below.iter().all(|id| memory_peak_bytes(*id).is_none()).then_some(());
    assert!(wait_for(PATIENCE, gone).is_some(), "{below:?} are still there");
}
