//! The engine: takes a snapshot and a question, gives an answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::session_state::SessionState;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::future::{Either, select};
use futures::{StreamExt, stream};
use tidewell_cache::ObjectCache;
use tidewell_env::Env;
use tidewell_storage::{ForeignStores, Store, StoreOptions};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::access::Access;
use crate::ahead::Ahead;
use crate::answer::{Deadline, LimitedRows, timed_out};
use crate::catalog::ViewCatalog;
use crate::deep_stack::on_deep_stack;
use crate::json::plan_json;
use crate::normalise::normalised_schema;
use crate::params::{ParamValue, bind};
use crate::registered::RegisteredFiles;
use crate::session::SessionBase;
use crate::sql::{self, StatementTables};
use crate::{Answer, JsonQuery, QueryError, QueryLimits, QueryStatistics, Question, View};

/// Batches of an answer that are computed before they are asked for.
const COMPUTED_AHEAD: usize = 1;

/// Answers queries over snapshots. Cheap to clone; clones share the limit on concurrency and the cache.
#[derive(Clone, Debug)]
pub struct QueryEngine {
    limits: Arc<QueryLimits>,
    cache: Arc<ObjectCache>,
    registered: Arc<RegisteredFiles>,
    env: Env,
    base: Arc<SessionBase>,
    turns: Arc<Semaphore>,
}

/// One query that has its turn.
pub(crate) struct Running {
    pub(crate) session: SessionState,
    pub(crate) view: Arc<View>,
    pub(crate) statistics: Arc<QueryStatistics>,
    deadline: Deadline,
    permit: OwnedSemaphorePermit,
}

impl QueryEngine {
    /// An engine with these limits for each query. Registered files are read from stores that it opens itself.
    ///
    /// # Errors
    /// [`QueryError::Internal`] when the folder for temporary files cannot be used; set `spill_bytes_max` to 0.
    pub fn new(limits: QueryLimits, cache: Arc<ObjectCache>, env: Env) -> Result<Self, QueryError> {
        let base = SessionBase::new(&limits).map_err(|error| QueryError::Internal(error.strip_backtrace()))?;
        let turns = Arc::new(Semaphore::new(limits.concurrency_max.max(1)));
        let stores = ForeignStores::new(env.clone(), StoreOptions::default());
        let registered = Arc::new(RegisteredFiles::new(stores, limits.memory_bytes_max));
        Ok(Self { limits: Arc::new(limits), cache, registered, env, base: Arc::new(base), turns })
    }

    /// The same engine for questions that are made here and not asked by users: as long as they come out, of as many rows, and with
    /// ten times the time.
    #[must_use]
    pub fn for_own_questions(&self) -> Self {
        let limits = QueryLimits {
            sql_bytes_max: usize::MAX,
            rows_max: None,
            timeout: self.limits.timeout.saturating_mul(10),
            ..(*self.limits).clone()
        };
        Self { limits: Arc::new(limits), ..self.clone() }
    }

    /// The tables that a statement reads, so that the caller can make a view of those alone. No request.
    ///
    /// # Errors
    /// [`QueryError::Invalid`] when the text is not one statement that only reads.
    pub fn check(&self, text: &str) -> Result<StatementTables, QueryError> {
        sql::tables(&sql::parse(text, &self.limits)?)
    }

    /// Answers one SQL statement that only reads; `$name` in it stands for the value of that name.
    ///
    /// `store` is metered for this query alone, so that the statistics count what its snapshot took as well.
    ///
    /// Waits for its turn, plans, and reads until the first rows are there. Requests: at most one a segment to open it and
    /// one a row group to read it, less what the cache holds.
    ///
    /// # Errors
    /// Any [`QueryError`]; after [`QueryError::Gone`] call again with a view of the newest version.
    pub async fn sql(
        &self,
        store: &Store,
        view: View,
        text: &str,
        params: BTreeMap<String, ParamValue>,
    ) -> Result<Answer, QueryError> {
        self.ask(store, view, &Question::Sql(text.to_owned(), params)).await
    }

    /// Answers a query of the JSON API; otherwise as [`sql`](Self::sql).
    ///
    /// # Errors
    /// Any [`QueryError`]; after [`QueryError::Gone`] call again with a view of the newest version.
    pub async fn json(&self, store: &Store, view: View, query: &JsonQuery) -> Result<Answer, QueryError> {
        self.ask(store, view, &Question::Json(Box::new(query.clone()))).await
    }

