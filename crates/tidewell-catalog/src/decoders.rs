//! The decoders of the catalog's objects, for those who try hostile bytes on them.

use std::sync::LazyLock;

use bytes::Bytes;

use crate::expand::Typos;
use crate::head::Head;
use crate::index;
use crate::part::{self, Part};
use crate::query::Query;
use crate::search::search;

static TYPOS: LazyLock<Typos> = LazyLock::new(Typos::default);

/// The objects of a catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// The head.
    Head,
    /// One scanned dataset.
    Part,
    /// The index, with a search in it.
    Index,
}

impl ObjectKind {
    /// Reads all of an object and writes it again; `None` where it is refused.
    #[must_use]
    pub fn rewrite(self, bytes: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Head => Head::decode(bytes).ok().map(|head| head.encode()),
            Self::Part => rewrite_part(&Part::open(Bytes::copy_from_slice(bytes)).ok()?).map(Into::into),
            Self::Index => {
                let (write_id, index) = index::decode(&Bytes::copy_from_slice(bytes)).ok()?;
                search(&index, &TYPOS, &Query::of("tide 7 crane")).ok()?;
                for part in &index.parts {
                    rewrite_part(part)?;
                }
                index::encode_again(write_id, &index).ok().map(Into::into)
            }
        }
    }
}

fn rewrite_part(part: &Part) -> Option<Bytes> {
    let chunks = (0..part.chunk_count()).map(|number| part.chunk(number).ok());
    let series: Vec<_> = chunks.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    part::encode(part.marks(), &part.record().ok()?, &part.files().ok()?, &series)
}

#[cfg(test)]
mod tests;
