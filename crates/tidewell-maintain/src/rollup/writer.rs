//! Computed buckets to segments and one commit.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_cast::cast;
use arrow_schema::{Field, Schema};
use tidewell_env::Env;
use tidewell_manifest::{Author, CommitError, Intent, Manifest, Refusal, RollupStep, State, TableState, Tombstone};
use tidewell_segment::{EncodeOptions, EncodedSegment, SegmentError, encode, sort_rows, visible};
use tidewell_stage::{Place, Staged, Stager, Window, split};
use tidewell_storage::Store;
use tidewell_types::{TIME_COLUMN, TableName, TableSchema, TimeBounds, Version, tag_data_type, time_data_type};

use super::columns::{columns, tags};
use super::plan::RollupWork;
use crate::error::MaintainError;
use crate::gc;

/// Rows that wait to be sorted together, at most, by what they take in memory.
const SORTED_BYTES_MAX: usize = 64 << 20;

/// What became of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollupOutcome {
    /// Its rows count from this version on.
    Committed(Version),
    /// Another process was first, or the database changed in a way that the rows do not fit; nothing was committed.
    Elsewhere,
}

/// Takes a window's rows and commits them.
#[derive(Debug)]
pub struct RollupWriter {
    store: Store,
    env: Env,
    manifest: Manifest,
    work: RollupWork,
    target: TableState,
    /// The target's columns with those that the window may bring.
    schema: Arc<TableSchema>,
    /// What the window's rows are, in the order of the question's columns: time, tags, fields.
    arrow: Arc<Schema>,
    stager: Stager,
    options: EncodeOptions,
    waiting: Vec<RecordBatch>,
    staged: Vec<Staged>,
}

impl RollupWriter {
    /// A writer of the rows that `work` is to bring, as of the same state.
    ///
    /// # Errors
    /// [`MaintainError::Commit`] where the target has a column of that name that is something else.
    pub fn new(
        store: &Store,
        env: &Env,
        manifest: &Manifest,
        state: &State,
        work: RollupWork,
    ) -> Result<Self, MaintainError> {
        let source = state.tables.get(&work.definition.source).map(|table| Arc::clone(&table.schema));
        let source = source.unwrap_or_default();
        let target = state.tables.get(&work.definition.target).cloned().unwrap_or_default();
        let (tags, columns) = (tags(&work.definition, &source), columns(&work.definition, &source));
        let mut schema = (*target.schema).clone();
        let mut fields = vec![Field::new(TIME_COLUMN, time_data_type(), false)];
        let table = || work.definition.target.as_str().to_owned();
        let refused = |conflict| CommitError::Refused(Refusal::Schema { table: table(), conflict });
        for tag in &tags {
            schema.add_tag(tag).map_err(refused)?;
            fields.push(Field::new(tag.as_ref(), tag_data_type(), true));
        }
        for column in &columns {
            schema.add_field(&column.name, column.field_type).map_err(refused)?;
            fields.push(Field::new(&column.name, column.field_type.data_type(), true));
        }
        Ok(Self {
            store: store.clone(),
            env: env.clone(),
            manifest: manifest.clone(),
            stager: Stager::new(store, env, manifest.layout(), state.open_generation()),
            options: EncodeOptions::hot().ranked(state.version.next().unwrap_or(state.version)),
            schema: Arc::new(schema),
            arrow: Arc::new(Schema::new(fields)),
            work,
            target,
            waiting: Vec::new(),
            staged: Vec::new(),
        })
    }

    /// Takes rows: time, tags and fields in the order of the definition's columns, of types that can be made theirs. Of one
    /// window each group once.
    ///
    /// # Errors
    /// [`MaintainError::Segment`], [`MaintainError::Storage`]; give the writer up with [`RollupWriter::discard`] then.
    pub async fn push(&mut self, rows: &RecordBatch) -> Result<(), MaintainError> {
        let columns = self.arrow.fields().iter().zip(rows.columns());
        let columns = columns.map(|(field, column)| cast(column, field.data_type())).collect::<Result<Vec<_>, _>>();
        let rows = columns.and_then(|columns| RecordBatch::try_new(Arc::clone(&self.arrow), columns));
        self.waiting.push(rows.map_err(|error| self.failed(error.into()))?);
        let bytes: usize = self.waiting.iter().map(RecordBatch::get_array_memory_size).sum();
        if bytes >= SORTED_BYTES_MAX { self.stage().await } else { Ok(()) }
    }

    /// Rows that were put so far.
    #[must_use]
    pub fn row_count(&self) -> u64 {
        self.staged.iter().map(|staged| staged.entry.row_count).sum()
    }

