//! The version that a rebuilt database starts with, above everything that was ever used.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tidewell_env::Env;
use tidewell_manifest::{GenerationEntry, Manifest, NodeState, SegmentEntry, Segments, State, TableState};
use tidewell_storage::{DatabaseLayout, Store};
use tidewell_types::{DatabaseName, Generation, GenerationState, TableName, TableSchema, Version};

use crate::error::MaintainError;
use crate::rebuild::found::{Found, find};
use crate::rebuild::log::{Destination, FoundLog, read};
use crate::rebuild::schema::Columns;
use crate::rebuild::{OnProgress, RebuildError, RebuildOptions, RebuildSummary, RebuiltTable, order};

/// How far above every number that was found the chain starts: more commits than any process can have made that left no
/// trace in segments, checkpoints or the floor. One that still believes in them finds itself below the floor.
const VERSIONS_AHEAD: u64 = 1 << 32;

pub(super) struct Job<'a> {
    pub(super) store: &'a Store,
    pub(super) env: &'a Env,
    pub(super) database: &'a DatabaseName,
    pub(super) options: &'a RebuildOptions,
    pub(super) progress: OnProgress<'a>,
}

/// Everything that is known before anything is written.
struct Plan {
    layout: DatabaseLayout,
    found: Found,
    log: FoundLog,
    schemas: BTreeMap<TableName, TableSchema>,
    generations: BTreeSet<Generation>,
    summary: RebuildSummary,
}

