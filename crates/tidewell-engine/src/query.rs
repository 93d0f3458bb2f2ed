//! One query, for the edges.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tidewell_query::{Answer, JsonQuery, ParamValue, QueryError, Question};
use tidewell_types::DatabaseName;

use crate::engine::Engine;
use crate::error::{EngineError, ErrorKind};
use crate::read::{Read, ReadOptions};
use crate::snapshot::snapshot;
use crate::spending::Bill;

/// How often a query is planned anew because segments of its snapshot were collected under it.
const PLANS_MAX: u32 = 3;

impl Engine {
    /// Answers one SQL statement that only reads, over rows as fresh as `read` asks; `$name` in it stands for
    /// the parameter of that name (null, boolean, number or text).
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, `NotFound` (table), `Invalid` (with the planner's words), the limits, the store.
    pub async fn query_sql(
        &self,
        database: &str,
        sql: &str,
        params: BTreeMap<String, Value>,
        read: &ReadOptions,
    ) -> Result<Answer, EngineError> {
        let params = params.into_iter().map(|(name, value)| Ok((param(&name, value)?, name)));
        let params: Result<BTreeMap<_, _>, EngineError> =
            params.map(|pair| pair.map(|(value, name)| (name, value))).collect();
        let params = params?;
        self.inner.queries.check(sql)?;
        self.answer(database, Question::Sql(sql.to_owned(), params), &read.check()?).await
    }

    /// Answers a query of the JSON API, over rows as fresh as `read` asks.
    ///
    /// # Errors
    /// As [`Engine::query_sql`].
    pub async fn query_json(
        &self,
        database: &str,
        query: &JsonQuery,
        read: &ReadOptions,
    ) -> Result<Answer, EngineError> {
        self.answer(database, Question::Json(Box::new(query.clone())), &read.check()?).await
    }

    async fn answer(&self, database: &str, question: Question, read: &Read) -> Result<Answer, EngineError> {
        self.inner.counters.queries.add(1);
        let answer = self.try_answer(database, &Arc::new(question), read).await;
        if answer.is_err() {
            self.inner.counters.queries_failed.add(1);
        }
        answer
    }

    async fn try_answer(&self, database: &str, question: &Arc<Question>, read: &Read) -> Result<Answer, EngineError> {
        let inner = &self.inner;
        let database = inner.databases.open_unread(&DatabaseName::new(database)?).await?;
        let mut plans = 0;
        loop {
            plans += 1;
            let store = inner.store.metered();
            let bill = Bill::of(&inner.home, &database.name, question, &store);
            let view = snapshot(self, &store, &database, read, question).await?;
            inner.databases.check_exists(&database)?;
            match inner.queries.ask(&store, view, question).await {
                // A segment was collected, or a list of an old state that names segments.
                Err(QueryError::Gone { .. }) if plans < PLANS_MAX => drop(database.manifest.reload().await?),
                answer => return Ok(bill.with(answer?)),
            }
        }
    }
}

fn param(name: &str, value: Value) -> Result<ParamValue, EngineError> {
    Ok(match value {
        Value::Null => ParamValue::Null,
        Value::Bool(value) => ParamValue::Boolean(value),
        Value::String(value) => ParamValue::String(value),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), _, _) => ParamValue::Integer(value),
            (None, Some(value), _) => ParamValue::Unsigned(value),
            (None, None, value) => ParamValue::Float(value.unwrap_or(f64::NAN)),
        },
        Value::Array(_) | Value::Object(_) => {
            let message = format!("parameter ${name} is neither null, boolean, number nor text: send one of these");
            return Err(EngineError::new(ErrorKind::Invalid, message));
        }
    })
}

#[cfg(test)]
mod tests;
