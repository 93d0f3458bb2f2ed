//! Tags that are remembered.

use super::{Recent, SLOTS, slot_of};

#[test]
fn recent_finds_what_was_remembered_last_in_its_slot() {
    let mut recent = Recent::default();
    assert_eq!(recent.find(b"a"), None);
    for (key, text) in ["", "a", "ab", "abcd", "abcdefg", "abcdefgh", "abcdefghijklmnopqrstuvwxyz"].iter().enumerate() {
        recent.remember(text.as_bytes(), key as i32);
        assert_eq!(recent.find(text.as_bytes()), Some(key as i32), "{text}");
    }
}

#[test]
fn slots_of_like_texts_are_spread() {
    let texts: Vec<String> = (0..100).map(|number| format!("host-{number}")).collect();
    let mut slots: Vec<usize> = texts.iter().map(|text| slot_of(text.as_bytes())).collect();
    assert!(slots.iter().all(|slot| *slot < SLOTS));
    slots.sort_unstable();
    slots.dedup();
    assert!(slots.len() > 80, "{}", slots.len());
}
