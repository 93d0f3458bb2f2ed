//! What columns a rollup's target has.

use std::sync::Arc;

use tidewell_manifest::{Aggregate, RollupDefinition};
use tidewell_types::{FieldType, TableSchema};

/// A field of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupColumn {
    /// Its name: the aggregate's and the field's.
    pub name: String,
    /// The source's field.
    pub field: Arc<str>,
    /// What is made of it.
    pub aggregate: Aggregate,
    /// What that is.
    pub field_type: FieldType,
}

/// The tags that rows are grouped by, of those that the source has; in its order.
#[must_use]
pub fn tags(definition: &RollupDefinition, source: &TableSchema) -> Vec<Arc<str>> {
    let is_wanted =
        |tag: &&Arc<str>| definition.tags.as_ref().is_none_or(|tags| tags.iter().any(|name| **name == ***tag));
    source.tags().iter().filter(is_wanted).cloned().collect()
}

/// The target's fields, of those that the source has and whose type allows the aggregate: text and booleans are counted, and have
/// a first and a last.
#[must_use]
pub fn columns(definition: &RollupDefinition, source: &TableSchema) -> Vec<RollupColumn> {
    let is_wanted =
        |field: &Arc<str>| definition.fields.as_ref().is_none_or(|fields| fields.iter().any(|name| **name == **field));
    let fields = source.fields().iter().filter(|(field, _)| is_wanted(field));
    let of_field = |(field, field_type): (&Arc<str>, &FieldType)| {
        let (field, field_type) = (Arc::clone(field), *field_type);
        definition.aggregates.iter().filter_map(move |aggregate| {
            let name = format!("{aggregate}_{field}");
            let field_type = made_of(field_type, *aggregate)?;
            Some(RollupColumn { name, field: Arc::clone(&field), aggregate: *aggregate, field_type })
        })
    };
    let mut columns: Vec<RollupColumn> = fields.flat_map(of_field).collect();
    columns.dedup();
    columns
}

fn made_of(field_type: FieldType, aggregate: Aggregate) -> Option<FieldType> {
    let is_number = matches!(field_type, FieldType::Float | FieldType::Integer | FieldType::Unsigned);
    match aggregate {
        Aggregate::Count => Some(FieldType::Integer),
        Aggregate::First | Aggregate::Last => Some(field_type),
        Aggregate::Mean => is_number.then_some(FieldType::Float),
        Aggregate::Min | Aggregate::Max | Aggregate::Sum => is_number.then_some(field_type),
    }
}

#[cfg(test)]
mod tests;