    /// Answers a question of either kind; as [`sql`](Self::sql).
    ///
    /// # Errors
    /// Any [`QueryError`]; after [`QueryError::Gone`] call again with a view of the newest version.
    pub async fn ask(&self, store: &Store, view: View, question: &Question) -> Result<Answer, QueryError> {
        if let Question::Sql(text, _) = question {
            // What is no statement needs no turn.
            sql::parse(text, &self.limits)?;
        }
        let Running { session, view, statistics, mut deadline, permit } = self.begin(store, view).await?;
        let rows = async {
            let plan = self.physical(&session, &view, &statistics, question).await?;
            execute_stream(plan, session.task_ctx()).map_err(|error| self.error(&error))
        };
        let rows = match select(std::pin::pin!(rows), &mut deadline).await {
            Either::Left((rows, _)) => rows?,
            Either::Right(_) => return Err(timed_out(&self.limits)),
        };
        let schema = normalised_schema(&rows.schema());
        // In a task of its own, so that the deadline is kept even where an operator computes for long without a pause. The
        // turn is over when that task is.
        let computed = rows.inspect(move |_| _ = &permit);
        let computed = Ahead::start(&self.env, computed, COMPUTED_AHEAD);
        let mut rows = LimitedRows::new(computed, Arc::clone(&schema), deadline, Arc::clone(&self.limits));
        // The first batch is awaited here, so that most failures come before the caller has answered anything.
        let first = rows.next().await.transpose()?;
        let rows = stream::iter(first.map(Ok)).chain(rows).boxed();
        Ok(Answer { schema, rows, statistics })
    }

    /// What a question comes to on a view.
    pub(crate) async fn physical(
        &self,
        session: &SessionState,
        view: &Arc<View>,
        statistics: &Arc<QueryStatistics>,
        question: &Question,
    ) -> Result<Arc<dyn ExecutionPlan>, QueryError> {
        let planned = on_deep_stack(async {
            let plan = match question {
                Question::Sql(text, params) => {
                    bind(sql::plan(session, view, sql::parse(text, &self.limits)?).await?, params.clone())
                }
                Question::Json(query) => plan_json(view, &self.access(view, statistics), query),
            };
            session.create_physical_plan(&plan?).await
        });
        planned.await.map_err(|error| self.error(&error))
    }

    /// Whether a query would have to wait.
    pub(crate) fn has_no_turn(&self) -> bool {
        self.turns.available_permits() == 0
    }

    pub(crate) fn access(&self, view: &View, statistics: &Arc<QueryStatistics>) -> Arc<Access> {
        Arc::new(Access {
            store: statistics.store().clone(),
            manifest: view.manifest.clone(),
            cache: Arc::clone(&self.cache),
            registered: Arc::clone(&self.registered),
            env: self.env.clone(),
            statistics: Arc::clone(statistics),
        })
    }

    pub(crate) async fn begin(&self, store: &Store, view: View) -> Result<Running, QueryError> {
        let mut deadline = self.deadline();
        let turn = std::pin::pin!(Arc::clone(&self.turns).acquire_owned());
        let permit = match select(turn, &mut deadline).await {
            Either::Left((permit, _)) => permit.map_err(|error| QueryError::Internal(error.to_string()))?,
            Either::Right(_) => return Err(timed_out(&self.limits)),
        };
        let view = Arc::new(view);
        let statistics = Arc::new(QueryStatistics::new(view.version, store.clone()));
        let catalog = ViewCatalog::new(Arc::clone(&view), self.access(&view, &statistics));
        let session = self.base.session(catalog, self.env.now()).map_err(|error| self.error(&error))?;
        Ok(Running { session, view, statistics, deadline, permit })
    }

    fn deadline(&self) -> Deadline {
        let (env, timeout) = (self.env.clone(), self.limits.timeout);
        Box::pin(async move { env.sleep(timeout).await })
    }

    fn error(&self, error: &DataFusionError) -> QueryError {
        QueryError::from_datafusion(error, self.limits.memory_bytes_max)
    }
}

#[cfg(test)]
mod tests;
