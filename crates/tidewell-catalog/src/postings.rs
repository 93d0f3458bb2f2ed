//! Which datasets and series have a word.

use serde::Serialize;

use crate::frame::{DecodeError, Reader, push_varint};

/// Where a word can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// In a dataset's name.
    Name,
    /// In a tag's name or value.
    Tag,
    /// In a series' id.
    Series,
    /// In a dataset's description.
    Description,
}

impl Field {
    pub(crate) const ALL: [Self; 4] = [Self::Name, Self::Tag, Self::Series, Self::Description];
}

/// The lists of one word as bytes: which fields it stands in, then for each the count, the length and ascending numbers, each
/// as the distance from the one before.
pub(crate) fn encode(lists: &[&[u32]; 4], to: &mut Vec<u8>) {
    let flags = lists.iter().enumerate().filter(|(_, list)| !list.is_empty());
    to.push(flags.fold(0, |flags, (field, _)| flags | 1 << field));
    let mut bytes = Vec::new();
    for list in lists.iter().filter(|list| !list.is_empty()) {
        bytes.clear();
        let mut next = 0;
        for number in *list {
            push_varint(&mut bytes, u64::from(number - next));
            next = number + 1;
        }
        push_varint(to, list.len() as u64);
        push_varint(to, bytes.len() as u64);
        to.extend_from_slice(&bytes);
    }
}

/// One list of a word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<'a> {
    pub(crate) count: u32,
    reader: Reader<'a>,
}

/// The lists of the word whose bytes begin at `at`, by field.
pub(crate) fn lists(postings: &[u8], at: u64) -> Result<[Option<List<'_>>; 4], DecodeError> {
    let rest = usize::try_from(at).ok().and_then(|at| postings.get(at..)).ok_or(DecodeError::Corrupt("postings"))?;
    let mut reader = Reader { rest };
    let flags = reader.u8()?;
    let mut lists = [None; 4];
    for (_, list) in lists.iter_mut().enumerate().filter(|(field, _)| flags & 1 << field != 0) {
        let count = u32::try_from(reader.varint()?).map_err(|_| DecodeError::Corrupt("postings"))?;
        let length = reader.length()?;
        *list = Some(List { count, reader: Reader { rest: reader.bytes(length)? } });
    }
    Ok(lists)
}

impl Iterator for ListIter<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let rest = &mut self.rest;
        let (first, tail) = rest.split_first()?;
        let mut step = u32::from(first & 0x7f);
        *rest = tail;
        if *first >= 0x80 {
            let mut shift = 7;
            loop {
                let (byte, tail) = rest.split_first()?;
                *rest = tail;
                step |= u32::from(byte & 0x7f).checked_shl(shift)?;
                shift += 7;
                if *byte < 0x80 {
                    break;
                }
            }
        }
        let number = self.next.checked_add(step)?;
        self.next = number.checked_add(1)?;
        Some(number)
    }
}

/// The numbers of a list; ends early where the bytes are no list.
#[derive(Clone, Debug)]
pub(crate) struct ListIter<'a> {
    rest: &'a [u8],
    next: u32,
}

impl<'a> List<'a> {
    pub(crate) fn iter(self) -> ListIter<'a> {
        ListIter { rest: self.reader.rest, next: 0 }
    }
}
