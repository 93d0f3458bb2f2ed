//! Several requests' rows as one batch, so that a group of writes costs one entry.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use tidewell_segment::conform;
use tidewell_types::{Batch, TableName, TableRows};

/// Joins batches, table by table, keeping the order of the requests.
///
/// # Errors
/// Arrow's, when a column outgrows what it can index, or two requests disagree on a column's type.
pub(crate) fn combine(batches: Vec<Batch>) -> Result<Batch, ArrowError> {
    let mut tables: BTreeMap<TableName, Vec<RecordBatch>> = BTreeMap::new();
    for table in batches.into_iter().flat_map(|batch| batch.tables) {
        tables.entry(table.table).or_default().push(table.rows);
    }
    let joined = tables.into_iter().map(|(table, parts)| Ok(TableRows { table, rows: join(parts)? }));
    Ok(Batch { tables: joined.collect::<Result<_, ArrowError>>()? })
}

fn join(mut parts: Vec<RecordBatch>) -> Result<RecordBatch, ArrowError> {
    if let [_] = parts.as_slice()
        && let Some(only) = parts.pop()
    {
        return Ok(only);
    }
    let schema = union(&parts);
    let outside = |error| ArrowError::ExternalError(Box::new(error));
    let parts = parts.iter().map(|part| conform(&schema, part).map_err(outside)).collect::<Result<Vec<_>, _>>()?;
    concat_batches(&schema, &parts)
}

/// Every column of any part, in alphabetical order.
fn union(parts: &[RecordBatch]) -> SchemaRef {
    let fields = parts.iter().flat_map(|part| part.schema_ref().fields().iter());
    let by_name: BTreeMap<&str, &Arc<Field>> = fields.map(|field| (field.name().as_str(), field)).collect();
    Arc::new(Schema::new(by_name.into_values().cloned().collect::<Vec<_>>()))
}
