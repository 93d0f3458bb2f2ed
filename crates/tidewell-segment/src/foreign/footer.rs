//! The metadata of a foreign Parquet file, from the end of the file.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use parquet::file::metadata::{FooterTail, KeyValue, ParquetMetaData, ParquetMetaDataReader};

use super::ForeignError;
use super::layout::{check_layout, chunk_range};
use super::quiet::guarded;
use super::shape::check_shape;

/// The last bytes of every Parquet file: the metadata's length and the magic number.
const TRAILER_BYTES: usize = 8;
/// The magic number at both ends.
const MAGIC: &[u8; 4] = b"PAR1";
/// Most bytes of metadata that are parsed; parsed they take some 20 times as much.
const METADATA_BYTES_MAX: u64 = 32 << 20;

/// A foreign file's metadata, checked: every offset lies in the file, every count agrees with the others. Cheap to
/// clone.
///
/// Nothing of it is taken for an answer: what it says of values is a claim ([`ClaimedStats`](super::ClaimedStats)).
#[derive(Clone, Debug)]
pub struct Footer(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    parquet: ParquetMetaData,
    file_bytes: u64,
    footer_bytes: u64,
}

impl Footer {
    /// Parses the last bytes of a file that has `file_bytes` bytes. A tail that is the whole file has its head
    /// checked too.
    ///
    /// # Errors
    /// [`ForeignError::TailTooShort`] when the metadata starts before the tail: fetch what it says and parse again
    /// (at most two times). [`ForeignError::Corrupt`] when it is no Parquet, cut short, damaged or hostile;
    /// [`ForeignError::Encrypted`]; [`ForeignError::TooLarge`] beyond 32 MiB of metadata.
    pub fn parse(tail: &Bytes, file_bytes: u64) -> Result<Self, ForeignError> {
        let start = file_bytes.checked_sub(tail.len() as u64);
        let start = start.ok_or_else(|| ForeignError::internal("a tail is longer than its file"))?;
        let metadata = metadata_range(tail, file_bytes)?;
        if start == 0 && !tail.starts_with(MAGIC) {
            return Err(ForeignError::corrupt("it does not begin with PAR1"));
        }
        let at = |offset: u64| offset.checked_sub(start).and_then(|at| usize::try_from(at).ok());
        let (Some(from), Some(to)) = (at(metadata.start), at(metadata.end)) else {
            return Err(ForeignError::TailTooShort { needed_bytes: file_bytes - metadata.start });
        };
        let bytes = tail.get(from..to).unwrap_or_default();
        check_shape(bytes)?;
        let parquet = guarded("its metadata is unreadable", || ParquetMetaDataReader::decode_metadata(bytes))?;
        check_layout(&parquet, metadata.start)?;
        Ok(Self(Arc::new(Parts { parquet, file_bytes, footer_bytes: file_bytes - metadata.start })))
    }

    /// Rows of the whole file, as its row groups add up to. A claim until the rows were decoded, which
    /// [`Rows`](super::Rows) checks.
    #[must_use]
    pub fn row_count(&self) -> u64 {
        u64::try_from(self.0.parquet.file_metadata().num_rows()).unwrap_or_default()
    }

    /// Rows of each row group, in the file's order.
    #[must_use]
    pub fn row_group_rows(&self) -> Vec<u64> {
        let groups = self.0.parquet.row_groups().iter();
        groups.map(|group| u64::try_from(group.num_rows()).unwrap_or_default()).collect()
    }

    /// Where a row group's column chunks are in the file, as one span; `None` where there is no such row group.
    #[must_use]
    pub fn row_group_range(&self, row_group: usize) -> Option<Range<u64>> {
        let ranges = self.0.parquet.row_groups().get(row_group)?.columns().iter().filter_map(chunk_range);
        ranges.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
    }

    /// Key and value pairs that the writer added, in the file's order; a missing value is empty.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.key_values().iter().map(|pair| (pair.key.as_str(), pair.value.as_deref().unwrap_or_default()))
    }

    /// What wrote the file, by its own word.
    #[must_use]
    pub fn created_by(&self) -> Option<&str> {
        self.0.parquet.file_metadata().created_by()
    }

    /// The length of the whole file.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        self.0.file_bytes
    }

    /// The length of the metadata with its trailer, at the file's end.
    #[must_use]
    pub fn footer_bytes(&self) -> u64 {
        self.0.footer_bytes
    }

    /// What the footer holds in memory, in bytes, to weigh it in a cache.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.0.parquet.memory_size() + size_of::<Parts>()
    }

    pub(crate) fn parquet(&self) -> &ParquetMetaData {
        &self.0.parquet
    }

    pub(crate) fn key_values(&self) -> &[KeyValue] {
        self.0.parquet.file_metadata().key_value_metadata().map_or(&[], Vec::as_slice)
    }
}

/// Where the metadata is in the file.
fn metadata_range(tail: &Bytes, file_bytes: u64) -> Result<Range<u64>, ForeignError> {
    let magic_bytes = MAGIC.len() as u64;
    let end = file_bytes.checked_sub(TRAILER_BYTES as u64).filter(|end| *end >= magic_bytes);
    let end = end.ok_or_else(|| ForeignError::corrupt(format!("{file_bytes} bytes are too few for a Parquet file")))?;
    let Some(trailer) = tail.last_chunk::<TRAILER_BYTES>() else {
        return Err(ForeignError::TailTooShort { needed_bytes: TRAILER_BYTES as u64 });
    };
    let no_parquet = |_| ForeignError::corrupt("it does not end with PAR1: it is cut short or no Parquet file");
    let trailer = FooterTail::try_new(trailer).map_err(no_parquet)?;
    if trailer.is_encrypted_footer() {
        return Err(ForeignError::Encrypted { part: "the file's metadata" });
    }
    let bytes = trailer.metadata_length() as u64;
    let start = end.checked_sub(bytes).filter(|start| *start >= magic_bytes);
    let start = start.ok_or_else(|| {
        ForeignError::corrupt(format!("its metadata announces {bytes} bytes in a file of {file_bytes}"))
    })?;
    if bytes > METADATA_BYTES_MAX {
        let what = "the file's metadata".to_owned();
        return Err(ForeignError::TooLarge { what, bytes, bytes_max: METADATA_BYTES_MAX });
    }
    Ok(start..end)
}
