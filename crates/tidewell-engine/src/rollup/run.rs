//! One run over a database's rollups: ask, write, commit, window by window.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use futures::StreamExt as _;
use tidewell_maintain::rollup::{Reach, RollupOutcome, RollupWork, RollupWriter, is_span_known};
use tidewell_manifest::{RollupDefinition, Segments, State};
use tidewell_query::{QueryEngine, QueryError, Question};
use tidewell_types::{TimeBounds, TimestampNs};

use super::pace::Pace;
use super::sql;
use crate::database::Database;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::maintain::{Figure, Metered, Progress, VerbOptions, bytes, count};
use crate::snapshot::bare;

/// Deletes that wait in a target, before no more is hidden: users' own count too.
const TOMBSTONES_MANY: usize = 256;
/// How often a window is begun anew because another process was first.
const RACES_MAX: u64 = 8;

/// What a run did.
#[derive(Debug, Default)]
struct Done {
    rollups: u64,
    steps: u64,
    buckets: u64,
    rows: u64,
    segments: u64,
    bytes: u64,
    lost: u64,
    /// Whether time or luck ran out.
    is_left: bool,
}

/// What becomes of a rollup after a window.
enum Next {
    /// There may be more.
    GoOn { had_rows: bool },
    /// Another process was first.
    Lost,
    /// So many rows of the target are hidden by now that a compaction is to take them out first.
    Hidden,
    /// Nothing is due.
    UpToDate,
}

/// What all rollups of a run have in common.
struct Run<'a> {
    engine: &'a Engine,
    database: &'a Database,
    metered: &'a Metered,
    queries: QueryEngine,
    progress: Progress<'a>,
    /// No window is begun from this reading of the clock on.
    until: Option<Duration>,
}

/// One rollup at work.
struct Rolling<'a> {
    run: &'a Run<'a>,
    name: String,
    /// The source's span, where a question had to find it, and the segments that it is of.
    rows: Option<(TimeBounds, Segments)>,
    /// Where the run has come to: what is marked anew behind it is left to the next, so that a run ends.
    from: TimestampNs,
    /// The window at hand.
    window: Option<TimeBounds>,
    pace: Pace,
    /// Whether segments were gone when the last question was asked.
    was_gone: bool,
}

impl Engine {
    /// Computes what is due of every rollup of a database, sources before what is made of them, until nothing is due or the time
    /// is over. A query and a commit a window.
    pub(crate) async fn roll_up(
        &self,
        database: &Database,
        metered: &Metered,
        options: &VerbOptions,
        progress: Progress<'_>,
    ) -> Result<(Vec<Figure>, bool), EngineError> {
        let until = options.time_limit.map(|limit| self.inner.env.monotonic().saturating_add(limit));
        let queries = self.inner.queries.for_own_questions();
        let run = Run { engine: self, database, metered, queries, progress, until };
        let state = metered.manifest.catch_up().await?;
        let (mut done, mut failed) = (Done::default(), None);
        for name in in_order(&state) {
            done.rollups += 1;
            if let Err(error) = Rolling::new(&run, name.clone()).roll(&mut done).await {
                tracing::warn!(database = %database.name, rollup = name, %error, "a rollup could not be computed; others go on");
                failed = failed.or(Some(error));
            }
        }
        match failed {
            Some(error) => Err(error),
            None => Ok((figures(&done), !done.is_left)),
        }
    }
}

/// Why a window was not computed.
enum StepError {
    /// Its rows take more than a question may; a narrower one may do.
    TooLarge(EngineError),
    /// Segments that it needs are not there any more.
    Gone(EngineError),
    Other(EngineError),
}

impl<E: Into<EngineError>> From<E> for StepError {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

impl<'a> Rolling<'a> {
    fn new(run: &'a Run<'a>, name: String) -> Self {
        Self { run, name, rows: None, from: TimestampNs::MIN, window: None, pace: Pace::new(), was_gone: false }
    }

