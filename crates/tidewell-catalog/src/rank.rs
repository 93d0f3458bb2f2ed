//! Ranks series and datasets by what the words of a search found.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Range;

use crate::expand::{Expanded, Found, QUALITY, weight};
use crate::index::Index;
use crate::postings::Field;

/// How well something fits: how many words it has, then what they are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Fit {
    pub(crate) matched: u32,
    pub(crate) score: f32,
}

impl Fit {
    /// The better is the less, so that sorting puts it first.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        other.matched.cmp(&self.matched).then(other.score.total_cmp(&self.score))
    }

    fn is_better_than(&self, other: &Self) -> bool {
        self.order(other) == Ordering::Less
    }
}

/// The best series of one dataset.
#[derive(Debug, Default)]
pub(crate) struct Best {
    /// Best first; of two that fit alike the first comes first.
    pub(crate) series: Vec<(Fit, u32)>,
    /// Series that have all words that their dataset lacks.
    pub(crate) with_all: u64,
    /// Series that have any word.
    pub(crate) with_any: u64,
}

impl Best {
    fn worst(&self, count: usize) -> Option<Fit> {
        (self.series.len() >= count).then(|| self.series.last().map(|(fit, _)| *fit)).flatten()
    }

    fn push(&mut self, count: usize, fit: Fit, series: u32) {
        if self.worst(count).is_some_and(|worst| !fit.is_better_than(&worst)) {
            return;
        }
        let at = self.series.partition_point(|(known, _)| !fit.is_better_than(known));
        self.series.insert(at, (fit, series));
        self.series.truncate(count);
    }
}

/// What words in longer ids are worth less.
fn by_length(words: u8) -> f32 {
    1.0 / (1.0 + 0.05 * f32::from(words.saturating_sub(1)))
}

/// One search over one index.
#[derive(Debug)]
pub(crate) struct Ranking<'a> {
    pub(crate) index: &'a Index,
    pub(crate) found: &'a Expanded,
    /// Series whose ids are the whole text of the search.
    pub(crate) whole: BTreeSet<u32>,
    lengths: [f32; 256],
}

impl<'a> Ranking<'a> {
    pub(crate) fn new(index: &'a Index, found: &'a Expanded, whole: BTreeSet<u32>) -> Self {
        let mut lengths = [1.0; 256];
        lengths.iter_mut().zip(0..=u8::MAX).for_each(|(worth, words)| *worth = by_length(words));
        Self { index, found, whole, lengths }
    }

    /// How well a dataset fits by its own words.
    pub(crate) fn dataset(&self, dataset: usize) -> Fit {
        let mut fit = Fit::default();
        for word in &self.found.words {
            let worth = word.datasets.get(dataset).copied().unwrap_or_default();
            fit.matched += u32::from(worth > 0.0);
            fit.score += worth * word.idf;
        }
        fit
    }

    /// The best `count` series of a dataset, each with the words of the dataset as its own.
    pub(crate) fn series(&self, dataset: usize, count: usize) -> Best {
        let mut best = Best::default();
        let (Some(from), Some(to)) = (self.index.starts.get(dataset), self.index.starts.get(dataset + 1)) else {
            return best;
        };
        let (from, to) = (*from, *to);
        let words: Vec<(&Found, f32)> = self.found.words.iter().map(|word| (word, worth_in(word, dataset))).collect();
        for series in self.whole.range(from..to) {
            let mut fit = self.fit(&words, *series);
            fit.matched += 1;
            best.push(count, fit, *series);
        }
        for block in blocks(from..to) {
            self.block(&words, block, count, &mut best);
        }
        best
    }

    /// How well one series of a dataset fits.
    #[cfg(test)]
    pub(crate) fn one(&self, dataset: usize, series: u32) -> Fit {
        let words: Vec<(&Found, f32)> = self.found.words.iter().map(|word| (word, worth_in(word, dataset))).collect();
        self.fit(&words, series)
    }

    /// Looks at 64 series or fewer; at each of them only where one could be among the best.
    fn block(&self, words: &[(&Found, f32)], (block, mask): (usize, u64), count: usize, best: &mut Best) {
        let (mut any, mut all) = (0u64, mask);
        let mut limit = Fit::default();
        let length = self.index.block_lengths.get(block).copied().unwrap_or_default();
        let length = self.lengths[usize::from(length)];
        for (word, of_dataset) in words {
            let bits = bits(&word.any, block) & mask;
            any |= bits;
            if *of_dataset <= 0.0 {
                all &= bits;
            }
            let worth = if bits == 0 { *of_dataset } else { of_dataset.max(best_quality(word, block, mask) * length) };
            limit.matched += u32::from(worth > 0.0);
            limit.score += worth * word.idf;
        }
        // Where the dataset has all words, a series still has to have one of its own.
        best.with_all += u64::from((all & any).count_ones());
        best.with_any += u64::from(any.count_ones());
        if count == 0 || best.worst(count).is_some_and(|worst| !limit.is_better_than(&worst)) {
            return;
        }
        let mut left = any;
        while left != 0 {
            let series = block as u32 * 64 + left.trailing_zeros();
            left &= left - 1;
            if !self.whole.contains(&series) {
                best.push(count, self.fit(words, series), series);
            }
        }
    }

    fn fit(&self, words: &[(&Found, f32)], series: u32) -> Fit {
        let (block, bit) = (series as usize / 64, 1u64 << (series % 64));
        let length = self.index.lengths.get(series as usize).copied().unwrap_or_default();
        let length = self.lengths[usize::from(length)];
        let mut fit = Fit::default();
        for (word, of_dataset) in words {
            let mut worth = *of_dataset;
            if bits(&word.any, block) & bit != 0 {
                worth = worth.max(best_quality(word, block, bit) * length);
            }
            fit.matched += u32::from(worth > 0.0);
            fit.score += worth * word.idf;
        }
        fit
    }
}

fn worth_in(word: &Found, dataset: usize) -> f32 {
    word.datasets.get(dataset).copied().unwrap_or_default()
}

fn bits(of: &[u64], block: usize) -> u64 {
    of.get(block).copied().unwrap_or_default()
}

/// What the best class is worth that any of these series has.
fn best_quality(word: &Found, block: usize, mask: u64) -> f32 {
    let class = word.series.iter().position(|of| bits(of, block) & mask != 0);
    class.and_then(|class| QUALITY.get(class)).copied().unwrap_or_default() * weight(Field::Series)
}

/// The blocks of 64 that a range touches, with the bits that belong to it.
fn blocks(series: Range<u32>) -> impl Iterator<Item = (usize, u64)> {
    let Range { start, end } = series;
    let last = if start < end { (end - 1) / 64 + 1 } else { start / 64 };
    (start / 64..last).map(move |block| {
        let first = block * 64;
        let mut mask = u64::MAX;
        if start > first {
            mask &= u64::MAX << (start - first);
        }
        if end - first < 64 {
            mask &= (1 << (end - first)) - 1;
        }
        (block as usize, mask)
    })
}
