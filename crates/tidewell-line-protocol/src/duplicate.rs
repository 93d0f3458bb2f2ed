//! Keys that a line names twice.

use std::borrow::Cow;

use crate::line::Fields;

/// Up to this many keys are compared pair by pair, where a small filter lets few pairs through; more are sorted.
const PAIRWISE_KEYS_MAX: usize = 32;

/// The index of a key that an earlier one equals: the first such, or with very many keys any.
///
/// `order` is memory to reuse.
#[inline]
pub(crate) fn find_duplicate<V>(pairs: &[(Cow<'_, str>, V)], order: &mut Vec<usize>) -> Option<usize> {
    if pairs.len() < 2 {
        return None;
    }
    if pairs.len() > PAIRWISE_KEYS_MAX {
        return find_duplicate_sorted(pairs, order);
    }
    let mut seen = 0_u64;
    for (index, (key, _)) in pairs.iter().enumerate() {
        let bit = filter_bit(key.as_bytes());
        if seen & bit != 0 && pairs.iter().take(index).any(|(earlier, _)| earlier == key) {
            return Some(index);
        }
        seen |= bit;
    }
    None
}

/// One of 64 bits; keys that share it may be equal, keys that do not are not.
#[inline]
fn filter_bit(key: &[u8]) -> u64 {
    let (Some(first), Some(middle), Some(last)) = (key.first(), key.get(key.len() / 2), key.last()) else {
        return 1;
    };
    let mixed = u32::from_le_bytes([*first, *middle, *last, key.len() as u8]).wrapping_mul(0x9E37_79B1);
    1 << (mixed >> 26)
}

fn find_duplicate_sorted<V>(pairs: &[(Cow<'_, str>, V)], order: &mut Vec<usize>) -> Option<usize> {
    sort_by_key(pairs, order);
    let is_same = |pair: &&[usize]| match pair {
        [left, right] => key_at(pairs, *left) == key_at(pairs, *right),
        _ => false,
    };
    order.windows(2).find(is_same).and_then(|pair| pair.last().copied())
}

/// Leaves in `order` the indexes of `pairs` by key, equal keys in the order of the line.
fn sort_by_key<V>(pairs: &[(Cow<'_, str>, V)], order: &mut Vec<usize>) {
    order.clear();
    order.extend(0..pairs.len());
    order.sort_unstable_by(|left, right| key_at(pairs, *left).cmp(key_at(pairs, *right)).then(left.cmp(right)));
}

fn key_at<'p, V>(pairs: &'p [(Cow<'_, str>, V)], index: usize) -> &'p str {
    pairs.get(index).map_or("", |(key, _)| key)
}

/// Leaves each field once: at the place of its first mention, with the value of its last.
#[cold]
pub(crate) fn keep_last_values(fields: &mut Fields<'_>, order: &mut Vec<usize>) {
    sort_by_key(fields, order);
    let mut taken = vec![false; fields.len()];
    let mut moves = Vec::new();
    for same in order.chunk_by(|left, right| key_at(fields, *left) == key_at(fields, *right)) {
        if let [first, .., last] = same {
            moves.push((*first, *last));
            same.iter().skip(1).filter_map(|index| taken.get_mut(*index).map(|flag| *flag = true)).for_each(drop);
        }
    }
    for (first, last) in moves {
        let Some((_, value)) = fields.get(last).cloned() else { continue };
        if let Some(field) = fields.get_mut(first) {
            field.1 = value;
        }
    }
    let mut taken = taken.into_iter();
    fields.retain(|_| !taken.next().unwrap_or_default());
}

#[cfg(test)]
mod tests;