    async fn roll(mut self, done: &mut Done) -> Result<(), EngineError> {
        let run = self.run;
        let (mut races, mut failed) = (0, None);
        loop {
            if run.until.is_some_and(|until| run.engine.inner.env.monotonic() >= until) {
                break;
            }
            match self.step(done).await {
                Ok(Next::UpToDate) => break,
                Ok(Next::GoOn { had_rows }) => {
                    self.pace.computed(had_rows);
                    self.pass();
                    (run.progress)(format!("{}: {} buckets, {} rows", self.name, done.buckets, done.rows));
                }
                Ok(Next::Lost) if races < RACES_MAX => {
                    (races, done.lost) = (races + 1, done.lost + 1);
                    run.metered.manifest.catch_up().await?;
                }
                Ok(Next::Lost | Next::Hidden) => break,
                Err(StepError::TooLarge(_)) if self.pace.window_ms() > self.width_ms() => {
                    self.pace.too_large(self.width_ms());
                }
                // One bucket that cannot be computed must not stand in the way of those after it.
                Err(StepError::TooLarge(error)) => {
                    failed = failed.or(Some(error));
                    self.pass();
                }
                Err(StepError::Gone(error) | StepError::Other(error)) => return Err(error),
            }
        }
        self.from = TimestampNs::MIN;
        done.is_left |= self.next(&run.metered.manifest.state()).await?.is_some();
        failed.map_or(Ok(()), Err)
    }

    /// Goes on behind the window.
    fn pass(&mut self) {
        if let Some(window) = self.window.take() {
            self.from = TimestampNs::from_ns(window.max.as_ns().saturating_add(1)).max(self.from);
        }
    }

    fn width_ms(&self) -> u64 {
        let state = self.run.metered.manifest.state();
        state.rollups.get(&self.name).map_or(u64::MAX, |rollup| rollup.definition.interval_ms)
    }

    /// What is due as of a state.
    async fn next(&mut self, state: &Arc<State>) -> Result<Option<RollupWork>, EngineError> {
        let Some(rollup) = state.rollups.get(&self.name) else { return Ok(None) };
        let segments = state.tables.get(&rollup.definition.source).map(|source| source.segments.clone());
        let segments = segments.unwrap_or_default();
        if is_span_known(state, &rollup.definition) {
            self.rows = None;
        } else if self.rows.as_ref().is_none_or(|(_, of)| *of != segments) {
            self.rows = Some((self.span(state, &rollup.definition).await?, segments));
        }
        let rows = self.rows.as_ref().map(|(rows, _)| *rows);
        let reach = Reach { rows, window_ms: self.pace.window_ms(), from: self.from };
        Ok(RollupWork::next(state, &self.name, self.run.engine.inner.env.now(), reach))
    }

    /// The span of the source's rows, registered files' included.
    async fn span(&self, state: &Arc<State>, definition: &RollupDefinition) -> Result<TimeBounds, EngineError> {
        let mut answer = self.ask(state, sql::span(definition)).await?;
        let mut bounds = None;
        while let Some(rows) = answer.rows.next().await.transpose()? {
            let instant = |column: usize| {
                let times = rows.columns().get(column)?.as_primitive_opt::<TimestampNanosecondType>()?;
                times.iter().flatten().next().map(TimestampNs::from_ns)
            };
            bounds = instant(0).zip(instant(1)).map(|(min, max)| TimeBounds { min, max }).or(bounds);
        }
        // Without rows nothing is to be read: the end of time has none.
        Ok(bounds.unwrap_or(TimeBounds { min: TimestampNs::MAX, max: TimestampNs::MAX }))
    }

    async fn ask(&self, state: &Arc<State>, text: String) -> Result<tidewell_query::Answer, QueryError> {
        let metered = self.run.metered;
        let view = bare(self.run.database, metered.manifest.clone(), state);
        self.run.queries.ask(&metered.store, view, &Question::Sql(text, BTreeMap::new())).await
    }

