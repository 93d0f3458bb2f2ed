//! Which errors a process may meet: those that a fault explains.

use std::fmt;

use tidewell_ingest::IngestError;
use tidewell_maintain::MaintainError;
use tidewell_maintain::delete::DeleteError;
use tidewell_manifest::{CommitError, ManifestError, Refusal};
use tidewell_storage::StorageError;
use tidewell_wal::WalError;

use crate::process::Process;
use crate::race::Race;
use crate::violation::Invariant;

/// What an error says about the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A request failed: that happens, but not after the storm.
    Weather,
    /// Bytes arrived damaged and were called so: fine where bytes do get damaged.
    Damage,
    /// Others were first; that may happen at any time.
    Contention,
    /// Nothing explains it.
    Never,
}

/// An error that says whether it may be.
pub(crate) trait Explain: fmt::Display {
    fn verdict(&self) -> Verdict;

    /// Notes the error, and breaks the run where nothing explains it.
    fn explain(&self, process: &Process, doing: &str) {
        let world = &process.world;
        world.event(format_args!("{}: {doing} failed: {self}", process.name()));
        let is_explained = match self.verdict() {
            Verdict::Weather => world.may_fail(),
            Verdict::Damage => {
                world.reach(Race::DamageNoticed);
                world.plan.faults.damages()
            }
            Verdict::Contention => true,
            Verdict::Never => false,
        };
        if !is_explained && !world.is_broken() {
            world.broken(Invariant::Error, format!("{}: {doing}: {self}", process.name()));
        }
    }
}

impl Explain for StorageError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Unavailable { .. } | Self::Unknown { .. } | Self::Undeleted { .. } | Self::Denied { .. } => {
                Verdict::Weather
            }
            Self::Corrupt { .. } => Verdict::Damage,
            Self::NotFound { .. } | Self::Full { .. } | Self::Unsupported { .. } | Self::Changed { .. } => {
                Verdict::Never
            }
        }
    }
}

impl Explain for ManifestError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Storage(error) => error.verdict(),
            Self::Decode { .. } => Verdict::Damage,
            Self::Collected { .. } => Verdict::Contention,
            Self::Inconsistent { .. } => Verdict::Never,
        }
    }
}

impl Explain for CommitError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Unknown { .. } => Verdict::Weather,
            Self::Manifest(error) => error.verdict(),
            Self::Refused(refusal) => refused(refusal),
        }
    }
}

fn refused(refusal: &Refusal) -> Verdict {
    match refusal {
        Refusal::FoldElsewhere { .. }
        | Refusal::Schema { .. }
        | Refusal::GenerationClosed(_)
        | Refusal::OtherGeneration(_)
        | Refusal::TokenTaken(_)
        | Refusal::SegmentGone(_)
        | Refusal::SnapshotMissing(_)
        | Refusal::SnapshotTaken(_)
        | Refusal::SnapshotTooOld(_)
        | Refusal::SnapshotNeeds { .. }
        | Refusal::CheckpointStale(_) => Verdict::Contention,
        // No actor registers files or makes rollups.
        Refusal::RollupMissing(_)
        | Refusal::RollupTaken(_)
        | Refusal::RollupsTooMany(_)
        | Refusal::RollupTargetTaken { .. }
        | Refusal::RollupCycle { .. }
        | Refusal::RollupElsewhere(_)
        | Refusal::FileTwice(_)
        | Refusal::FileMissing(_)
        | Refusal::FileOwned { .. }
        | Refusal::FileGoing(_)
        | Refusal::FilesTooMany(_) => Verdict::Never,
        Refusal::NodeTaken { .. }
        | Refusal::GenerationBackward(_)
        | Refusal::SegmentTwice(_)
        | Refusal::NotCondemned(_) => Verdict::Never,
    }
}

impl Explain for WalError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Storage(error) => error.verdict(),
            Self::Damaged { .. } | Self::Newer { .. } | Self::IdentityTaken { .. } => Verdict::Damage,
            Self::Unchecked { .. } | Self::Restless => Verdict::Weather,
            Self::Disk { .. }
            | Self::Poisoned { .. }
            | Self::Locked { .. }
            | Self::OtherStore { .. }
            | Self::TailTooLarge { .. }
            | Self::Encode { .. } => Verdict::Never,
        }
    }
}

impl Explain for MaintainError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Storage(error) => error.verdict(),
            Self::Wal(error) => error.verdict(),
            Self::Manifest(error) => error.verdict(),
            Self::Commit(error) => error.verdict(),
            Self::Unreadable { .. } | Self::ReadBack { .. } => Verdict::Damage,
            Self::Contended { .. } | Self::Restless => Verdict::Contention,
            // Nobody may have written to it yet.
            Self::Delete(DeleteError::UnknownTable { .. }) => Verdict::Contention,
            Self::UnknownColumn { .. }
            | Self::Segment { .. }
            | Self::TooManyOrphans { .. }
            | Self::Missing { .. }
            | Self::Delete(_)
            | Self::Snapshot(_)
            | Self::Backup(_)
            | Self::Rebuild(_)
            // No actor registers files or makes rollups.
            | Self::Rollup(_)
            | Self::File(_) => Verdict::Never,
        }
    }
}

impl Explain for IngestError {
    fn verdict(&self) -> Verdict {
        match self {
            // What lies behind them is told as text only.
            Self::Unknown(_) | Self::Unavailable(_) | Self::Busy(_) => Verdict::Weather,
            Self::Rejected(_) => Verdict::Contention,
            Self::Invalid(_) => Verdict::Never,
        }
    }
}
