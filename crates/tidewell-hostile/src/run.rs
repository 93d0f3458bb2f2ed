//! Short runs: every flipped bit, every cut, and seeded changes behind the checksum.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::{Mutator, Sample, Target};

/// Flips and cuts of a sample; a longer one is sampled so many times.
const PLACES_MAX: usize = 10_000;

/// What a run met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Inputs that were accepted.
    pub accepted: u64,
    /// Inputs that were refused.
    pub refused: u64,
}

/// Flips bits of every sample under a checksum, one at a time, all of them where they are few. Says how many it flipped.
///
/// # Panics
/// When one is not found.
pub fn flip(target: &Target, seed: u64) -> u64 {
    let mut flips = 0;
    for sample in target.samples.iter().filter(|sample| sample.is_checked) {
        for bit in places(sample.bytes.len() * 8, seed) {
            let mut bytes = sample.bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!((target.read)(&bytes).is_none(), "{}: bit {bit} is flipped and nobody saw it", target.name);
            flips += 1;
        }
    }
    flips
}

/// Cuts every sample under a checksum off, at every length where they are few. Says how often.
///
/// # Panics
/// When a cut is not found: what is left must be refused, or have fewer parts.
pub fn cut_short(target: &Target, seed: u64) -> u64 {
    let mut cuts = 0;
    for Sample { bytes, .. } in target.samples.iter().filter(|sample| sample.is_checked) {
        let whole = (target.read)(bytes);
        for length in places(bytes.len(), seed) {
            let read = (target.read)(&bytes[..length]);
            assert!(read < whole, "{}: cut off at {length} and nobody saw it", target.name);
            cuts += 1;
        }
    }
    cuts
}

fn places(count: usize, seed: u64) -> Vec<usize> {
    let mut rng = StdRng::seed_from_u64(seed);
    if count <= PLACES_MAX {
        (0..count).collect()
    } else {
        (0..PLACES_MAX).map(|_| rng.random_range(0..count)).collect()
    }
}

/// Reads changed samples, each round by a seed of its own: as they are, or changed behind the checksum. `measure` runs the
/// decoder and says what it gave and how much memory it took at once.
///
/// # Panics
/// When something does not hold of an input, which the message gives.
pub fn mutate_and_read(
    target: &Target,
    rounds: std::ops::Range<u64>,
    measure: impl Fn(&dyn Fn() -> Option<usize>) -> (Option<usize>, usize),
) -> Findings {
    let mut findings = Findings::default();
    for round in rounds {
        let bytes = input(target, round);
        let shown = || format!("{} round {round}: {}", target.name, bytes.escape_ascii());
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let (read, taken_bytes) = measure(&|| (target.read)(&bytes));
            let most = (target.memory_bytes_max)(&bytes);
            assert!(taken_bytes <= most, "{taken_bytes} bytes were taken, {most} are allowed");
            assert!(read.is_none() || (target.goes_round)(&bytes), "what was read is not what is written");
            read
        }));
        match caught {
            Ok(Some(_)) => findings.accepted += 1,
            Ok(None) => findings.refused += 1,
            Err(_) => panic!("{}", shown()),
        }
    }
    findings
}

/// The input of a round.
fn input(target: &Target, round: u64) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64(round);
    let mut pick = || &target.samples[rng.random_range(0..target.samples.len())].bytes;
    let (sample, donor) = (pick(), pick());
    let is_behind = rng.random_bool(0.8);
    let opened = |bytes: &[u8]| if is_behind { (target.open)(bytes) } else { None };
    match (opened(sample), opened(donor)) {
        (Some(mut inner), Some(donor)) => {
            Mutator::new(&mut rng).mutate(&mut inner, &donor);
            (target.seal)(&inner)
        }
        _ => {
            let mut bytes = sample.clone();
            Mutator::new(&mut rng).mutate(&mut bytes, donor);
            bytes
        }
    }
}
