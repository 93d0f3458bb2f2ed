//! Who spent what: by table and by query, bounded.

mod queries;
mod snapshot;

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tidewell_storage::Usage;
use tidewell_types::{DatabaseName, TableName};

use crate::prices::Prices;
use crate::share::parts;
use queries::Queries;
pub use snapshot::{LedgerSnapshot, QuerySpending, Spending, TableSpending};

/// What requests were made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Log objects, their re-checks, and the commits of new columns.
    Write,
    /// Queries, from the first look at the log to the last segment.
    Query,
    /// Folds, rewrites, deletes and collections.
    Maintenance,
}

/// How much a ledger holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerLimits {
    /// Tables with an account of their own; further ones share one.
    pub tables_max: usize,
    /// Queries in each list of a snapshot.
    pub queries_max: usize,
    /// Bytes of a query's text; the rest is cut off.
    pub query_text_bytes_max: usize,
}

impl Default for LedgerLimits {
    /// 1,000 tables, lists of 50 queries, 1,000 bytes of text.
    fn default() -> Self {
        Self { tables_max: 1_000, queries_max: 50, query_text_bytes_max: 1_000 }
    }
}

/// One table's part in something shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TablePart {
    /// The table.
    pub table: TableName,
    /// What its part is measured by: bytes of its rows written, or read.
    pub bytes: u64,
}

/// A table's account; `None` for what a database does for no table in particular.
type Account = (DatabaseName, Option<TableName>);

/// Accounts of one process since its start. A call takes microseconds and makes no request.
#[derive(Debug)]
pub struct Ledger {
    prices: Prices,
    limits: LedgerLimits,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    totals: [Spending; 3],
    tables: BTreeMap<Account, [Spending; 3]>,
    others: [Spending; 3],
    queries: Queries,
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new(prices: Prices, limits: LedgerLimits) -> Self {
        Self { prices, limits, books: Mutex::default() }
    }

    /// The prices that it counts by.
    #[must_use]
    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    /// Books requests, divided among tables by bytes; evenly where none has any, and to the database where there is no table.
    pub fn record(&self, purpose: Purpose, database: &DatabaseName, tables: &[TablePart], usage: &Usage) {
        let spent = Spending::of(usage, &self.prices);
        self.books.lock().add(purpose, database, tables, spent, self.limits.tables_max);
    }

    /// Books a query's requests, as [`Ledger::record`] does, and under its text.
    pub fn record_query(&self, database: &DatabaseName, tables: &[TablePart], text: &str, usage: &Usage) {
        let spent = Spending::of(usage, &self.prices);
        let text = cut(text, self.limits.query_text_bytes_max);
        let mut books = self.books.lock();
        books.add(Purpose::Query, database, tables, spent, self.limits.tables_max);
        books.queries.add(database, text, spent, self.limits.queries_max);
    }

    /// Everything booked so far, in an order that depends on names and amounts alone.
    #[must_use]
    pub fn snapshot(&self) -> LedgerSnapshot {
        let books = self.books.lock();
        let row = |(account, spent): (&Account, &[Spending; 3])| TableSpending {
            database: account.0.as_str().to_owned(),
            table: account.1.as_ref().map(|table| table.as_str().to_owned()),
            writes: spent[Purpose::Write as usize],
            queries: spent[Purpose::Query as usize],
            maintenance: spent[Purpose::Maintenance as usize],
        };
        let [writes, queries, maintenance] = books.totals;
        let [other_writes, other_queries, other_maintenance] = books.others;
        LedgerSnapshot {
            writes,
            queries,
            maintenance,
            tables: books.tables.iter().map(row).collect(),
            other_tables: TableSpending {
                database: "other".to_owned(),
                table: None,
                writes: other_writes,
                queries: other_queries,
                maintenance: other_maintenance,
            },
            dearest_queries: books.queries.dearest(self.limits.queries_max),
            last_queries: books.queries.last(),
        }
    }
}

impl Books {
    fn add(
        &mut self,
        purpose: Purpose,
        database: &DatabaseName,
        tables: &[TablePart],
        spent: Spending,
        tables_max: usize,
    ) {
        self.totals[purpose as usize].add(spent);
        if tables.is_empty() {
            return self.account(database, None, tables_max)[purpose as usize].add(spent);
        }
        for (part, of_all) in tables.iter().zip(parts(tables.iter().map(|part| part.bytes))) {
            self.account(database, Some(&part.table), tables_max)[purpose as usize].add(spent.part(of_all));
        }
    }

    fn account(&mut self, database: &DatabaseName, table: Option<&TableName>, tables_max: usize) -> &mut [Spending; 3] {
        let is_full = self.tables.len() >= tables_max;
        let account = (database.clone(), table.cloned());
        match self.tables.contains_key(&account) || !is_full {
            true => self.tables.entry(account).or_default(),
            false => &mut self.others,
        }
    }
}

/// The beginning of a text, in whole characters.
fn cut(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