    async fn step(&mut self, done: &mut Done) -> Result<Next, StepError> {
        let metered = self.run.metered;
        let state = metered.manifest.state();
        let Some(work) = self.next(&state).await? else { return Ok(Next::UpToDate) };
        let hidden = state.tables.get(&work.definition.target).map_or(0, |target| target.tombstones.len());
        if hidden >= TOMBSTONES_MANY && !work.replaced.is_empty() {
            return Ok(Next::Hidden);
        }
        self.window = work.window;
        let source = state.tables.get(&work.definition.source).map(|table| Arc::clone(&table.schema));
        let question =
            work.window.and_then(|window| sql::buckets(&work.definition, &source.unwrap_or_default(), window));
        let buckets = work.window.map_or(0, |window| work.definition.bucket_count(window));
        let (store, manifest, env) = (&metered.store, &metered.manifest, &self.run.engine.inner.env);
        let mut writer = RollupWriter::new(store, env, manifest, &state, work)?;
        if let Some(question) = question {
            match self.write(&state, question, &mut writer).await {
                Ok(()) => self.was_gone = false,
                // What was to be read was collected meanwhile, or is really gone.
                Err(StepError::Gone(_)) if !self.was_gone => {
                    self.was_gone = true;
                    writer.discard().await;
                    metered.manifest.reload().await?;
                    return Ok(Next::Lost);
                }
                Err(error) => {
                    writer.discard().await;
                    return Err(error);
                }
            }
        }
        let (rows, (segments, bytes)) = (writer.row_count(), writer.segments());
        match writer.commit().await? {
            RollupOutcome::Elsewhere => Ok(Next::Lost),
            RollupOutcome::Committed(_) => {
                (done.steps, done.buckets) = (done.steps + 1, done.buckets + buckets);
                (done.rows, done.segments, done.bytes) =
                    (done.rows + rows, done.segments + segments, done.bytes + bytes);
                Ok(Next::GoOn { had_rows: rows > 0 })
            }
        }
    }

    /// Asks and takes the answer.
    async fn write(&self, state: &Arc<State>, question: String, writer: &mut RollupWriter) -> Result<(), StepError> {
        let mut answer = self.ask(state, question).await.map_err(asked)?;
        while let Some(rows) = answer.rows.next().await {
            writer.push(&rows.map_err(asked)?).await?;
        }
        Ok(writer.stage().await?)
    }
}

/// What a question's failure means for its window.
fn asked(error: QueryError) -> StepError {
    match &error {
        QueryError::Gone { .. } => StepError::Gone(error.into()),
        QueryError::Timeout { .. } | QueryError::RowLimit { .. } | QueryError::MemoryLimit { .. } => {
            StepError::TooLarge(error.into())
        }
        _ => StepError::Other(error.into()),
    }
}

/// The rollups of a state, those first whose target is another's source.
fn in_order(state: &State) -> Vec<String> {
    let depth = |name: &String| {
        let mut depth = 0;
        let mut next = state.rollups.get(name);
        while let Some(rollup) = next {
            depth += 1;
            let source = &rollup.definition.source;
            next = state
                .rollups
                .values()
                .find(|maker| maker.definition.target == *source)
                .filter(|_| depth <= state.rollups.len());
        }
        depth
    };
    let mut names: Vec<String> = state.rollups.keys().cloned().collect();
    names.sort_by_cached_key(depth);
    names
}

fn figures(done: &Done) -> Vec<Figure> {
    vec![
        count("rollups", done.rollups),
        count("steps", done.steps),
        count("buckets", done.buckets),
        count("rows", done.rows),
        count("segments", done.segments),
        bytes("size", done.bytes),
        count("lost races", done.lost),
        count("left to do", u64::from(done.is_left)),
    ]
}
