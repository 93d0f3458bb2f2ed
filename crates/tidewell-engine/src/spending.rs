//! What queries take from the store, booked by table and by query once it is known.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow_array::RecordBatch;
use futures::Stream;
use tidewell_cost::TablePart;
use tidewell_query::{Answer, AnswerRows, QueryError, QueryStatistics, Question};
use tidewell_storage::Store;
use tidewell_types::DatabaseName;

use crate::home::Home;

/// A query's entry in the ledger, made when this is dropped: at the end of its rows, or where it failed or was given up.
#[derive(Debug)]
pub(crate) struct Bill {
    home: Arc<Home>,
    database: DatabaseName,
    text: String,
    /// Metered for this query alone.
    store: Store,
    statistics: Option<Arc<QueryStatistics>>,
}

impl Bill {
    pub(crate) fn of(home: &Arc<Home>, database: &DatabaseName, question: &Question, store: &Store) -> Self {
        let text = match question {
            Question::Sql(text, _) => text.clone(),
            Question::Json(query) => format!("{query:?}"),
        };
        let (home, database) = (Arc::clone(home), database.clone());
        Self { home, database, text, store: store.clone(), statistics: None }
    }

    /// The answer, whose end makes the entry.
    pub(crate) fn with(mut self, answer: Answer) -> Answer {
        self.statistics = Some(Arc::clone(&answer.statistics));
        let rows = Box::pin(Billed { rows: answer.rows, _bill: self });
        Answer { rows, ..answer }
    }
}

impl Drop for Bill {
    fn drop(&mut self) {
        let tables = self.statistics.as_ref().map(|statistics| statistics.tables()).unwrap_or_default();
        let tables: Vec<TablePart> = tables.into_iter().map(|(table, bytes)| TablePart { table, bytes }).collect();
        let (home, used) = (&self.home, self.store.meter().snapshot());
        home.ledger.record_query(&self.database, &tables, &self.text, &used);
        home.cadence.charge_other(home.env.monotonic(), &used);
    }
}

struct Billed {
    rows: AnswerRows,
    _bill: Bill,
}

impl Stream for Billed {
    type Item = Result<RecordBatch, QueryError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.rows.as_mut().poll_next(context)
    }
}
