//! A column chunk of a foreign file: its pages found and checked before any of them is decoded.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, Type};
use parquet::column::page::Page;
use parquet::file::metadata::ColumnChunkMetaData;

use super::delta::delta_stream;
use super::page_header::{PageHeader, PageKind, page_header};
use super::unpack::Unpacker;

/// What a value of a dictionary takes besides its text while texts that are there twice are looked for.
const DICTIONARY_VALUE_BYTES: u64 = 64;

/// A chunk's pages. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Chunk(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    bytes: Bytes,
    codec: Compression,
    physical: Type,
    levels_max: (i16, i16),
    dictionary: Option<(PageHeader, Bytes)>,
    /// Data pages with where their bodies start.
    pages: Vec<(PageHeader, usize)>,
    /// The longest value of the dictionary, in bytes.
    dictionary_value_bytes_max: u64,
}

/// What a chunk's description in the footer says of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChunkClaim {
    pub(crate) row_count: u64,
    /// Most bytes that one page may have unpacked.
    pub(crate) page_bytes_max: u64,
}

/// Why a chunk is not taken.
#[derive(Debug)]
pub(crate) enum ChunkFault {
    /// Its bytes make no sense.
    Corrupt(String),
    /// A page is larger, unpacked, than memory allows.
    Page { bytes: u64, bytes_max: u64 },
}

impl From<String> for ChunkFault {
    fn from(problem: String) -> Self {
        Self::Corrupt(problem)
    }
}

impl From<&str> for ChunkFault {
    fn from(problem: &str) -> Self {
        Self::Corrupt(problem.to_owned())
    }
}

impl Chunk {
    /// Finds the pages in `bytes`, which is the whole chunk, and unpacks its dictionary.
    pub(crate) fn scan(column: &ColumnChunkMetaData, claim: ChunkClaim, bytes: Bytes) -> Result<Self, ChunkFault> {
        let descr = column.column_descr();
        let mut parts = Parts {
            bytes,
            codec: column.compression(),
            physical: column.column_type(),
            levels_max: (descr.max_def_level(), descr.max_rep_level()),
            dictionary: None,
            pages: Vec::new(),
            dictionary_value_bytes_max: 0,
        };
        let mut at = 0;
        let mut values = 0_u64;
        while at < parts.bytes.len() {
            let (mut header, header_bytes) = page_header(parts.bytes.get(at..).unwrap_or_default())?;
            if parts.codec == Compression::UNCOMPRESSED || !header.is_compressed {
                // What is not packed is as long as it is, whatever the header says.
                header.unpacked_bytes = header.packed_bytes;
            }
            let body = at + header_bytes;
            let end = body.checked_add(header.packed_bytes).filter(|end| *end <= parts.bytes.len());
            let end = end.ok_or("a page reaches beyond its chunk")?;
            if header.unpacked_bytes as u64 > claim.page_bytes_max {
                let (bytes, bytes_max) = (header.unpacked_bytes, claim.page_bytes_max);
                return Err(ChunkFault::Page { bytes: bytes as u64, bytes_max });
            }
            at = end;
            match header.kind {
                PageKind::Index => {}
                PageKind::Dictionary => parts.take_dictionary(header, body)?,
                PageKind::Data | PageKind::DataV2 => {
                    values += u64::from(header.value_count);
                    parts.pages.push((header, body));
                    if size_of_val(parts.pages.as_slice()) as u64 > claim.page_bytes_max {
                        return Err(format!("it has {} pages or more, most of them empty", parts.pages.len()).into());
                    }
                }
            }
            // Old writers counted the dictionary's header into nothing: what follows the last value is not read.
            if values == u64::try_from(column.num_values()).unwrap_or_default() && values > 0 {
                break;
            }
        }
        parts.check_counts(column.num_values(), claim.row_count, values)?;
        Ok(Self(Arc::new(parts)))
    }

    pub(crate) fn page_count(&self) -> usize {
        self.0.pages.len()
    }

    /// Whether the dictionary holds all values.
    pub(crate) fn is_dictionary(&self) -> bool {
        self.0.dictionary.is_some() && self.0.pages.iter().all(|(header, _)| is_index(header.encoding))
    }

    /// What is held while the chunk is decoded, besides its packed bytes: the dictionary (as it is, decoded, and as
    /// texts) and the largest page.
    pub(crate) fn held_bytes(&self) -> u64 {
        let is_text = self.0.physical == Type::BYTE_ARRAY;
        let dictionary = self.0.dictionary.as_ref().map_or(0, |(header, bytes)| match is_text {
            true => 3 * bytes.len() as u64 + u64::from(header.value_count) * DICTIONARY_VALUE_BYTES,
            false => 2 * bytes.len() as u64,
        });
        let page = self.0.pages.iter().map(|(header, _)| header.unpacked_bytes as u64).max().unwrap_or_default();
        dictionary + page + (self.0.pages.len() * size_of::<(PageHeader, usize)>()) as u64
    }

