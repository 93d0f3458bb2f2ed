//! Writers: send to every bucket, acknowledge on a majority, after a look at the manifest.

use super::state::{Generation, MAJORITY, State, WRITERS};
use super::{Mutation, Quorum};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Writer {
    phase: Phase,
    generation: u8,
    /// Second answers of a bucket that count, only where a mutation lets them.
    extra: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Phase {
    #[default]
    Idle,
    /// The entry is sent to all buckets.
    Sent,
    /// Only where a mutation looks at the manifest early.
    Checked,
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Put,
    /// Sends the entry to this bucket again.
    PutAgain(usize),
    /// Catches up and decides.
    Check,
}

impl Writer {
    /// The entry that it waits for answers to, one bit; 0 for none.
    pub(super) fn waits_for(&self, index: usize) -> u8 {
        match self.phase {
            Phase::Sent | Phase::Checked => 1 << (usize::from(self.generation) * WRITERS + index),
            Phase::Idle | Phase::Done => 0,
        }
    }
}

fn answers(state: &State, index: usize) -> usize {
    let entry = state.writers[index].waits_for(index);
    let buckets = state.buckets.iter().filter(|bucket| bucket.answered & entry != 0).count();
    buckets + usize::from(state.writers[index].extra)
}

pub(super) fn steps(model: &Quorum, state: &State, index: usize, mut push: impl FnMut(Step)) {
    let writer = &state.writers[index];
    let entry = writer.waits_for(index);
    let needed = if model.mutation == Mutation::AckOnOne { 1 } else { MAJORITY };
    match writer.phase {
        Phase::Idle if index < usize::from(model.bounds.rows) => push(Step::Put),
        Phase::Idle | Phase::Done => {}
        Phase::Sent | Phase::Checked => {
            let answers = answers(state, index);
            let is_early = model.mutation == Mutation::CheckBeforeMajority && writer.phase == Phase::Sent;
            if answers >= if is_early { 1 } else { needed } {
                push(Step::Check);
            }
            let counts_twice = model.mutation == Mutation::DuplicateCounts;
            for (bucket, target) in state.buckets.iter().enumerate().filter(|_| state.resends > 0) {
                if target.flights & entry == 0 && (target.answered & entry == 0 || counts_twice) {
                    push(Step::PutAgain(bucket));
                }
            }
        }
    }
}

pub(super) fn take(model: &Quorum, state: &mut State, index: usize, step: Step) {
    match step {
        Step::Put => {
            state.writers[index].phase = Phase::Sent;
            let entry = state.writers[index].waits_for(index);
            state.buckets.iter_mut().for_each(|bucket| bucket.flights |= entry);
        }
        Step::PutAgain(bucket) => {
            state.resends -= 1;
            state.buckets[bucket].flights |= state.writers[index].waits_for(index);
        }
        Step::Check => decide(model, state, index),
    }
}

fn decide(model: &Quorum, state: &mut State, index: usize) {
    let writer = state.writers[index];
    let is_folded = state.head.applied & writer.waits_for(index) != 0;
    let standing = if writer.generation == 0 { state.head.first } else { Generation::Open };
    let is_early = model.mutation == Mutation::CheckBeforeMajority && writer.phase == Phase::Sent;
    let writer = &mut state.writers[index];
    match standing {
        Generation::Open if is_early => writer.phase = Phase::Checked,
        // The seal did not take the entry, and no reader looks at it again.
        Generation::Sealed if !is_folded && writer.phase == Phase::Sent => {
            *writer = Writer { generation: 1, ..Writer::default() };
        }
        Generation::Sealing if model.mutation == Mutation::AppendsAnewEarly && !is_folded => {
            *writer = Writer { generation: 1, ..Writer::default() };
        }
        Generation::Sealing if writer.phase == Phase::Sent => {}
        _ => {
            *writer = Writer { phase: Phase::Done, ..Writer::default() };
            state.acked |= 1 << index;
        }
    }
}

/// An entry's create arrives at a bucket; its answer arrives, or not.
pub(super) fn deliver(model: &Quorum, state: &mut State, bucket: usize, name: usize, answered: bool) {
    let index = name % WRITERS;
    let entry = 1 << name;
    let bucket = &mut state.buckets[bucket];
    bucket.flights &= !entry;
    bucket.objects |= entry;
    if answered && state.writers[index].waits_for(index) == entry {
        let is_second = bucket.answered & entry != 0;
        state.writers[index].extra += u8::from(is_second && model.mutation == Mutation::DuplicateCounts);
        bucket.answered |= entry;
    }
}
