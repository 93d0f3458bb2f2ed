//! Changes that break formats: bits, lengths, places, ends.

use rand::Rng;
use rand::rngs::StdRng;

/// Numbers at which lengths and counts go wrong.
const NUMBERS: [i64; 14] =
    [0, 1, -1, -2, 2, 7, 255, 256, 65_535, i32::MAX as i64, i32::MIN as i64, u32::MAX as i64, i64::MAX, i64::MIN];
const BYTES: [u8; 7] = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0xc0];
/// Longest run that is inserted or removed.
const RUN_BYTES_MAX: usize = 64;

/// Changes bytes, by a seeded generator alone.
#[derive(Debug)]
pub struct Mutator<'a> {
    rng: &'a mut StdRng,
}

impl<'a> Mutator<'a> {
    /// Changes that this generator decides.
    pub fn new(rng: &'a mut StdRng) -> Self {
        Self { rng }
    }

    /// A few changes, one upon the other; `donor` is where foreign parts come from.
    pub fn mutate(&mut self, bytes: &mut Vec<u8>, donor: &[u8]) {
        for _ in 0..self.rng.random_range(1..=4) {
            self.change(bytes, donor);
        }
    }

    fn change(&mut self, bytes: &mut Vec<u8>, donor: &[u8]) {
        match self.rng.random_range(0..11) {
            0 | 1 => self.flip(bytes),
            2 => {
                let byte = BYTES[self.rng.random_range(0..BYTES.len())];
                self.put(bytes, &[byte]);
            }
            3 | 4 => {
                let number = self.number(bytes.len());
                let width = [1, 2, 4, 8][self.rng.random_range(0..4)];
                self.put(bytes, &number.to_le_bytes()[..width]);
            }
            5 => bytes.truncate(self.place(bytes)),
            6 => {
                let run = vec![self.rng.random(); self.rng.random_range(1..=RUN_BYTES_MAX)];
                let at = self.place(bytes);
                bytes.splice(at..at, run);
            }
            7 => {
                let range = self.range(bytes);
                bytes.drain(range);
            }
            8 => {
                let range = self.range(bytes);
                let run = bytes[range].to_vec();
                let at = self.place(bytes);
                bytes.splice(at..at, run);
            }
            9 => {
                let run = donor[self.range(donor)].to_vec();
                self.put(bytes, &run);
            }
            _ => {
                let (at, from) = (self.place(bytes), self.place(donor));
                bytes.truncate(at);
                bytes.extend_from_slice(&donor[from..]);
            }
        }
    }

    fn flip(&mut self, bytes: &mut [u8]) {
        if !bytes.is_empty() {
            let bit = self.rng.random_range(0..bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }

    /// A number that is extreme, or close to the length of what there is.
    fn number(&mut self, length: usize) -> i64 {
        let near = i64::try_from(length).unwrap_or(i64::MAX) + self.rng.random_range(-9..=9);
        if self.rng.random_bool(0.3) { near } else { NUMBERS[self.rng.random_range(0..NUMBERS.len())] }
    }

    /// Overwrites, at a place that is often a multiple of four, as numbers are.
    fn put(&mut self, bytes: &mut [u8], run: &[u8]) {
        let mut at = self.place(bytes);
        if self.rng.random_bool(0.5) {
            at &= !3;
        }
        bytes[at..].iter_mut().zip(run).for_each(|(byte, by)| *byte = *by);
    }

    fn place(&mut self, bytes: &[u8]) -> usize {
        self.rng.random_range(0..=bytes.len())
    }

    fn range(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let start = self.place(bytes);
        start..(start + self.rng.random_range(0..=RUN_BYTES_MAX)).min(bytes.len())
    }
}