    /// Most bytes that text of the page can take in a batch of `batch_rows`.
    fn page_text_bytes(&self, header: &PageHeader, batch_rows: u64) -> u64 {
        let values = u64::from(header.value_count).min(batch_rows);
        match header.encoding {
            index if is_index(index) => values.saturating_mul(self.0.dictionary_value_bytes_max),
            // Each value may repeat all of the one before it.
            Encoding::DELTA_BYTE_ARRAY => values.saturating_mul(header.unpacked_bytes as u64),
            _ => header.unpacked_bytes as u64,
        }
    }

    /// Most bytes that the text of any `batch_rows` consecutive values can take; of the whole chunk where it repeats.
    pub(crate) fn text_bytes_max(&self, batch_rows: u64) -> u64 {
        let pages = &self.0.pages;
        if self.0.levels_max.1 > 0 {
            return pages.iter().map(|(header, _)| self.page_text_bytes(header, u64::MAX)).fold(0, u64::saturating_add);
        }
        let (mut most, mut sum, mut rows, mut first) = (0_u64, 0_u64, 0_u64, 0);
        for (header, _) in pages {
            sum = sum.saturating_add(self.page_text_bytes(header, batch_rows));
            rows += u64::from(header.value_count);
            // A batch reaches from the first page's last row to this page's first.
            while let Some((oldest, _)) = pages.get(first)
                && rows.saturating_sub(u64::from(oldest.value_count) + u64::from(header.value_count)) + 2 > batch_rows
                && u64::from(oldest.value_count) < rows
            {
                sum = sum.saturating_sub(self.page_text_bytes(oldest, batch_rows));
                rows -= u64::from(oldest.value_count);
                first += 1;
            }
            most = most.max(sum);
        }
        most
    }

    /// Values with their NULLs.
    pub(crate) fn value_count(&self) -> u64 {
        self.0.pages.iter().map(|(header, _)| u64::from(header.value_count)).sum()
    }

    /// The dictionary as the Parquet library takes it.
    pub(crate) fn dictionary(&self) -> Option<Page> {
        self.0.dictionary.as_ref().map(|(header, bytes)| Page::DictionaryPage {
            buf: bytes.clone(),
            num_values: header.value_count,
            encoding: header.encoding,
            is_sorted: false,
        })
    }

    pub(crate) fn header(&self, page: usize) -> Option<&PageHeader> {
        self.0.pages.get(page).map(|(header, _)| header)
    }

    /// A data page, unpacked, as the Parquet library takes it.
    pub(crate) fn page(&self, page: usize, unpacker: &mut Unpacker) -> Result<Page, String> {
        let (header, body) = self.0.pages.get(page).ok_or("there is no such page")?;
        let buf = self.0.unpacked(header, *body, unpacker)?;
        self.0.check_values(header, &buf)?;
        Ok(match header.kind {
            PageKind::DataV2 => Page::DataPageV2 {
                buf,
                num_values: header.value_count,
                encoding: header.encoding,
                num_nulls: header.null_count,
                num_rows: header.row_count,
                def_levels_byte_len: header.level_bytes.0,
                rep_levels_byte_len: header.level_bytes.1,
                is_compressed: header.is_compressed,
                statistics: None,
            },
            _ => Page::DataPage {
                buf,
                num_values: header.value_count,
                encoding: header.encoding,
                def_level_encoding: header.level_encodings.0,
                rep_level_encoding: header.level_encodings.1,
                statistics: None,
            },
        })
    }
}

