//! Rounds of planning and rewriting, until nothing is left to do or a limit is reached.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tidewell_manifest::{
    Author, CommitError, Intent, LiveSegment, ManifestError, Refusal, SegmentEntry, State, TableState, Tombstone,
};
use tidewell_types::{TableName, TimeBounds, TimestampNs, WriteId};

use crate::error::MaintainError;
use crate::rewrite::owned;
use crate::rewrite::{ATTEMPTS_MAX, Job, RewriteSummary, Rewriter, may_hide, may_rewrite, spans, unless_restored};

/// Jobs of one round; what is left is found again by the next.
const JOBS_MAX: usize = 64;
/// Rounds of one run; what is left after them is done by the next.
const ROUNDS_MAX: u32 = 1000;
/// Rounds without a single commit, because other processes are faster, after which a run ends.
const LOST_ROUNDS_MAX: u32 = 8;
/// The longest pause after a round without a commit.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// What a plan may know beside the live segments of a span of time, by rank.
pub(crate) struct View<'a> {
    /// The span; a job takes only segments that lie within it.
    pub(crate) span: TimeBounds,
    /// The wall clock.
    pub(crate) now: TimestampNs,
    pub(crate) table: &'a TableState,
    /// How long rows are kept, in milliseconds.
    pub(crate) retention_ms: Option<u64>,
    /// Whether a segment may be rewritten at all.
    pub(crate) is_free: &'a dyn Fn(&SegmentEntry) -> bool,
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("span", &self.span).field("now", &self.now).finish_non_exhaustive()
    }
}

/// Jobs for the live segments of a span of time.
pub(crate) type Plan<'a> = &'a (dyn Fn(&[LiveSegment], &View<'_>) -> Vec<Job> + Send + Sync);

/// A run.
pub(crate) struct Rounds<'a> {
    pub(crate) rewriter: &'a Rewriter,
    pub(crate) plan: Plan<'a>,
    /// Whether deletes that every segment has carried out are forgotten.
    pub(crate) lifts: bool,
    pub(crate) jobs_max: Option<u64>,
    pub(crate) time_max: Option<Duration>,
}

impl fmt::Debug for Rounds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rounds").field("jobs_max", &self.jobs_max).finish_non_exhaustive()
    }
}

/// What a look at all tables found.
#[derive(Debug, Default)]
struct Survey {
    jobs: Vec<Job>,
    /// Deletes that no live segment is left to carry out.
    liftable: Vec<(TableName, WriteId)>,
}

