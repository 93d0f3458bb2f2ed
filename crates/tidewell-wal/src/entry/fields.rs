//! Bytes taken apart from the front, never beyond their end.

use super::EntryError;

/// What is left of the bytes.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], EntryError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(EntryError::Damaged("length"))?;
        self.0 = rest;
        Ok(*head)
    }

    pub(super) fn slice(&mut self, bytes: usize) -> Result<&'a [u8], EntryError> {
        let (head, rest) = self.0.split_at_checked(bytes).ok_or(EntryError::Damaged("length"))?;
        self.0 = rest;
        Ok(head)
    }
}
