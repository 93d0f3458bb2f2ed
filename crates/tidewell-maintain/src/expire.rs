//! Expire: rows that have outlived their table's retention stop counting, and segments without others go.

use std::time::Duration;

use tidewell_env::Env;
use tidewell_manifest::{
    Author, CommitError, Intent, LiveSegment, Manifest, ManifestError, Refusal, State, TableState,
};
use tidewell_types::{TableName, TimeBounds, TimestampNs, Version, WriteId, WriterId};

use crate::error::MaintainError;
use crate::rewrite::{ATTEMPTS_MAX, spans, unless_restored};

/// Segments that one commit removes; more go with further ones.
const REMOVALS_MAX: usize = 4096;
/// Floors stand on multiples of a minute, or of this part of a long retention, so that few runs find one to raise.
const GRAIN_NS: u64 = 60_000_000_000;
const GRAIN_PART: u64 = 1000;
/// The longest pause after a commit that another process was faster at.
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// What expiry did, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpireSummary {
    /// Tables of which rows expired.
    pub table_count: u64,
    /// Segments that are live no more.
    pub segment_count: u64,
    /// Their rows.
    pub row_count: u64,
    /// Their size.
    pub bytes: u64,
    /// Segments of which some rows expired: they stay, and readers leave those rows out.
    pub partial_count: u64,
    /// The version after it.
    pub version: Version,
}

/// Ends rows of one database; any number of processes may, at any time, beside every other verb.
#[derive(Debug)]
pub struct Expirer {
    env: Env,
    manifest: Manifest,
    writer: WriterId,
}

/// What one commit is to do.
#[derive(Debug, Default)]
struct Due {
    removes: Vec<LiveSegment>,
    partial_count: u64,
    lifts: Vec<WriteId>,
    /// Whether more segments are to be removed than one commit takes.
    has_more: bool,
}

impl Expirer {
    /// An expirer for one database.
    #[must_use]
    pub fn new(env: Env, manifest: Manifest) -> Self {
        let writer = env.writer_id();
        Self { env, manifest, writer }
    }

    /// Raises the time floor of every table that has a retention to that long ago, and removes the segments that lie below
    /// it. Where no segment has rows below it, nothing is committed. Ages are by this process's clock; floors only rise.
    ///
    /// Requests: GET next record, GET floor; for each table with a retention a GET for each list of segments that reaches
    /// below the floor and was not read lately, and a commit for each 4096 segments that go; objects are deleted by
    /// [`gc`](crate::gc).
    ///
    /// # Errors
    /// [`MaintainError`]; what was committed until then stays, and the next run does the rest.
    pub async fn expire(&self) -> Result<ExpireSummary, MaintainError> {
        let state = self.manifest.catch_up().await?;
        let now = self.env.now();
        let floors = state.tables.iter().filter_map(|(name, table)| {
            let retention_ms = state.retention_ms_of(table)?;
            Some((name.clone(), floor_of(now, retention_ms)))
        });
        let floors: Vec<(TableName, TimestampNs)> = floors.collect();
        let mut summary = ExpireSummary { version: state.version, ..ExpireSummary::default() };
        for (table, floor) in floors {
            self.expire_table(&table, floor, false, &mut summary).await?;
        }
        Ok(summary)
    }

    /// Ends a table's rows before an instant, whatever its retention. The floor is raised even where no segment has rows
    /// below it, so that later writes of such rows do not count either; there is no way back.
    ///
    /// # Errors
    /// As [`Expirer::expire`].
    pub async fn expire_to(&self, table: &TableName, floor: TimestampNs) -> Result<ExpireSummary, MaintainError> {
        let state = self.manifest.catch_up().await?;
        let mut summary = ExpireSummary { version: state.version, ..ExpireSummary::default() };
        if state.tables.contains_key(table) {
            self.expire_table(table, floor, true, &mut summary).await?;
        }
        Ok(summary)
    }

