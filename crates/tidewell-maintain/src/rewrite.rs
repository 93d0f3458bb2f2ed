//! Rewriting segments: some live ones become fewer, smaller or differently stored ones, in one commit.

mod digest;
mod merge;
mod owned;
mod parts;
mod rounds;
mod rule;
mod runs;
#[cfg(test)]
pub(crate) mod sample;
mod spans;
mod verify;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use tidewell_env::Env;
use tidewell_manifest::{
    Author, CommitError, Intent, LiveSegment, Manifest, ManifestError, Refusal, SegmentEntry, State, TableState,
};
use tidewell_segment::EncodeOptions;
use tidewell_stage::{Place, Staged, Stager};
use tidewell_storage::{Store, Tier};
use tidewell_types::{SegmentId, TableName, TimeBounds, Version, WriterId};

use crate::error::MaintainError;
use crate::gc;
use crate::read::{Keep, OpenSegment, SegmentRows};
use crate::rewrite::merge::{Cut, Merge, Step};

#[cfg(test)]
pub(crate) use parts::parts;
pub(crate) use rounds::{Rounds, View};
pub(crate) use rule::{hull, may_hide, may_rewrite};
pub(crate) use runs::{Limits, Member, Tally, runs};
pub(crate) use spans::spans;

/// Field values of one file, at most: with 8 bytes each, what is held in memory while it is made.
pub(crate) const VALUES_MAX: u64 = 16 * 1024 * 1024;
/// Segments that are opened at once.
const OPENS_MAX: usize = 8;
/// How often something is tried again that other processes were faster at.
pub(crate) const ATTEMPTS_MAX: u32 = 8;

/// How large rewritten segments are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The size of a file, in bytes.
    pub(crate) segment_bytes_target: u64,
    /// Rows of a file.
    pub(crate) segment_rows_max: u64,
    /// Segments that one rewrite takes.
    pub(crate) inputs_max: usize,
}

impl Shape {
    /// Inputs up to this size are read whole, and one rewrite takes no more than this, unless a single segment has more.
    pub(crate) fn job_bytes_max(&self) -> u64 {
        self.segment_bytes_target.saturating_mul(2)
    }
}

/// Segments of one table that are to be rewritten together.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// By rank; at least one.
    pub(crate) inputs: Vec<LiveSegment>,
    /// Where their rows go.
    pub(crate) tier: Tier,
    /// How much is won, to choose among jobs.
    pub(crate) gain: u64,
}

impl Job {
    /// The entries of its inputs.
    pub(crate) fn entries(&self) -> Vec<&SegmentEntry> {
        self.inputs.iter().map(|input| &*input.entry).collect()
    }
}

/// What a run of `compact` or `tier` did, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RewriteSummary {
    /// Rewrites that were committed.
    pub job_count: u64,
    /// Rewrites that were thrown away because other processes changed the same segments first.
    pub lost_count: u64,
    /// Segments that were replaced.
    pub segments_in: u64,
    /// Segments that took their place.
    pub segments_out: u64,
    /// Rows that were read.
    pub rows_in: u64,
    /// Rows that were written: each identity once, without those that were deleted or have expired.
    pub rows_out: u64,
    /// The size of the replaced segments.
    pub bytes_in: u64,
    /// The size of the ones that took their place.
    pub bytes_out: u64,
    /// Deletes that no segment is left to carry out, and that are therefore forgotten.
    pub lifted_count: u64,
    /// Whether nothing is left to do; `false` where a limit came first.
    pub is_done: bool,
    /// How long it took.
    pub elapsed: Duration,
}

impl RewriteSummary {
    fn add(&mut self, inputs: &[LiveSegment], staged: &[Staged]) {
        self.job_count += 1;
        self.segments_in += inputs.len() as u64;
        self.segments_out += staged.len() as u64;
        self.rows_in += inputs.iter().map(|input| input.entry.row_count).sum::<u64>();
        self.rows_out += staged.iter().map(|staged| staged.entry.row_count).sum::<u64>();
        self.bytes_in += inputs.iter().map(|input| input.entry.file_bytes).sum::<u64>();
        self.bytes_out += staged.iter().map(|staged| staged.entry.file_bytes).sum::<u64>();
    }
}

/// Does jobs.
#[derive(Debug)]
pub(crate) struct Rewriter {
    pub(crate) store: Store,
    pub(crate) env: Env,
    pub(crate) manifest: Manifest,
    pub(crate) writer: WriterId,
    pub(crate) shape: Shape,
    /// Whether what was written is read back and compared before it is committed.
    pub(crate) is_verified: bool,
}

