//! The columns of a foreign file, each under its Arrow type or with the reason why it has none.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_schema_by_columns};
use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::{Type, TypePtr};

use super::mapping::is_text;
use super::quiet::guarded;
use super::{Footer, ForeignError};

/// A column at the top of the schema.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) name: String,
    pub(crate) data_type: Result<DataType, String>,
    /// Its type by the library alone, for the library.
    pub(crate) library_type: Option<DataType>,
}

/// The columns at the top of the schema, in the file's order.
pub(crate) fn roots(footer: &Footer) -> Result<Vec<Root>, ForeignError> {
    let schema = footer.parquet().file_metadata().schema_descr();
    let pairs = footer.parquet().file_metadata().key_value_metadata();
    let columns = schema.root_schema().get_fields();
    // One column that the library has no type for must not hide the others.
    let all = guarded("its schema is unreadable", || {
        parquet_to_arrow_schema_by_columns(schema, ProjectionMask::all(), pairs)
    });
    if let Ok(all) = &all
        && all.fields().len() == columns.len()
    {
        return Ok(columns.iter().zip(all.fields()).map(|(column, field)| root(column, Ok(field))).collect());
    }
    let roots = columns.iter().enumerate().map(|(index, column)| {
        let one = guarded("the Parquet library has no type for it", || {
            let mask = ProjectionMask::roots(schema, [index]);
            parquet_to_arrow_schema_by_columns(schema, mask, pairs)
        });
        match one.as_ref().map(|schema| schema.fields().first()) {
            Ok(Some(field)) => root(column, Ok(field)),
            Ok(None) => root(column, Err("it has no values".to_owned())),
            Err(ForeignError::Corrupt { problem }) => root(column, Err(problem.clone())),
            Err(error) => root(column, Err(error.to_string())),
        }
    });
    let roots: Vec<Root> = roots.collect();
    match all {
        Err(error) if !roots.is_empty() && roots.iter().all(|root| root.data_type.is_err()) => Err(error),
        _ => Ok(roots),
    }
}

fn root(column: &Type, field: Result<&FieldRef, String>) -> Root {
    let library_type = field.as_ref().ok().map(|field| field.data_type().clone());
    let data_type = match special(column) {
        Some(reason) => Err(reason.to_owned()),
        None => field.map(|field| field.data_type().clone()),
    };
    Root { name: column.name().to_owned(), data_type, library_type }
}

/// Annotations whose bytes mean nothing as text.
fn special(column: &Type) -> Option<&'static str> {
    match column.get_basic_info().logical_type_ref() {
        Some(LogicalType::Variant { .. }) => {
            Some("it holds variants, whose type changes from row to row: leave it out")
        }
        Some(LogicalType::Geometry { .. } | LogicalType::Geography { .. }) => {
            Some("it holds shapes, which Tidewell has no type for: leave it out")
        }
        _ if repeats_int96(column, false) => {
            Some("it holds INT96 times in a list, whose range cannot be checked: leave it out")
        }
        _ => None,
    }
}

fn repeats_int96(column: &Type, is_repeated: bool) -> bool {
    let info = column.get_basic_info();
    let is_repeated = is_repeated || info.has_repetition() && info.repetition() == Repetition::REPEATED;
    if column.is_primitive() {
        return is_repeated && column.get_physical_type() == Physical::INT96;
    }
    column.get_fields().iter().any(|member| repeats_int96(member, is_repeated))
}

/// The schema with text as plain bytes: the library takes some annotated bytes (JSON) for text unchecked.
pub(crate) fn with_plain_bytes(column: &TypePtr) -> Result<TypePtr, ParquetError> {
    let info = column.get_basic_info();
    if column.is_primitive() {
        let is_decimal = matches!(info.logical_type_ref(), Some(LogicalType::Decimal(_)))
            || info.converted_type() == ConvertedType::DECIMAL;
        let is_null = matches!(info.logical_type_ref(), Some(LogicalType::Unknown));
        if column.get_physical_type() != Physical::BYTE_ARRAY || is_decimal || is_null {
            return Ok(TypePtr::clone(column));
        }
        let plain = Type::primitive_type_builder(column.name(), Physical::BYTE_ARRAY);
        return plain.with_repetition(info.repetition()).build().map(Arc::new);
    }
    let members: Result<Vec<TypePtr>, ParquetError> = column.get_fields().iter().map(with_plain_bytes).collect();
    let mut group = Type::group_type_builder(column.name())
        .with_converted_type(info.converted_type())
        .with_logical_type(info.logical_type_ref().cloned())
        .with_fields(members?);
    if info.has_repetition() {
        group = group.with_repetition(info.repetition());
    }
    group.build().map(Arc::new)
}

/// The type to decode a column to: what tells units apart is kept, text is bytes that are checked later. `other` may
/// give another type for the leaf at a path.
pub(crate) fn read_type(data_type: &DataType, path: &str, other: &dyn Fn(&str) -> Option<DataType>) -> DataType {
    if let Some(other) = other(path) {
        return other;
    }
    let member = |field: &FieldRef| -> FieldRef {
        let path = format!("{path}.{}", field.name());
        Arc::new(Field::new(field.name(), read_type(field.data_type(), &path, other), field.is_nullable()))
    };
    // Below a list the file's own types are taken.
    let plain = |field: &FieldRef| -> FieldRef {
        Arc::new(Field::new(field.name(), read_type(field.data_type(), "", &|_| None), field.is_nullable()))
    };
    match data_type {
        DataType::Dictionary(_, values) => read_type(values, path, other),
        text if is_text(text) => DataType::Binary,
        DataType::Struct(members) => DataType::Struct(members.iter().map(member).collect()),
        DataType::List(of)
        | DataType::LargeList(of)
        | DataType::ListView(of)
        | DataType::LargeListView(of)
        | DataType::FixedSizeList(of, _) => DataType::List(plain(of)),
        DataType::Map(entries, is_sorted) => DataType::Map(plain(entries), *is_sorted),
        other => other.clone(),
    }
}
