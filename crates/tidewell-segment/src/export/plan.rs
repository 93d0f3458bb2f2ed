//! How one column of one row group is going to be encoded.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{FieldRef, Schema};
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::basic::Compression;
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use super::column::ColumnEncoder;
use super::encoding::is_repeated_number;
use super::number_chunk::NumberChunk;
use super::tag_chunk::{TagChunk, is_tag_like};

/// Who encodes a column.
#[derive(Clone, Copy)]
enum Way {
    Library,
    Tags,
    Numbers,
}

/// What an encoder is made from. Encoders reserve memory, plans do not.
pub(crate) struct ColumnPlan {
    field: FieldRef,
    /// The column in the file's schema.
    root: TypePtr,
    properties: WriterPropertiesPtr,
    codec: Compression,
    way: Way,
}

impl ColumnPlan {
    /// For a column that begins with the rows of `sample`.
    pub(crate) fn new(
        field: &FieldRef,
        root: &TypePtr,
        sample: &ArrayRef,
        properties: &WriterPropertiesPtr,
        codec: Compression,
    ) -> Self {
        let way = if is_tag_like(field.data_type()) {
            Way::Tags
        } else if is_repeated_number(sample) {
            Way::Numbers
        } else {
            Way::Library
        };
        Self { field: Arc::clone(field), root: Arc::clone(root), properties: Arc::clone(properties), codec, way }
    }

    /// Whether it takes longer than most.
    pub(crate) fn is_slow(&self) -> bool {
        matches!(self.way, Way::Library)
    }

    /// The encoder, without rows yet.
    pub(crate) fn begin(self) -> Result<ColumnEncoder> {
        let Self { field, root, properties, codec, way } = self;
        let alone = Arc::new(Type::group_type_builder("schema").with_fields(vec![root]).build()?);
        if let Way::Library = way {
            // Only a file hands out writers by properties, so this one is made for that and is never written.
            let file = SerializedFileWriter::new(Vec::new(), alone, properties)?;
            let schema = Arc::new(Schema::new(vec![Arc::clone(&field)]));
            let writers = ArrowRowGroupWriterFactory::new(&file, schema).create_column_writers(0)?;
            return Ok(ColumnEncoder::Library { field, writers });
        }
        let leaf = SchemaDescriptor::new(alone).columns().first().cloned();
        let leaf = leaf.ok_or_else(|| ParquetError::General(format!("column {:?} has no leaf", field.name())))?;
        Ok(match way {
            Way::Numbers => {
                ColumnEncoder::Numbers { chunk: Box::new(NumberChunk::new(leaf, field.data_type())), codec }
            }
            _ => ColumnEncoder::Tags { chunk: Box::new(TagChunk::new(leaf)), codec },
        })
    }
}