    /// The segments that were put so far: how many, and their size in bytes.
    #[must_use]
    pub fn segments(&self) -> (u64, u64) {
        (self.staged.len() as u64, self.staged.iter().map(|staged| staged.entry.file_bytes).sum())
    }

    /// Puts what waits into the store; one PUT a segment.
    ///
    /// # Errors
    /// As [`RollupWriter::push`].
    pub async fn stage(&mut self) -> Result<(), MaintainError> {
        let batches = std::mem::take(&mut self.waiting);
        if batches.is_empty() {
            return Ok(());
        }
        let (table, schema, options) = (self.work.definition.target.clone(), Arc::clone(&self.schema), self.options);
        let (floor, named) = (self.target.time_floor, table.clone());
        let encoded = self.env.blocking(move || {
            let kept = batches.iter().map(|batch| visible(batch, &[], floor)).collect::<Result<_, _>>()?;
            let windows = split(kept)?.into_iter();
            let rows = |window: &Window| window.batches.iter().any(|batch| batch.num_rows() > 0);
            windows.filter(rows).map(|window| encoded(&table, &schema, &window, options)).collect()
        });
        let encoded: Result<Vec<EncodedSegment>, SegmentError> = encoded.await;
        let encoded = encoded.map_err(|error| self.failed(error))?;
        self.staged.extend(self.stager.put_all(&named, Place::NEWEST, encoded).await?);
        Ok(())
    }

    /// Commits the window: its rows, the end of those that they replace, and that it is done. What was refused is deleted.
    ///
    /// # Errors
    /// [`MaintainError::Commit`] where the outcome is unknown or the target cannot take the rows.
    pub async fn commit(self) -> Result<RollupOutcome, MaintainError> {
        let (target, known) = (self.work.definition.target.clone(), Arc::clone(&self.target.schema));
        let intent = self.intent();
        let intend = move |state: &State| {
            let is_as_known = match state.tables.get(&target) {
                Some(table) => table.schema == known,
                None => known.column_count() <= 1,
            };
            match is_as_known {
                true => Ok(Some(intent.clone())),
                // The rows are sorted by the tags that the target had.
                false => Err(Refusal::RollupElsewhere(target.as_str().to_owned())),
            }
        };
        match self.manifest.commit(intend).await {
            Ok(state) => Ok(RollupOutcome::Committed(state.version)),
            Err(CommitError::Refused(
                refusal @ (Refusal::RollupElsewhere(_)
                | Refusal::RollupMissing(_)
                | Refusal::GenerationClosed(_)
                | Refusal::OtherGeneration(_)),
            )) => {
                tracing::debug!(%refusal, "buckets of a rollup came too late");
                self.discard().await;
                Ok(RollupOutcome::Elsewhere)
            }
            Err(CommitError::Refused(refusal)) => {
                self.discard().await;
                Err(CommitError::Refused(refusal).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes what was put and never will be committed; failing that it is garbage of its generation.
    pub async fn discard(&self) {
        let names = self.staged.iter().map(|staged| staged.name.clone());
        if let Err(error) = gc::refused_segments(&self.store, names).await {
            tracing::warn!(%error, "segments of a refused rollup stay behind; they are never read");
        }
    }

    fn intent(&self) -> Intent {
        let RollupWork { name, definition, as_of, done, replaced, .. } = &self.work;
        let author = Author { generation: self.stager.generation(), writer: self.env.writer_id() };
        let tombstone = |time: &TimeBounds| {
            let (id, tags) = (self.env.write_id(), Vec::new());
            (definition.target.clone(), Tombstone { id, time: *time, tags, version: Version::ZERO })
        };
        let is_empty = self.staged.is_empty();
        Intent {
            adds: self.staged.iter().map(|staged| staged.entry.clone()).collect(),
            tables: if is_empty { Vec::new() } else { vec![(definition.target.clone(), (*self.schema).clone())] },
            tombstones: replaced.iter().map(tombstone).collect(),
            rollup_step: Some(RollupStep { name: name.clone(), as_of: *as_of, done: done.clone() }),
            ..Intent::new(author)
        }
    }

    fn failed(&self, source: SegmentError) -> MaintainError {
        MaintainError::Segment { table: self.work.definition.target.to_string(), source }
    }
}

fn encoded(
    table: &TableName,
    schema: &TableSchema,
    window: &Window,
    options: EncodeOptions,
) -> Result<EncodedSegment, SegmentError> {
    encode(table, schema, &sort_rows(schema, &window.batches)?, &options)
}
