//! From a body of line protocol to rows that fit their tables, and the lines that do not.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::ArrowError;
use tidewell_line_protocol::{Line, Parser, Precision};
use tidewell_types::{Batch, TableName, TableSchema, TimestampNs};

use crate::columns::TableColumns;
use crate::reject::Rejections;

/// What a table may grow to; a line beyond it is rejected, the rest of the body is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmitLimits {
    /// Columns of a table, time included.
    pub columns_max: usize,
    /// Tags of a table.
    pub tags_max: usize,
}

impl Default for AdmitLimits {
    fn default() -> Self {
        Self { columns_max: 1000, tags_max: 250 }
    }
}

/// What a body came to.
#[derive(Clone, Debug, Default)]
pub struct Admitted {
    /// The good lines' rows, in the order of the lines.
    pub batch: Batch,
    /// Columns that tables do not have yet, for the good lines.
    pub growth: Vec<(TableName, TableSchema)>,
    /// The bad lines.
    pub rejected: Rejections,
}

/// Reads a body against the tables' columns.
///
/// A line without a timestamp gets `now`. Nothing of a bad line is admitted, and it has no effect on the others.
///
/// # Errors
/// Arrow's, when a column outgrows what it can index (2 GiB of text in one body).
pub fn admit(
    body: &[u8],
    precision: Precision,
    now: TimestampNs,
    schema_of: impl Fn(&str) -> Option<Arc<TableSchema>>,
    limits: &AdmitLimits,
) -> Result<Admitted, ArrowError> {
    let mut tables = Tables { schema_of, tables: Vec::new(), index: HashMap::new(), last: None };
    let mut rejected = Rejections::default();
    let mut parser = Parser::new(body);
    let mut line = Line::default();
    while let Some(parsed) = parser.next_into(&mut line) {
        if let Err(error) = parsed {
            rejected.push_unparsed(&error);
            continue;
        }
        let outcome = instant(&line, precision, now).and_then(|time| tables.push(&line, time, limits));
        if let Err(reason) = outcome {
            rejected.push(line.line_number, 1, line.source, || reason);
        }
    }
    let mut tables = tables.tables;
    tables.retain(|table| !table.is_empty());
    let growth = tables.iter().filter_map(TableColumns::growth).collect();
    let tables = tables.into_iter().map(TableColumns::finish).collect::<Result<_, _>>()?;
    Ok(Admitted { batch: Batch { tables }, growth, rejected })
}

fn instant(line: &Line<'_>, precision: Precision, now: TimestampNs) -> Result<TimestampNs, String> {
    let Some(raw) = line.timestamp else { return Ok(now) };
    let out_of_range =
        || format!("timestamp {raw} is outside the years 1677 to 2262: check the precision of the request");
    precision.to_ns(raw).ok_or_else(out_of_range)
}

/// The tables that a body has named so far.
struct Tables<F> {
    schema_of: F,
    tables: Vec<TableColumns>,
    index: HashMap<Box<str>, usize>,
    /// The table of the line before, which is mostly the table of the next.
    last: Option<(Box<str>, usize)>,
}

impl<F: Fn(&str) -> Option<Arc<TableSchema>>> Tables<F> {
    fn push(&mut self, line: &Line<'_>, time: TimestampNs, limits: &AdmitLimits) -> Result<(), String> {
        let slot = self.slot(&line.measurement)?;
        let Some(table) = self.tables.get_mut(slot) else { return Ok(()) };
        table.push(line, time, limits).map_err(|misfit| format!("table {:?}: {misfit}", line.measurement))
    }

    fn slot(&mut self, measurement: &str) -> Result<usize, String> {
        if let Some((name, slot)) = &self.last
            && **name == *measurement
        {
            return Ok(*slot);
        }
        let slot = match self.index.get(measurement) {
            Some(slot) => *slot,
            None => {
                let name = TableName::new(measurement).map_err(|error| error.to_string())?;
                self.tables.push(TableColumns::new(name, (self.schema_of)(measurement).unwrap_or_default()));
                self.index.insert(measurement.into(), self.tables.len() - 1);
                self.tables.len() - 1
            }
        };
        self.last = Some((measurement.into(), slot));
        Ok(slot)
    }
}

#[cfg(test)]
mod tests;
