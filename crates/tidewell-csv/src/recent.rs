//! The tags that were seen lately, found by a few of their bytes.

/// How many are remembered; a power of two.
const SLOTS: usize = 512;
/// Spreads what differs in a few bits over all high ones.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A key for each slot, or -1. What is found may be another text of the same slot: the caller compares.
#[derive(Clone, Debug)]
pub(crate) struct Recent {
    slots: Box<[i32; SLOTS]>,
}

impl Default for Recent {
    fn default() -> Self {
        Self { slots: Box::new([-1; SLOTS]) }
    }
}

impl Recent {
    #[inline]
    pub(crate) fn find(&self, text: &[u8]) -> Option<i32> {
        self.slots.get(slot_of(text)).copied().filter(|key| *key >= 0)
    }

    #[inline]
    pub(crate) fn remember(&mut self, text: &[u8], key: i32) {
        if let Some(slot) = self.slots.get_mut(slot_of(text)) {
            *slot = key;
        }
    }
}

/// By the length, and the first and last eight bytes, which is all of a short text.
#[inline]
fn slot_of(text: &[u8]) -> usize {
    let word = match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(29),
        _ => match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
            }
            _ => text.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        },
    };
    let spread = (word ^ text.len() as u64).wrapping_mul(SPREAD);
    (spread >> (u64::BITS - SLOTS.trailing_zeros())) as usize
}

#[cfg(test)]
mod tests;
