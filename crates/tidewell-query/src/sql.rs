//! SQL text to a statement that only reads.

use std::collections::BTreeSet;

use datafusion::common::TableReference;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SQLOptions;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::Tokenizer;

use crate::catalog::{CATALOG, SCHEMA};
use crate::sql_breadth::check_breadth;
use crate::sql_depth::check_depth;
use crate::view::View;
use crate::{QueryError, QueryLimits};

/// How deep parentheses and queries may nest.
const DEPTH_MAX: usize = 50;
const INFORMATION_SCHEMA: &str = "information_schema";

/// The tables that a statement reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementTables {
    /// Those of these names, whether they exist or not.
    Named(BTreeSet<String>),
    /// Every table's schema: it asks which tables and columns there are. It may read rows of any as well.
    All,
}

/// Reads one statement that changes nothing.
pub(crate) fn parse(text: &str, limits: &QueryLimits) -> Result<Statement, QueryError> {
    if text.len() > limits.sql_bytes_max {
        let (len, max) = (text.len(), limits.sql_bytes_max);
        return Err(QueryError::Invalid(format!("the statement is {len} bytes long: {max} are allowed")));
    }
    let invalid = |error: datafusion::error::DataFusionError| QueryError::Invalid(error.strip_backtrace());
    let tokens = Tokenizer::new(&GenericDialect {}, text).tokenize_with_location();
    let tokens = tokens.map_err(|error| QueryError::Invalid(format!("not SQL: {error}")))?;
    check_depth(&tokens)?;
    let parser = DFParserBuilder::new(tokens).with_dialect(&GenericDialect {}).with_recursion_limit(DEPTH_MAX).build();
    let mut statements = parser.and_then(|mut parser| parser.parse_statements()).map_err(invalid)?;
    match (statements.pop_front(), statements.is_empty()) {
        (Some(statement), true) => {
            check_reads(&statement)?;
            check_size(&statement)?;
            Ok(statement)
        }
        (Some(_), false) => Err(QueryError::Invalid("send one statement at a time: there is a second one".to_owned())),
        (None, _) => Err(QueryError::Invalid("there is no statement in the query".to_owned())),
    }
}

fn check_reads(statement: &Statement) -> Result<(), QueryError> {
    let is_read = match statement {
        Statement::Statement(statement) => matches!(
            **statement,
            SqlStatement::Query(_)
                | SqlStatement::ExplainTable { .. }
                | SqlStatement::ShowTables { .. }
                | SqlStatement::ShowColumns { .. }
                | SqlStatement::ShowVariable { .. }
                | SqlStatement::ShowFunctions { .. }
        ),
        Statement::Explain(explain) => return check_reads(&explain.statement),
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) => false,
    };
    if is_read {
        return Ok(());
    }
    let text = statement.to_string();
    let word = text.split_whitespace().next().unwrap_or("this statement");
    Err(QueryError::Invalid(format!(
        "{word} is refused: a query may only read (SELECT, WITH, VALUES, EXPLAIN, SHOW, DESCRIBE)"
    )))
}

fn check_size(statement: &Statement) -> Result<(), QueryError> {
    match statement {
        Statement::Explain(explain) => check_size(&explain.statement),
        Statement::Statement(statement) => check_breadth(statement),
        _ => Ok(()),
    }
}

fn references(statement: &Statement) -> Result<Vec<TableReference>, QueryError> {
    let (tables, _) =
        resolve_table_references(statement, true).map_err(|error| QueryError::Invalid(error.strip_backtrace()))?;
    Ok(tables)
}

fn is_information_schema(table: &TableReference) -> bool {
    table.schema() == Some(INFORMATION_SCHEMA)
}

/// The tables that a statement reads.
pub(crate) fn tables(statement: &Statement) -> Result<StatementTables, QueryError> {
    let references = references(statement)?;
    if references.iter().any(is_information_schema) {
        return Ok(StatementTables::All);
    }
    Ok(StatementTables::Named(references.iter().map(|table| table.table().to_owned()).collect()))
}

/// Checks that all tables are there, for a message that says which are.
fn check_tables(statement: &Statement, view: &View) -> Result<(), QueryError> {
    for table in references(statement)? {
        let is_ours = table.catalog().unwrap_or(CATALOG) == CATALOG && table.schema().unwrap_or(SCHEMA) == SCHEMA;
        if is_information_schema(&table) || (is_ours && view.tables.contains_key(table.table())) {
            continue;
        }
        return Err(QueryError::NotFound {
            table: table.to_string(),
            database: view.database.as_str().to_owned(),
            existing: view.table_list(),
        });
    }
    Ok(())
}

/// Plans a statement, and checks that nothing in the plan writes.
pub(crate) async fn plan(
    session: &SessionState,
    view: &View,
    statement: Statement,
) -> datafusion::error::Result<LogicalPlan> {
    check_tables(&statement, view)?;
    let plan = session.statement_to_plan(statement).await?;
    let reads = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    reads.verify_plan(&plan)?;
    Ok(plan)
}

#[cfg(test)]
mod tests;
