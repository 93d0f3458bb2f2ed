//! Several requests' rows as one batch, so that a group of writes costs one entry.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use tidewell_buffer::{EntryToken, RowSpan};
use tidewell_cost::TablePart;
use tidewell_segment::conform;
use tidewell_types::{Batch, TableName, TableRows, TokenId};

use crate::cost::rows_bytes;

/// What one entry is to hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grouped {
    pub(crate) batch: Batch,
    pub(crate) tokens: Vec<EntryToken>,
}

impl Grouped {
    /// Its tables and what their rows take, by which they share its cost.
    pub(crate) fn tables(&self) -> Vec<TablePart> {
        let part = |rows: &TableRows| TablePart { table: rows.table.clone(), bytes: rows_bytes(&rows.rows) };
        self.batch.tables.iter().map(part).collect()
    }
}

/// One table's rows, request by request.
#[derive(Default)]
struct Parts {
    batches: Vec<RecordBatch>,
    rows: usize,
}

/// Rows of one request among those of their table.
struct Share {
    table: TableName,
    start: usize,
    count: usize,
}

/// Joins requests, table by table, keeping their order and which rows are whose where a request has a token. No two of the
/// requests may have the same.
///
/// # Errors
/// Arrow's, when a column outgrows what it can index, or two requests disagree on a column's type.
pub(crate) fn combine(requests: Vec<(Batch, Option<TokenId>)>) -> Result<Grouped, ArrowError> {
    let mut tables: BTreeMap<TableName, Parts> = BTreeMap::new();
    let mut owned: Vec<(TokenId, Vec<Share>)> = Vec::new();
    for (batch, token) in requests {
        let mut own = token.map(|token| (token, Vec::with_capacity(batch.tables.len())));
        for TableRows { table, rows } in batch.tables {
            let name = own.is_some().then(|| table.clone());
            let parts = tables.entry(table).or_default();
            if let (Some((_, own)), Some(name)) = (&mut own, name) {
                own.push(Share { table: name, start: parts.rows, count: rows.num_rows() });
            }
            parts.rows += rows.num_rows();
            parts.batches.push(rows);
        }
        owned.extend(own);
    }
    let places: BTreeMap<TableName, usize> = match owned.is_empty() {
        true => BTreeMap::new(),
        false => tables.keys().cloned().zip(0..).collect(),
    };
    let tokens = owned.into_iter().map(|(id, shares)| {
        let spans = shares.iter().map(|share| span(share, &places)).collect::<Result<_, _>>()?;
        Ok(EntryToken { id, spans })
    });
    let tokens = tokens.collect::<Result<_, ArrowError>>()?;
    let joined = tables.into_iter().map(|(table, parts)| Ok(TableRows { table, rows: join(parts.batches)? }));
    Ok(Grouped { batch: Batch { tables: joined.collect::<Result<_, ArrowError>>()? }, tokens })
}

fn span(share: &Share, places: &BTreeMap<TableName, usize>) -> Result<RowSpan, ArrowError> {
    let number = |number: Option<usize>| {
        let number = number.and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| ArrowError::InvalidArgumentError("more rows than one entry takes".to_owned()))
    };
    let table = number(places.get(&share.table).copied())?;
    Ok(RowSpan { table, start: number(Some(share.start))?, count: number(Some(share.count))? })
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

#[cfg(test)]
mod tests;
