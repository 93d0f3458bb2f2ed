//! A list is read back as it was written, and only as the one that is asked for.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::sample::{WRITE_ID, second};

fn entries(numbers: impl IntoIterator<Item = u64>) -> Leaf {
    numbers.into_iter().map(|number| Arc::new(second(number))).collect()
}

fn named(entries: &Leaf) -> LeafRef {
    leaf_ref(Generation::new(3), WRITE_ID, entries).unwrap()
}

#[test]
fn list_names_the_span_the_ends_and_the_sum_of_its_segments() {
    let mut long = second(4);
    long.time.max = second(90).time.max;
    let entries = vec![Arc::new(second(2)), Arc::new(long), Arc::new(second(9))];
    let leaf = named(&entries);
    assert_eq!((leaf.generation, leaf.id, leaf.segment_count), (Generation::new(3), WRITE_ID, 3));
    assert_eq!((leaf.time.min, leaf.time.max), (second(2).time.min, second(90).time.max));
    assert_eq!((leaf.first, leaf.last), (second(2).key(), second(9).key()));
    assert_eq!(leaf.digest, entries.iter().fold(0u128, |sum, entry| sum.wrapping_add(entry.share())));
    assert_eq!(leaf_ref(Generation::new(3), WRITE_ID, &[]), None);
}

#[test]
fn list_written_is_read_back_and_is_no_other() {
    let listed = entries(1..=50);
    let bytes = encode(&listed, WRITE_ID).unwrap();
    let leaf = named(&listed);
    assert_eq!(decode(&bytes, &leaf).unwrap(), listed);
    let moved = |change: fn(&mut LeafRef)| {
        let mut leaf = leaf.clone();
        change(&mut leaf);
        decode(&bytes, &leaf).unwrap_err()
    };
    let others: [fn(&mut LeafRef); 6] = [
        |leaf| leaf.id = WriteId::from_bytes([1; 16]),
        |leaf| leaf.segment_count = 49,
        |leaf| leaf.digest ^= 1,
        |leaf| leaf.first = second(2).key(),
        |leaf| leaf.last = second(49).key(),
        |leaf| leaf.time.max = second(51).time.max,
    ];
    for other in others {
        assert_eq!(moved(other), part::corrupt("list of segments"));
    }
}

#[test]
fn list_out_of_order_or_with_a_segment_twice_is_refused() {
    for numbers in [[1, 3, 2], [1, 2, 2]] {
        let listed = entries(numbers);
        let bytes = encode(&listed, WRITE_ID).unwrap();
        assert_eq!(decode(&bytes, &named(&listed)).unwrap_err(), part::corrupt("list of segments"), "{numbers:?}");
    }
}

#[test]
fn list_longer_than_any_is_refused() {
    for (length, is_read) in [(LEAF_SEGMENTS_MAX as u64, true), (LEAF_SEGMENTS_MAX as u64 + 1, false)] {
        let listed = entries(0..length);
        let bytes = encode(&listed, WRITE_ID).unwrap();
        assert_eq!(decode(&bytes, &named(&listed)).is_ok(), is_read, "{length}");
    }
}

#[test]
fn cache_forgets_the_list_that_was_used_longest_ago() {
    let cache = LeafCache::default();
    let id = |number: usize| WriteId::from_bytes([u8::try_from(number).unwrap(); 16]);
    for number in 0..LEAVES_CACHED_MAX {
        cache.put(id(number), Arc::default());
    }
    assert!(cache.get(id(0)).is_some());
    cache.put(id(200), Arc::default());
    cache.put(id(201), Arc::default());
    let kept: Vec<usize> = (0..=201).filter(|number| cache.inner.lock().leaves.contains_key(&id(*number))).collect();
    assert_eq!(kept.len(), LEAVES_CACHED_MAX);
    assert_eq!((kept[0], kept[1], kept[kept.len() - 1]), (0, 3, 201));
}
