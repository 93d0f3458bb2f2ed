//! The header of one page.

use parquet::basic::Encoding;

use crate::thrift_walk::{Value, walk};

/// A page's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageKind {
    Data,
    DataV2,
    Dictionary,
    /// An index within the data, which nobody uses.
    Index,
}

/// A page's header, with its counts within 32 bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageHeader {
    pub(crate) kind: PageKind,
    pub(crate) unpacked_bytes: usize,
    pub(crate) packed_bytes: usize,
    pub(crate) checksum: Option<u32>,
    pub(crate) value_count: u32,
    pub(crate) encoding: Encoding,
    /// The encodings of the definition and the repetition levels.
    pub(crate) level_encodings: (Encoding, Encoding),
    pub(crate) null_count: u32,
    pub(crate) row_count: u32,
    /// The lengths of the definition and the repetition levels in a page of version 2.
    pub(crate) level_bytes: (u32, u32),
    pub(crate) is_compressed: bool,
}

#[derive(Default)]
struct Raw {
    integers: [[Option<i64>; 9]; 9],
    top: [Option<i64>; 9],
    is_compressed: Option<bool>,
}

impl Raw {
    fn see(&mut self, path: &[i16], value: Value) {
        match (path, value) {
            ([8, 7], Value::Boolean(value)) => self.is_compressed = Some(value),
            ([id], Value::Integer(value)) => {
                if let Some(slot) = usize::try_from(*id).ok().and_then(|id| self.top.get_mut(id)) {
                    *slot = Some(value);
                }
            }
            ([outer, id], Value::Integer(value)) => {
                let outer = usize::try_from(*outer).ok().and_then(|outer| self.integers.get_mut(outer));
                if let Some(slot) = outer.and_then(|inner| inner.get_mut(usize::try_from(*id).ok()?)) {
                    *slot = Some(value);
                }
            }
            _ => {}
        }
    }

    fn top(&self, id: usize) -> Option<i64> {
        self.top.get(id).copied().flatten()
    }

    fn inner(&self, outer: usize, id: usize) -> Option<i64> {
        self.integers.get(outer).and_then(|inner| inner.get(id)).copied().flatten()
    }

    fn count(&self, outer: usize, id: usize) -> Result<u32, String> {
        let value = self.inner(outer, id).ok_or("a page's header lacks a count")?;
        u32::try_from(value).map_err(|_| format!("a page's header has a count of {value}"))
    }

    fn encoding(&self, outer: usize, id: usize) -> Result<Encoding, String> {
        encoding(self.inner(outer, id).ok_or("a page's header lacks its encoding")?)
    }
}

/// Parses the header at the start of `bytes`; returns it with its length.
pub(crate) fn page_header(bytes: &[u8]) -> Result<(PageHeader, usize), String> {
    let mut raw = Raw::default();
    let len = walk(bytes, &mut |path, value| {
        raw.see(path, value);
        Ok(())
    })?;
    let size = |id, what: &str| {
        let size = raw.top(id).ok_or_else(|| format!("a page's header lacks its {what} size"))?;
        usize::try_from(size).map_err(|_| format!("a page has a {what} size of {size}"))
    };
    let kind = match raw.top(1) {
        Some(0) => PageKind::Data,
        Some(1) => PageKind::Index,
        Some(2) => PageKind::Dictionary,
        Some(3) => PageKind::DataV2,
        kind => return Err(format!("a page has the kind {kind:?}, which Parquet does not have")),
    };
    let mut header = PageHeader {
        kind,
        unpacked_bytes: size(2, "unpacked")?,
        packed_bytes: size(3, "packed")?,
        // Thrift has no unsigned numbers.
        checksum: raw.top(4).map(|checksum| checksum as u32),
        value_count: 0,
        encoding: Encoding::PLAIN,
        level_encodings: (Encoding::RLE, Encoding::RLE),
        null_count: 0,
        row_count: 0,
        level_bytes: (0, 0),
        is_compressed: raw.is_compressed.unwrap_or(true),
    };
    match kind {
        PageKind::Data => {
            (header.value_count, header.encoding) = (raw.count(5, 1)?, raw.encoding(5, 2)?);
            header.level_encodings = (raw.encoding(5, 3)?, raw.encoding(5, 4)?);
        }
        PageKind::Dictionary => (header.value_count, header.encoding) = (raw.count(7, 1)?, raw.encoding(7, 2)?),
        PageKind::DataV2 => {
            (header.value_count, header.encoding) = (raw.count(8, 1)?, raw.encoding(8, 4)?);
            (header.null_count, header.row_count) = (raw.count(8, 2)?, raw.count(8, 3)?);
            header.level_bytes = (raw.count(8, 5)?, raw.count(8, 6)?);
            if header.null_count > header.value_count || header.row_count > header.value_count {
                return Err("a page has more NULLs or rows than values".to_owned());
            }
        }
        PageKind::Index => {}
    }
    Ok((header, len))
}

fn encoding(id: i64) -> Result<Encoding, String> {
    Ok(match id {
        0 => Encoding::PLAIN,
        2 => Encoding::PLAIN_DICTIONARY,
        3 => Encoding::RLE,
        #[expect(deprecated, reason = "old files have levels in it")]
        4 => Encoding::BIT_PACKED,
        5 => Encoding::DELTA_BINARY_PACKED,
        6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        7 => Encoding::DELTA_BYTE_ARRAY,
        8 => Encoding::RLE_DICTIONARY,
        9 => Encoding::BYTE_STREAM_SPLIT,
        other => return Err(format!("a page has the encoding {other}, which Tidewell does not know")),
    })
}
