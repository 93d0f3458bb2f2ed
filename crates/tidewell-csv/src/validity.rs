//! Which rows of a column have a value.

use arrow_buffer::NullBuffer;

/// A flag for each row, kept only from the first row without a value on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Validity {
    count: usize,
    /// Empty while every row has a value.
    flags: Vec<bool>,
}

impl Validity {
    #[inline]
    pub(crate) fn push(&mut self, has_value: bool) {
        if !self.flags.is_empty() {
            self.flags.push(has_value);
        } else if !has_value {
            self.flags.resize(self.count, true);
            self.flags.push(false);
        }
        self.count += 1;
    }

    /// How many rows there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn truncate(&mut self, count: usize) {
        self.count = self.count.min(count);
        self.flags.truncate(count);
    }

    /// None where every row has a value.
    pub(crate) fn into_nulls(self) -> Option<NullBuffer> {
        if self.flags.iter().all(|has_value| *has_value) { None } else { Some(NullBuffer::from(self.flags)) }
    }
}

#[cfg(test)]
mod tests;
