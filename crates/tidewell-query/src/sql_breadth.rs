//! How many tables a statement reads, with every use of a WITH query counted as all that is in it.
//!
//! The planner puts a WITH query in the place of each of its uses, so that thirty queries of which each uses the one before
//! twice would be a billion.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Query, Statement, TableFactor, Visit, Visitor};

use crate::QueryError;

/// Tables, queries in their place, and functions that one statement may read.
const READS_MAX: usize = 100;

/// Checks how much a statement reads.
///
/// # Errors
/// [`QueryError::Invalid`] when it is too much.
pub(crate) fn check_breadth(statement: &Statement) -> Result<(), QueryError> {
    let mut breadth = Breadth { queries: vec![Reads::default()] };
    if statement.visit(&mut breadth).is_break() {
        let text =
            format!("the statement reads tables more than {READS_MAX} times, uses of WITH queries counted in full");
        return Err(QueryError::Invalid(text));
    }
    Ok(())
}

/// One query on the way from the statement to what is being visited.
#[derive(Debug, Default)]
struct Reads {
    count: usize,
    /// Its WITH queries whose count is known.
    known: HashMap<String, usize>,
    /// Its WITH queries that are still to come, the next one last; they are visited before everything else in it.
    to_come: Vec<String>,
}

struct Breadth {
    /// The statement itself, then the queries.
    queries: Vec<Reads>,
}

impl Breadth {
    fn add(&mut self, reads: usize) -> ControlFlow<()> {
        let Some(query) = self.queries.last_mut() else { return ControlFlow::Break(()) };
        query.count = query.count.saturating_add(reads);
        if query.count > READS_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Visitor for Breadth {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let tables = query.with.iter().flat_map(|with| with.cte_tables.iter().rev());
        let to_come = tables.map(|table| table.alias.name.value.to_lowercase()).collect();
        self.queries.push(Reads { to_come, ..Reads::default() });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        let count = self.queries.pop().map_or(0, |query| query.count);
        let Some(parent) = self.queries.last_mut() else { return ControlFlow::Break(()) };
        match parent.to_come.pop() {
            Some(name) => _ = parent.known.insert(name, count.max(1)),
            None => return self.add(count),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        let name = if let TableFactor::Table { name, .. } = table { name.to_string() } else { String::new() };
        let name = name.trim_matches('"').to_lowercase();
        let known = self.queries.iter().rev().find_map(|query| query.known.get(&name));
        let reads = known.copied().unwrap_or(1);
        self.add(reads)
    }
}