impl Job<'_> {
    pub(super) async fn run(&self) -> Result<RebuildSummary, MaintainError> {
        let layout = DatabaseLayout::new(self.database);
        self.check_commits(&layout).await?;
        // A store of a newer format is not for us to rebuild.
        self.store.read_format().await?;
        let manifest = Manifest::open(self.store.clone(), self.env.clone(), self.database.clone()).await?;
        let plan = self.plan(layout, &manifest).await?;
        if self.options.is_dry_run {
            return Ok(plan.summary);
        }
        self.store.ensure_format().await?;
        let (state, summary) = self.state(plan).await?;
        manifest.plant(&state, None).await.map_err(RebuildError::from)?;
        Ok(RebuildSummary { is_committed: true, ..summary })
    }

    async fn check_commits(&self, layout: &DatabaseLayout) -> Result<(), MaintainError> {
        let Some(newest) = self.store.list_first(&layout.log_prefix()).await? else { return Ok(()) };
        let version = layout.parse_log(&newest.key).unwrap_or_default();
        Err(RebuildError::HasCommits { database: self.database.to_string(), version }.into())
    }

    async fn plan(&self, layout: DatabaseLayout, manifest: &Manifest) -> Result<Plan, MaintainError> {
        let mut found = find(self.store, &layout, self.options, self.progress).await?;
        self.check_damage(&found)?;
        let mut columns = BTreeMap::new();
        let mut tables = Vec::new();
        for (name, table) in &mut found.tables {
            columns.insert(name.clone(), Columns::of(name, &table.schemas)?);
            let unranked_count = order::rank(&mut table.segments);
            let sum = |of: fn(&SegmentEntry) -> u64| table.segments.iter().map(|segment| of(&segment.entry)).sum();
            tables.push(RebuiltTable {
                table: name.clone(),
                segment_count: table.segments.len() as u64,
                row_count: sum(|entry| entry.row_count),
                file_bytes: sum(|entry| entry.file_bytes),
                unranked_count,
            });
        }
        let log = read(self.store, &layout, self.options, &mut columns).await?;
        if found.tables.is_empty() && log.entries.is_empty() {
            let (database, store) = (self.database.to_string(), self.store.url().to_string());
            return Err(RebuildError::Empty { database, store }.into());
        }
        let generations = self.generations(&layout, &found, &log).await?;
        let version = self.version(&layout, &found, manifest).await?;
        let generation =
            generations.last().copied().unwrap_or_default().next().ok_or_else(|| self.exhausted("generations"))?;
        let summary = RebuildSummary {
            version,
            generation,
            is_committed: false,
            tables,
            log_entry_count: log.entries.len() as u64,
            log_row_count: log.row_count(),
            log_gaps: log.gaps.clone(),
            damaged: found.damaged.clone(),
            damaged_count: found.damaged_count,
            foreign_count: found.foreign_count,
        };
        let schemas = columns.into_iter().map(|(name, columns)| (name, columns.into_schema())).collect();
        Ok(Plan { layout, found, log, schemas, generations, summary })
    }

    fn check_damage(&self, found: &Found) -> Result<(), RebuildError> {
        match found.damaged.first() {
            Some(first) if !self.options.leaves_damaged_out && !self.options.is_dry_run => Err(RebuildError::Damaged {
                count: found.damaged_count,
                object: first.object.clone(),
                problem: first.problem.clone(),
            }),
            _ => Ok(()),
        }
    }

    fn exhausted(&self, what: &'static str) -> RebuildError {
        RebuildError::Exhausted { database: self.database.to_string(), what }
    }

    /// Every generation that an object is named under: names of all of them may have been used, and be used yet by a process
    /// that has been away.
    async fn generations(
        &self,
        layout: &DatabaseLayout,
        found: &Found,
        log: &FoundLog,
    ) -> Result<BTreeSet<Generation>, MaintainError> {
        let mut generations: BTreeSet<Generation> = found.generations.union(&log.generations).copied().collect();
        let lists = self.store.list(&layout.leaf_prefix()).await?;
        generations
            .extend(lists.iter().filter_map(|list| layout.parse_leaf(&list.key)).map(|(generation, _)| generation));
        let ends = self.store.list(&layout.watermarks_prefix()).await?;
        generations
            .extend(ends.iter().filter_map(|end| layout.parse_watermarks(&end.key)).map(|(generation, _)| generation));
        Ok(generations)
    }

    /// A version far above every one that anything names.
    async fn version(
        &self,
        layout: &DatabaseLayout,
        found: &Found,
        manifest: &Manifest,
    ) -> Result<Version, MaintainError> {
        let segments = found.tables.values().flat_map(|table| &table.segments);
        let rank = segments.map(|segment| segment.entry.rank).max().unwrap_or_default();
        // Raised to nothing, the floor stays and says where it is.
        let floor = manifest.raise_floor(Version::ZERO).await?;
        let newest = self.store.list_first(&layout.checkpoint_prefix()).await?;
        let checkpoint = newest.and_then(|newest| layout.parse_checkpoint(&newest.key));
        let used = rank.max(floor).max(checkpoint.map(|(version, _)| version).unwrap_or_default());
        let version = used.get().checked_add(VERSIONS_AHEAD);
        Ok(Version::new(version.ok_or_else(|| self.exhausted("versions"))?))
    }

    /// The state to plant; puts segments of the log's rows.
    async fn state(&self, plan: Plan) -> Result<(State, RebuildSummary), MaintainError> {
        let Plan { layout, found, log, schemas, generations, summary } = plan;
        let (version, generation) = (summary.version, summary.generation);
        let at = self.env.now();
        let mut state = State {
            version,
            stamp_max: log.stamp_max(),
            streams: Arc::new(log.ends.clone()),
            restored: version,
            committed_at: at,
            ..State::default()
        };
        // Open, all of them: a sealed one would void what its streams still append, and let the collector take what a rebuild
        // left out. Sealing them is the collector's everyday work.
        let open = GenerationEntry { state: GenerationState::Open, opened: version, opened_at: at, watermarks: None };
        state.generations = generations.into_iter().chain([generation]).map(|generation| (generation, open)).collect();
        let epoch = 0;
        state.nodes = self
            .options
            .local_logs
            .iter()
            .map(|(node, applied)| (*node, NodeState { epoch, applied: *applied }))
            .collect();

        let destination = Destination { store: self.store, env: self.env, layout: &layout, generation, version };
        let folded = destination.fold(log.entries, &schemas).await?;
        let mut segments: BTreeMap<TableName, Vec<SegmentEntry>> = BTreeMap::new();
        let found = found.tables.into_values().flat_map(|table| table.segments);
        // By rank within a table, and the log's last.
        for entry in found.map(|segment| SegmentEntry { added: version, ..segment.entry }).chain(folded) {
            segments.entry(entry.table.clone()).or_default().push(entry);
        }
        for (name, schema) in schemas {
            let entries = segments.remove(&name).unwrap_or_default();
            let sum = entries.iter().fold(0u128, |sum, entry| sum.wrapping_add(entry.share()));
            state.segments_digest = state.segments_digest.wrapping_add(sum);
            let segments = Segments::from_entries(entries);
            state.tables.insert(name, TableState { schema: Arc::new(schema), segments, ..TableState::default() });
        }
        Ok((state, summary))
    }
}