impl Rewriter {
    /// Does a job that was planned from the state of version `planned`; `false` where another process was faster.
    pub(crate) async fn rewrite(
        &self,
        planned: Version,
        job: &Job,
        summary: &mut RewriteSummary,
    ) -> Result<bool, MaintainError> {
        let Some((state, inputs)) = self.find(planned, &job.inputs).await? else { return Ok(false) };
        let staged = match self.stage(&state, &inputs, job.tier).await {
            // A segment that is live no more may be gone as well.
            Err(MaintainError::Missing { .. }) if self.find(planned, &inputs).await?.is_none() => return Ok(false),
            staged => staged?,
        };
        if !self.commit(planned, &state, &inputs, &staged).await? {
            self.discard(&staged).await;
            return Ok(false);
        }
        summary.add(&inputs, &staged);
        Ok(true)
    }

    /// The newest state and the inputs as they are found in it; `None` where one is not live any more.
    async fn find(
        &self,
        planned: Version,
        inputs: &[LiveSegment],
    ) -> Result<Option<(Arc<State>, Vec<LiveSegment>)>, MaintainError> {
        let entries: Vec<&SegmentEntry> = inputs.iter().map(|input| &*input.entry).collect();
        let (Some(hull), Some(first)) = (hull(&entries), entries.first()) else { return Ok(None) };
        let mut state = self.manifest.catch_up().await?;
        for _ in 0..ATTEMPTS_MAX {
            let table = state.tables.get(&first.table).filter(|_| state.restored <= planned);
            let Some(table) = table else { return Ok(None) };
            match self.manifest.select(&table.segments, &hull).await {
                Ok(live) => {
                    let live: BTreeMap<SegmentId, LiveSegment> =
                        live.into_iter().map(|segment| (segment.entry.id, segment)).collect();
                    let found = entries.iter().map(|entry| live.get(&entry.id).cloned()).collect::<Option<_>>();
                    return Ok(found.map(|found| (state, found)));
                }
                Err(ManifestError::Collected { .. }) => state = self.manifest.reload().await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(MaintainError::Contended { attempts: ATTEMPTS_MAX })
    }

    /// Reads the inputs, and puts what they become. What was put when an error comes is garbage of its generation.
    async fn stage(&self, state: &State, inputs: &[LiveSegment], tier: Tier) -> Result<Vec<Staged>, MaintainError> {
        let Some(name) = inputs.first().map(|input| input.entry.table.clone()) else { return Ok(Vec::new()) };
        let table = state.tables.get(&name).cloned().unwrap_or_default();
        let opens: Vec<_> = inputs.iter().map(|input| self.open(&table, &input.entry)).collect();
        let open: Vec<OpenSegment> = futures::stream::iter(opens).buffered(OPENS_MAX).try_collect().await?;
        let arrow = table.schema.arrow();
        if let Some(column) = open.iter().find_map(|segment| segment.unknown_column(&arrow)) {
            return Err(MaintainError::UnknownColumn { table: name.to_string(), column: column.to_owned() });
        }
        let entries: Vec<&SegmentEntry> = inputs.iter().map(|input| &*input.entry).collect();
        let stager = Stager::new(&self.store, &self.env, self.manifest.layout(), state.open_generation());
        let target = Target { table: &name, state: &table, place: place(&table, &entries, tier), stager: &stager };
        let mut staged = Vec::new();
        for part in parts::parts(&entries, &self.shape) {
            self.stage_part(&target, &open, part, &mut staged).await?;
        }
        Ok(staged)
    }

    async fn open(&self, table: &TableState, entry: &Arc<SegmentEntry>) -> Result<OpenSegment, MaintainError> {
        match &entry.foreign {
            None => OpenSegment::open(&self.store, entry, self.shape.job_bytes_max()).await,
            Some(_) => owned::open(self, &table.schema, entry).await,
        }
    }

    /// Puts the rows of one span of time.
    async fn stage_part(
        &self,
        target: &Target<'_>,
        open: &[OpenSegment],
        part: TimeBounds,
        staged: &mut Vec<Staged>,
    ) -> Result<(), MaintainError> {
        let arrow = target.state.schema.arrow();
        let meeting = open.iter().filter(|segment| segment.entry.time.overlaps(&part));
        let runs = meeting
            .map(|segment| SegmentRows::new(segment.clone(), Keep::of(target.state, &segment.entry, part), &arrow));
        let runs = runs.collect::<Result<Vec<_>, _>>()?;
        let mut merge = Merge::new(target.table, &target.state.schema, runs, self.cut(open, &target.place))?;
        loop {
            let stepped = self.env.blocking(move || {
                let step = merge.step();
                (merge, step)
            });
            let step;
            (merge, step) = stepped.await;
            match step? {
                Step::Need { run, ranges } => {
                    let Some(rows) = merge.run(run) else { continue };
                    let bytes = rows.segment().fetch(&self.store, &ranges).await?;
                    merge.push(run, &ranges, bytes)?;
                }
                Step::Output(output) => {
                    let put = target.stager.put(target.table, target.place, output.segment).await?;
                    if let Some(digest) = &output.digest {
                        verify::verify(&self.store, &self.env, &put, &arrow, digest).await?;
                    }
                    staged.push(put);
                }
                Step::Done => return Ok(()),
            }
        }
    }

    /// Files end at the target's size, as far as it can be told from the inputs.
    fn cut(&self, open: &[OpenSegment], place: &Place) -> Cut {
        let bytes: u64 = open.iter().map(|segment| segment.entry.file_bytes).sum();
        let rows: u64 = open.iter().map(|segment| segment.entry.row_count).sum();
        let values: u64 = open.iter().map(|segment| segment.entry.value_count).sum();
        let rows_at = |limit: u64, used: u64| {
            let rows = u128::from(limit) * u128::from(rows) / u128::from(used.max(1));
            u64::try_from(rows).unwrap_or(u64::MAX)
        };
        // What is merged is seldom larger than what it is made of, but a little more must not make a second file.
        let by_bytes = rows_at(self.shape.segment_bytes_target, bytes).saturating_add(rows / 8);
        let rows_max = by_bytes.min(rows_at(VALUES_MAX, values)).min(self.shape.segment_rows_max).max(1);
        Cut { encode: encode_options(place), rows_max, is_digested: self.is_verified }
    }

    /// Puts the staged segments in the place of the inputs; `false` where one is not live any more, or the generation is
    /// closed. Then nothing was committed, and never will be.
    async fn commit(
        &self,
        planned: Version,
        state: &State,
        inputs: &[LiveSegment],
        staged: &[Staged],
    ) -> Result<bool, MaintainError> {
        let author = Author { generation: state.open_generation(), writer: self.writer };
        let mut inputs = inputs.to_vec();
        for _ in 0..ATTEMPTS_MAX {
            let intent = Intent {
                adds: staged.iter().map(|staged| staged.entry.clone()).collect(),
                removes: inputs.iter().map(LiveSegment::removal).collect(),
                ..Intent::new(author)
            };
            match self.manifest.commit(move |state| unless_restored(state, planned, intent.clone())).await {
                Ok(_) => return Ok(true),
                // A list that was written since may name the inputs: then they are only elsewhere.
                Err(CommitError::Refused(Refusal::SegmentGone(_))) => match self.find(planned, &inputs).await? {
                    Some((_, found)) => inputs = found,
                    None => return Ok(false),
                },
                Err(CommitError::Refused(Refusal::GenerationClosed(_) | Refusal::OtherGeneration(_))) => {
                    return Ok(false);
                }
                Err(CommitError::Refused(refusal)) => {
                    self.discard(staged).await;
                    return Err(CommitError::Refused(refusal).into());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }

    /// Deletes segments that a definite refusal left without a commit; failing that they are garbage of their generation.
    async fn discard(&self, staged: &[Staged]) {
        if let Err(error) = gc::refused_segments(&self.store, staged.iter().map(|staged| staged.name.clone())).await {
            tracing::warn!(%error, "segments of a refused rewrite stay behind; they are never read");
        }
    }
}

/// Where rewritten rows go.
struct Target<'a> {
    table: &'a TableName,
    state: &'a TableState,
    place: Place,
    stager: &'a Stager,
}

/// What the rewritten segments are among others: they rank as the highest of the inputs, and have carried out every delete of
/// the state that they are made by.
fn place(table: &TableState, inputs: &[&SegmentEntry], tier: Tier) -> Place {
    let carried_out = inputs.iter().map(|entry| entry.deletes_to).min().unwrap_or_default();
    let newest = table.tombstones.iter().map(|tombstone| tombstone.version).max().unwrap_or_default();
    let rank = inputs.iter().map(|entry| entry.rank).max().unwrap_or_default();
    Place { tier, rank, deletes_to: newest.max(carried_out) }
}

fn encode_options(place: &Place) -> EncodeOptions {
    let options = match place.tier {
        Tier::Hot => EncodeOptions::hot(),
        Tier::Cold => EncodeOptions::cold(),
    };
    options.ranked(place.rank)
}

/// An intent that was planned from the state of version `planned`; void where an earlier version was put back since.
pub(crate) fn unless_restored(state: &State, planned: Version, intent: Intent) -> Result<Option<Intent>, Refusal> {
    if state.restored > planned {
        let gone = intent.removes.first().map(|removal| removal.id.to_string());
        return Err(Refusal::SegmentGone(gone.unwrap_or_default()));
    }
    Ok(Some(intent))
}

#[cfg(test)]
mod tests;