impl Parts {
    fn take_dictionary(&mut self, header: PageHeader, body: usize) -> Result<(), String> {
        if self.dictionary.is_some() || !self.pages.is_empty() {
            return Err("a dictionary is not the first page".to_owned());
        }
        if !matches!(header.encoding, Encoding::PLAIN | Encoding::PLAIN_DICTIONARY) {
            return Err(format!("its dictionary has the encoding {}", header.encoding));
        }
        let bytes = self.unpacked(&header, body, &mut Unpacker::default())?;
        let value_bytes = match self.physical {
            Type::BYTE_ARRAY | Type::INT32 | Type::FLOAT => 4,
            Type::INT64 | Type::DOUBLE => 8,
            Type::INT96 => 12,
            Type::FIXED_LEN_BYTE_ARRAY | Type::BOOLEAN => 1,
        };
        if u64::from(header.value_count) * value_bytes > bytes.len() as u64 {
            return Err(format!("its dictionary announces {} values in {} bytes", header.value_count, bytes.len()));
        }
        if self.physical == Type::BYTE_ARRAY {
            let mut rest = &*bytes;
            for _ in 0..header.value_count {
                let (len, after) = rest.split_first_chunk::<4>().ok_or("its dictionary is cut short")?;
                let len = u32::from_le_bytes(*len);
                rest = after.get(len as usize..).ok_or("its dictionary is cut short")?;
                self.dictionary_value_bytes_max = self.dictionary_value_bytes_max.max(u64::from(len));
            }
        }
        self.dictionary = Some((header, bytes));
        Ok(())
    }

    fn check_counts(&self, claimed: i64, row_count: u64, found: u64) -> Result<(), String> {
        if u64::try_from(claimed) != Ok(found) {
            return Err(format!("its pages have {found} values, the footer says {claimed}"));
        }
        if self.levels_max.1 == 0 && found != row_count {
            return Err(format!("its pages have {found} rows, the footer says {row_count}"));
        }
        if self.dictionary.is_none() && self.pages.iter().any(|(header, _)| is_index(header.encoding)) {
            return Err("its pages need a dictionary that is not there".to_owned());
        }
        Ok(())
    }

    fn unpacked(&self, header: &PageHeader, body: usize, unpacker: &mut Unpacker) -> Result<Bytes, String> {
        let packed = self.bytes.slice(body..body + header.packed_bytes);
        if header.checksum.is_some_and(|checksum| checksum != crc32fast::hash(&packed)) {
            return Err("a page does not match its checksum".to_owned());
        }
        let levels = header.level_bytes.0 as usize + header.level_bytes.1 as usize;
        if levels > packed.len() || levels > header.unpacked_bytes {
            return Err("a page's levels reach beyond it".to_owned());
        }
        if self.codec == Compression::UNCOMPRESSED || !header.is_compressed {
            return Ok(packed);
        }
        let (levels, values) = packed.split_at(levels);
        let values_bytes = header.unpacked_bytes - levels.len();
        let mut output = Vec::with_capacity(header.unpacked_bytes);
        output.extend_from_slice(levels);
        // A page without values may have no packed bytes at all.
        if values_bytes > 0 {
            let unpacked = unpacker.unpack(self.codec, values, values_bytes, &mut output);
            unpacked.map_err(|problem| format!("a page: {problem}"))?;
        }
        Ok(Bytes::from(output))
    }

    /// Checks the numbers within a page that the Parquet library reserves memory by.
    fn check_values(&self, header: &PageHeader, page: &[u8]) -> Result<(), String> {
        let is_delta = matches!(
            header.encoding,
            Encoding::DELTA_BINARY_PACKED | Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::DELTA_BYTE_ARRAY
        );
        if !is_delta {
            return Ok(());
        }
        let values = self.values(header, page).ok_or("a page's levels reach beyond it")?;
        let count_max = u64::from(header.value_count);
        // A page of nothing but NULLs may have no stream.
        if values.is_empty() {
            return Ok(());
        }
        let len = delta_stream(values, count_max)?;
        if header.encoding == Encoding::DELTA_BYTE_ARRAY {
            delta_stream(values.get(len..).unwrap_or_default(), count_max)?;
        }
        Ok(())
    }

    /// The values of a page, behind its levels.
    fn values<'a>(&self, header: &PageHeader, page: &'a [u8]) -> Option<&'a [u8]> {
        if header.kind == PageKind::DataV2 {
            return page.get(header.level_bytes.0 as usize + header.level_bytes.1 as usize..);
        }
        let (definition, repetition) = header.level_encodings;
        let rest = behind_levels(page, self.levels_max.1, repetition, header.value_count)?;
        behind_levels(rest, self.levels_max.0, definition, header.value_count)
    }
}

fn behind_levels(page: &[u8], level_max: i16, encoding: Encoding, value_count: u32) -> Option<&[u8]> {
    if level_max <= 0 {
        return Some(page);
    }
    if encoding == Encoding::RLE {
        let (len, rest) = page.split_first_chunk::<4>()?;
        return rest.get(u32::from_le_bytes(*len) as usize..);
    }
    let bits = u64::from(16 - (level_max as u16).leading_zeros());
    page.get(usize::try_from((bits * u64::from(value_count)).div_ceil(8)).ok()?..)
}

fn is_index(encoding: Encoding) -> bool {
    matches!(encoding, Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY)
}
