//! Checked pages, handed to the Parquet library.

use parquet::arrow::arrow_reader::RowGroups;
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use super::Footer;
use super::chunk::Chunk;
use super::unpack::Unpacker;

/// One row group with the chunks that are read of it.
pub(crate) struct GroupFeed<'a> {
    pub(crate) footer: &'a Footer,
    pub(crate) row_group: usize,
    /// By the column's place among the leaves of the schema.
    pub(crate) chunks: &'a [Option<Chunk>],
}

impl RowGroups for GroupFeed<'_> {
    fn num_rows(&self) -> usize {
        let group = self.footer.parquet().row_groups().get(self.row_group);
        group.and_then(|group| usize::try_from(group.num_rows()).ok()).unwrap_or_default()
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        let chunk = self.chunks.get(column).cloned().flatten();
        let chunk = chunk.ok_or_else(|| ParquetError::General(format!("column {column} was not fetched")))?;
        Ok(Box::new(ChunkFeed(Some(chunk))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.footer.parquet().row_groups().get(self.row_group).into_iter())
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.footer.parquet()
    }
}

struct ChunkFeed(Option<Chunk>);

impl Iterator for ChunkFeed {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let chunk = self.0.take()?;
        Some(Ok(Box::new(PageFeed { chunk, is_started: false, next: 0, unpacker: Unpacker::default() })))
    }
}

impl PageIterator for ChunkFeed {}

struct PageFeed {
    chunk: Chunk,
    /// Whether the dictionary was handed out, or there is none.
    is_started: bool,
    next: usize,
    unpacker: Unpacker,
}

impl PageReader for PageFeed {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        if !self.is_started {
            self.is_started = true;
            if let Some(dictionary) = self.chunk.dictionary() {
                return Ok(Some(dictionary));
            }
        }
        if self.next >= self.chunk.page_count() {
            return Ok(None);
        }
        self.next += 1;
        self.chunk.page(self.next - 1, &mut self.unpacker).map(Some).map_err(ParquetError::General)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        let is_dict = !self.is_started && self.chunk.dictionary().is_some();
        if is_dict {
            return Ok(Some(PageMetadata { num_rows: None, num_levels: None, is_dict }));
        }
        Ok(self.chunk.header(self.next).map(|header| PageMetadata {
            num_rows: (header.kind == super::page_header::PageKind::DataV2).then_some(header.row_count as usize),
            num_levels: Some(header.value_count as usize),
            is_dict,
        }))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        if self.is_started || self.chunk.dictionary().is_none() {
            self.next += 1;
        }
        self.is_started = true;
        Ok(())
    }
}

impl Iterator for PageFeed {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
