//! What the words of a search find in the index: exactly, as a beginning, or with typos.

use fst::automaton::Str;
use fst::{Automaton as _, IntoStreamer as _, Streamer as _};
use hashbrown::HashSet;
use levenshtein_automata::{Distance, LevenshteinAutomatonBuilder};

use crate::frame::DecodeError;
use crate::index::Index;
use crate::postings::{self, Field};
use crate::words::words;

/// Words of a search that count.
pub(crate) const QUERY_WORDS_MAX: usize = 16;
/// Spellings of a word that are looked at, of each class.
const PREFIXES_MAX: usize = 1024;
const TYPOS_MAX: usize = 256;
/// Places that are looked at for one search: some 40 ms.
const POSTINGS_MAX: u64 = 12_000_000;
/// From how many letters on a word may have one typo, and two.
const TYPO_CHARS_MIN: usize = 4;
const TYPOS_CHARS_MIN: usize = 8;

/// How a word of the index fits one of the search, best first, and what that is worth.
pub(crate) const CLASSES: usize = 4;
pub(crate) const QUALITY: [f32; CLASSES] = [1.0, 0.7, 0.5, 0.3];
const EXACT: usize = 0;
const PREFIX: usize = 1;
const TYPO: usize = 2;
const TYPOS: usize = 3;

/// What a word is worth where it stands.
pub(crate) const fn weight(field: Field) -> f32 {
    match field {
        Field::Name => 4.0,
        Field::Tag => 3.0,
        Field::Series => 2.0,
        Field::Description => 1.0,
    }
}

/// The automata that find typos; making them takes some milliseconds, so they are made once.
pub(crate) struct Typos {
    one: LevenshteinAutomatonBuilder,
    two: LevenshteinAutomatonBuilder,
}

impl Default for Typos {
    fn default() -> Self {
        // Two letters that changed places are one typo.
        Self { one: LevenshteinAutomatonBuilder::new(1, true), two: LevenshteinAutomatonBuilder::new(2, true) }
    }
}

/// What one word of a search found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// By class, a bit for each series that has it; empty where none has.
    pub(crate) series: [Vec<u64>; CLASSES],
    /// A bit for each series that has it in any class.
    pub(crate) any: Vec<u64>,
    /// By dataset, what its best place there is worth; empty where none has it.
    pub(crate) datasets: Vec<f32>,
    /// The datasets whose names have exactly this word.
    pub(crate) named: Vec<u32>,
    /// What finding the word is worth: the rarer the more.
    pub(crate) idf: f32,
    /// Its spellings in the index.
    pub(crate) spellings: HashSet<String>,
}

/// What all words of a search found.
#[derive(Debug)]
pub(crate) struct Expanded {
    pub(crate) words: Vec<Found>,
    pub(crate) is_partial: bool,
}

/// Looks the words of a search up.
pub(crate) fn expand(index: &Index, typos: &Typos, text: &str) -> Result<Expanded, DecodeError> {
    let mut unique: Vec<String> = Vec::new();
    for word in words(text) {
        if !unique.contains(&word.text) && unique.len() < QUERY_WORDS_MAX {
            unique.push(word.text);
        }
    }
    let mut looking = Looking { index, postings_left: POSTINGS_MAX, is_partial: false };
    let words = unique.iter().map(|word| looking.word(word, typos)).collect::<Result<_, _>>()?;
    Ok(Expanded { words, is_partial: looking.is_partial })
}

struct Looking<'a> {
    index: &'a Index,
    postings_left: u64,
    is_partial: bool,
}

impl Looking<'_> {
    fn word(&mut self, word: &str, typos: &Typos) -> Result<Found, DecodeError> {
        let mut found = Found::default();
        let classes = self.spellings(word, typos);
        for (class, spellings) in classes.into_iter().enumerate() {
            for (spelling, at) in spellings {
                self.add(&mut found, class, at)?;
                found.spellings.insert(spelling);
            }
        }
        let series = self.index.lengths.len();
        if found.series.iter().any(|bits| !bits.is_empty()) {
            found.any = vec![0; series.div_ceil(64)];
            for bits in &found.series {
                found.any.iter_mut().zip(bits).for_each(|(any, bits)| *any |= bits);
            }
        }
        let in_series: u64 = found.any.iter().map(|bits| u64::from(bits.count_ones())).sum();
        let in_datasets = found.datasets.iter().filter(|worth| **worth > 0.0).count() as u64;
        let total = (series + self.index.parts.len()) as f32;
        found.idf = (1.0 + total / (1 + in_series + in_datasets) as f32).ln();
        Ok(found)
    }

    /// The words of the index that fit, by class, with the places of their lists.
    fn spellings(&mut self, word: &str, typos: &Typos) -> [Vec<(String, u64)>; CLASSES] {
        let mut classes = [const { Vec::new() }; CLASSES];
        let fst = &self.index.fst;
        classes[EXACT].extend(fst.get(word).map(|at| (word.to_owned(), at)));
        let chars = word.chars().count();
        if chars > 1 || classes[EXACT].is_empty() {
            let mut stream = fst.search(Str::new(word).starts_with()).into_stream();
            while let Some((spelling, at)) = stream.next() {
                if classes[PREFIX].len() >= PREFIXES_MAX {
                    self.is_partial = true;
                    break;
                }
                if spelling.len() > word.len() {
                    classes[PREFIX].push((text(spelling), at));
                }
            }
        }
        if chars < TYPO_CHARS_MIN || word.chars().all(char::is_numeric) {
            return classes;
        }
        // Of random ids, thousands are two digits from any other.
        let is_one = chars < TYPOS_CHARS_MIN || word.chars().any(char::is_numeric);
        let builder = if is_one { &typos.one } else { &typos.two };
        let automaton = builder.build_dfa(word);
        let mut stream = fst.search_with_state(&automaton).into_stream();
        while let Some((spelling, at, state)) = stream.next() {
            let class = match automaton.distance(state) {
                Distance::Exact(1) => TYPO,
                Distance::Exact(2) => TYPOS,
                _ => continue,
            };
            if spelling.starts_with(word.as_bytes()) {
                continue;
            }
            if classes[class].len() >= TYPOS_MAX {
                self.is_partial = true;
                continue;
            }
            classes[class].push((text(spelling), at));
        }
        classes
    }

    fn add(&mut self, found: &mut Found, class: usize, at: u64) -> Result<(), DecodeError> {
        let lists = postings::lists(&self.index.postings, at)?;
        for field in Field::ALL {
            let Some(list) = lists[field as usize] else { continue };
            if u64::from(list.count) > self.postings_left {
                self.is_partial = true;
                continue;
            }
            self.postings_left -= u64::from(list.count);
            if field == Field::Series {
                let blocks = self.index.lengths.len().div_ceil(64);
                let bits = &mut found.series[class];
                bits.resize(blocks, 0);
                for series in list.iter() {
                    let block = bits.get_mut(series as usize / 64).ok_or(DecodeError::Corrupt("postings"))?;
                    *block |= 1 << (series % 64);
                }
                continue;
            }
            let worth = weight(field) * QUALITY[class];
            found.datasets.resize(self.index.parts.len(), 0.0);
            for dataset in list.iter() {
                let best = found.datasets.get_mut(dataset as usize).ok_or(DecodeError::Corrupt("postings"))?;
                *best = best.max(worth);
                if field == Field::Name && class == EXACT {
                    found.named.push(dataset);
                }
            }
        }
        Ok(())
    }
}

fn text(spelling: &[u8]) -> String {
    String::from_utf8_lossy(spelling).into_owned()
}