    async fn expire_table(
        &self,
        name: &TableName,
        floor: TimestampNs,
        is_explicit: bool,
        summary: &mut ExpireSummary,
    ) -> Result<(), MaintainError> {
        let mut state = self.manifest.state();
        let (mut attempt, mut has_expired) = (0, false);
        while attempt < ATTEMPTS_MAX {
            let Some(table) = state.tables.get(name) else { return Ok(()) };
            let floor = table.time_floor.map_or(floor, |known| known.max(floor));
            let rises = table.time_floor < Some(floor);
            let due = match self.due(table, floor).await {
                Ok(due) => due,
                Err(ManifestError::Collected { .. }) => {
                    (state, attempt) = (self.manifest.reload().await?, attempt + 1);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let is_needed = !due.removes.is_empty() || (rises && (is_explicit || due.partial_count > 0));
            if !is_needed {
                return Ok(());
            }
            match self.commit(&state, name, floor, &due).await {
                Ok(after) => {
                    summary.version = after;
                    summary.table_count += u64::from(!has_expired);
                    has_expired = true;
                    summary.add(&due);
                    if !due.has_more {
                        summary.partial_count += due.partial_count;
                        return Ok(());
                    }
                    (state, attempt) = (self.manifest.state(), 0);
                }
                Err(CommitError::Refused(Refusal::SegmentGone(_))) => {
                    self.env.sleep(self.env.jitter(PAUSE_MAX)).await;
                    (state, attempt) = (self.manifest.catch_up().await?, attempt + 1);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(MaintainError::Contended { attempts: ATTEMPTS_MAX })
    }

    /// What a floor ends in a table.
    async fn due(&self, table: &TableState, floor: TimestampNs) -> Result<Due, ManifestError> {
        let mut due = Due::default();
        let Some(last_ns) = floor.as_ns().checked_sub(1) else { return Ok(due) };
        let below = TimeBounds { min: TimestampNs::MIN, max: TimestampNs::from_ns(last_ns) };
        for span in spans(&table.segments).into_iter().filter(|span| span.overlaps(&below)) {
            let within = TimeBounds { min: span.min, max: span.max.min(below.max) };
            for segment in self.manifest.select(&table.segments, &within).await? {
                // One that reaches into several spans is counted where it begins.
                if segment.entry.time.min < span.min {
                    continue;
                }
                // A file of others stays registered: its rows are hidden by the floor, and it is not ours to drop.
                if segment.entry.foreign.as_ref().is_some_and(|file| !file.is_owned) && segment.entry.time.max < floor {
                    continue;
                }
                if segment.entry.time.max >= floor {
                    due.partial_count += 1;
                } else if due.removes.len() < REMOVALS_MAX {
                    due.removes.push(segment);
                } else {
                    due.has_more = true;
                }
            }
            if due.has_more {
                break;
            }
        }
        let moot = table.tombstones.iter().filter(|tombstone| tombstone.time.max < floor);
        due.lifts = moot.map(|tombstone| tombstone.id).collect();
        Ok(due)
    }

    async fn commit(
        &self,
        planned: &State,
        name: &TableName,
        floor: TimestampNs,
        due: &Due,
    ) -> Result<Version, CommitError> {
        let (planned, writer) = (planned.version, self.writer);
        let removes: Vec<_> = due.removes.iter().map(LiveSegment::removal).collect();
        let lifts: Vec<_> = due.lifts.iter().map(|id| (name.clone(), *id)).collect();
        let time_floors = vec![(name.clone(), floor)];
        let intend = move |state: &State| {
            let intent = Intent::new(Author { generation: state.open_generation(), writer });
            let (removes, lifts, time_floors) = (removes.clone(), lifts.clone(), time_floors.clone());
            unless_restored(state, planned, Intent { removes, lifts, time_floors, ..intent })
        };
        Ok(self.manifest.commit(intend).await?.version)
    }
}

impl ExpireSummary {
    fn add(&mut self, due: &Due) {
        self.segment_count += due.removes.len() as u64;
        self.row_count += due.removes.iter().map(|segment| segment.entry.row_count).sum::<u64>();
        self.bytes += due.removes.iter().map(|segment| segment.entry.file_bytes).sum::<u64>();
    }
}

/// The instant before which rows have expired, rounded down.
fn floor_of(now: TimestampNs, retention_ms: u64) -> TimestampNs {
    let retention_ns = i64::try_from(retention_ms.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
    let grain_ns = GRAIN_NS.max(retention_ns.unsigned_abs() / GRAIN_PART);
    let grain_ns = i64::try_from(grain_ns).unwrap_or(i64::MAX).max(1);
    let exact_ns = now.as_ns().saturating_sub(retention_ns);
    TimestampNs::from_ns(exact_ns.div_euclid(grain_ns).saturating_mul(grain_ns))
}

/// Sets how long rows are kept, in milliseconds, 0 for ever: of a table, which need not exist yet, or of all that do not say
/// (`None`). The version that says so; rows end with the next [`Expirer::expire`]. A commit, or GET next record and GET
/// floor where it says so already.
///
/// # Errors
/// [`MaintainError`]; after an unknown outcome, set it again.
pub async fn set_retention(
    manifest: &Manifest,
    writer: WriterId,
    table: Option<TableName>,
    retention_ms: u64,
) -> Result<Version, MaintainError> {
    let intend = move |state: &State| {
        let current = match &table {
            Some(table) => state.tables.get(table).and_then(|table| table.retention_ms),
            None => Some(state.retention_ms),
        };
        let author = Author { generation: state.open_generation(), writer };
        let retentions = vec![(table.clone(), retention_ms)];
        Ok((current != Some(retention_ms)).then(|| Intent { retentions, ..Intent::new(author) }))
    };
    Ok(manifest.commit(intend).await?.version)
}

#[cfg(test)]
mod tests;