impl Rounds<'_> {
    pub(crate) async fn run(
        &self,
        progress: &(dyn Fn(&RewriteSummary) + Send + Sync),
    ) -> Result<RewriteSummary, MaintainError> {
        let env = &self.rewriter.env;
        let started = env.monotonic();
        let mut summary = RewriteSummary::default();
        let mut left_out: BTreeMap<String, MaintainError> = BTreeMap::new();
        let mut lost_rounds = 0;
        for _ in 0..ROUNDS_MAX {
            let (state, survey) = self.survey(&left_out).await?;
            if !survey.liftable.is_empty() {
                summary.lifted_count += self.lift(&state, survey.liftable).await?;
            }
            if survey.jobs.is_empty() {
                summary.is_done = true;
                break;
            }
            let done_before = summary.job_count;
            for job in self.rotated(survey.jobs) {
                summary.elapsed = env.monotonic().saturating_sub(started);
                if self.is_over(&summary) {
                    return finished(summary, left_out);
                }
                match self.rewriter.rewrite(state.version, &job, &mut summary).await {
                    Ok(true) => {}
                    Ok(false) => summary.lost_count += 1,
                    Err(error) => match bad_object(&error) {
                        Some(object) => _ = left_out.insert(object, error),
                        None => return Err(error),
                    },
                }
                summary.elapsed = env.monotonic().saturating_sub(started);
                progress(&summary);
            }
            lost_rounds = if summary.job_count > done_before { 0 } else { lost_rounds + 1 };
            if lost_rounds >= LOST_ROUNDS_MAX {
                break;
            }
            if lost_rounds > 0 {
                env.sleep(env.jitter(PAUSE_MAX)).await;
            }
        }
        summary.elapsed = env.monotonic().saturating_sub(started);
        finished(summary, left_out)
    }

    fn is_over(&self, summary: &RewriteSummary) -> bool {
        self.jobs_max.is_some_and(|most| summary.job_count >= most)
            || self.time_max.is_some_and(|most| summary.elapsed >= most)
    }

    /// Two processes that plan the same jobs do them in different orders, and seldom the same one at once.
    fn rotated(&self, mut jobs: Vec<Job>) -> Vec<Job> {
        let count = u64::try_from(jobs.len()).unwrap_or(u64::MAX);
        let drawn = self.rewriter.env.jitter(Duration::from_nanos(count)).as_nanos();
        let start = usize::try_from(drawn).unwrap_or_default().min(jobs.len());
        jobs.rotate_left(start);
        jobs
    }

    /// The newest state, and what is to be done in it.
    async fn survey(&self, left_out: &BTreeMap<String, MaintainError>) -> Result<(Arc<State>, Survey), MaintainError> {
        let manifest = &self.rewriter.manifest;
        let mut state = manifest.catch_up().await?;
        for _ in 0..ATTEMPTS_MAX {
            match self.survey_state(&state, left_out).await {
                Ok(survey) => return Ok((state, survey)),
                Err(ManifestError::Collected { .. }) => state = manifest.reload().await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(MaintainError::Contended { attempts: ATTEMPTS_MAX })
    }

    async fn survey_state(
        &self,
        state: &State,
        left_out: &BTreeMap<String, MaintainError>,
    ) -> Result<Survey, ManifestError> {
        let manifest = &self.rewriter.manifest;
        let now = self.rewriter.env.now();
        let mut survey = Survey::default();
        for (name, table) in &state.tables {
            let mut concerned: BTreeSet<WriteId> = BTreeSet::new();
            let retention_ms = state.retention_ms_of(table);
            // Files of others stay as they are, unless they were given to us.
            let is_free = |entry: &SegmentEntry| {
                let is_ours = || manifest.layout().parse_segment(&entry.object).is_some();
                let is_given = || owned::is_rewritable(entry, table.segments.registered(), &self.rewriter.shape);
                !left_out.contains_key(&entry.object) && (is_ours() || is_given())
            };
            for span in spans(&table.segments) {
                let live = manifest.select(&table.segments, &span).await?;
                concerned.extend(concerning(&table.tombstones, &live));
                let view = View { span, now, table, retention_ms, is_free: &is_free };
                survey.jobs.extend(self.planned(&live, &view));
                keep_best(&mut survey.jobs);
            }
            let lifted = table.tombstones.iter().filter(|tombstone| self.lifts && !concerned.contains(&tombstone.id));
            survey.liftable.extend(lifted.map(|tombstone| (name.clone(), tombstone.id)));
        }
        Ok(survey)
    }

    /// The plan's jobs, each checked again by the one rule that must hold.
    fn planned(&self, live: &[LiveSegment], view: &View<'_>) -> Vec<Job> {
        let mut jobs = (self.plan)(live, view);
        keep_best(&mut jobs);
        jobs.retain(|job| {
            let is_allowed = may_rewrite(&job.entries(), live.iter().map(|segment| &*segment.entry));
            if !is_allowed {
                tracing::error!(inputs = job.inputs.len(), "a planned rewrite would change the order of writes");
            }
            is_allowed
        });
        jobs
    }

    /// Forgets deletes that every live segment of `state` has carried out; how many.
    ///
    /// They stay carried out: what is folded later ranks above them, and what is rewritten from a state that did not have
    /// them yet takes segments that they concerned, which were live.
    async fn lift(&self, state: &State, lifts: Vec<(TableName, WriteId)>) -> Result<u64, MaintainError> {
        let (planned, writer, count) = (state.version, self.rewriter.writer, lifts.len() as u64);
        let intend = move |state: &State| {
            let author = Author { generation: state.open_generation(), writer };
            unless_restored(state, planned, Intent { lifts: lifts.clone(), ..Intent::new(author) })
        };
        match self.rewriter.manifest.commit(intend).await {
            Ok(_) => Ok(count),
            Err(CommitError::Refused(Refusal::SegmentGone(_))) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

/// The deletes that may still hide rows of live segments.
fn concerning(tombstones: &[Tombstone], live: &[LiveSegment]) -> Vec<WriteId> {
    let concerns = |tombstone: &&Tombstone| live.iter().any(|segment| may_hide(tombstone, &segment.entry));
    tombstones.iter().filter(concerns).map(|tombstone| tombstone.id).collect()
}

/// Leaves the jobs that win most.
fn keep_best(jobs: &mut Vec<Job>) {
    let bytes = |job: &Job| job.inputs.iter().map(|input| input.entry.file_bytes).sum::<u64>();
    jobs.sort_by_key(|job| (std::cmp::Reverse(job.gain), bytes(job)));
    jobs.truncate(JOBS_MAX);
}

/// The object of one segment that cannot be read, while others can.
fn bad_object(error: &MaintainError) -> Option<String> {
    match error {
        MaintainError::Unreadable { object, .. } | MaintainError::Missing { object } => Some(object.clone()),
        _ => None,
    }
}

fn finished(
    summary: RewriteSummary,
    left_out: BTreeMap<String, MaintainError>,
) -> Result<RewriteSummary, MaintainError> {
    left_out.into_values().next().map_or(Ok(summary), Err)
}
