//! A process that does not look where it must: the object is hidden from it at that moment.

use std::time::Duration;

use parking_lot::Mutex;
use tidewell_storage::{Attempted, Operation};

use crate::breakage::Breakage;
use crate::world::World;

/// How long after it has logged an entry a writer does not see what became of the generation.
const UNCHECKED_SPAN: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Blind {
    breakage: Breakage,
    looked: Mutex<Looked>,
}

#[derive(Debug, Default)]
struct Looked {
    /// The record that was created last, until another one is looked for: the next look at the floor is a committer's.
    created: Option<String>,
    logged: Option<Duration>,
}

impl Blind {
    pub(super) fn new(breakage: Breakage) -> Self {
        Self { breakage, looked: Mutex::default() }
    }

    /// Whether a request is one that the process leaves out.
    pub(super) fn strikes(&self, world: &World, attempted: &Attempted<'_>) -> bool {
        let Attempted { operation, key, .. } = *attempted;
        let mut looked = self.looked.lock();
        let is_record = world.layout.parse_log(key).is_some();
        if operation == Operation::Create && is_record {
            looked.created = Some(key.to_owned());
        }
        if operation == Operation::Create && world.layout.parse_wal(key).is_some() {
            looked.logged = Some(world.now());
        }
        if operation != Operation::Get {
            return false;
        }
        if is_record && looked.created.as_deref() != Some(key) {
            looked.created = None;
        }
        let is_floor = key == world.layout.floor().as_str();
        let is_committers = is_floor && looked.created.take().is_some();
        match self.breakage {
            Breakage::CommitsWithoutFloor => is_committers,
            Breakage::ReadsWithoutFloor => is_floor && !is_committers,
            Breakage::AcksUnchecked => {
                let is_recent = looked.logged.is_some_and(|logged| world.now() <= logged + UNCHECKED_SPAN);
                is_recent && (is_floor || is_record)
            }
            _ => false,
        }
    }
}
