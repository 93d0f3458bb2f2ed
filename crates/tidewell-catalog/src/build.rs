//! Makes the searchable half of an index: words, where they stand, and how many words each series has.

use hashbrown::HashMap;

use crate::CatalogError;
use crate::frame::DecodeError;
use crate::part::Part;
use crate::postings::{self, Field};
use crate::record::DatasetRecord;
use crate::series_id;
use crate::words::{indexed, words};

/// The most series that an index holds: their numbers have 32 bits, and some room.
const SERIES_MAX: u64 = 1 << 31;

/// The searchable half, not compressed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Searchable {
    /// Words to the place of their lists in `postings`, as an fst map.
    pub(crate) fst: Vec<u8>,
    pub(crate) postings: Vec<u8>,
    /// Words of each series' id, at most 255.
    pub(crate) lengths: Vec<u8>,
}

/// Words by number, with the numbers of what has them, in ascending order.
#[derive(Default)]
struct Collected {
    numbers: HashMap<String, u32>,
    lists: [Vec<(u32, u32)>; 4],
}

impl Collected {
    fn add(&mut self, field: Field, text: &str, of: u32) {
        for word in indexed(text) {
            let next = self.numbers.len() as u32;
            let number = *self.numbers.entry(word.text).or_insert(next);
            self.lists[field as usize].push((number, of));
        }
    }

    fn add_record(&mut self, record: &DatasetRecord, dataset: u32) {
        self.add(Field::Name, &record.name, dataset);
        for (name, value) in &record.tags {
            self.add(Field::Tag, name, dataset);
            self.add(Field::Tag, value, dataset);
        }
        self.add(Field::Description, record.description.as_deref().unwrap_or_default(), dataset);
    }
}

/// Indexes the parts, in their order: datasets and series are known by their places in it.
pub(crate) fn build(parts: &[Part]) -> Result<Searchable, CatalogError> {
    let series_total: u64 = parts.iter().map(Part::series_count).sum();
    if series_total > SERIES_MAX {
        return Err(CatalogError::TooLarge { what: "the series", count: series_total, count_max: SERIES_MAX });
    }
    let mut collected = Collected::default();
    let mut lengths = Vec::with_capacity(series_total as usize);
    for (dataset, part) in parts.iter().enumerate() {
        collect(part, dataset as u32, &mut collected, &mut lengths)
            .map_err(|error| error.at("a part of the catalog"))?;
    }
    finish(collected, lengths)
}

fn collect(part: &Part, dataset: u32, collected: &mut Collected, lengths: &mut Vec<u8>) -> Result<(), DecodeError> {
    let record = part.record()?;
    collected.add_record(&record, dataset);
    let is_composite = record.mapping.series_columns.len() > 1;
    for number in 0..part.chunk_count() {
        for series in part.chunk(number)? {
            let of = lengths.len() as u32;
            let values = series_id::values(&series.id, is_composite);
            let mut count = 0;
            for (_, value) in values {
                collected.add(Field::Series, value, of);
                count += words(value).len();
            }
            lengths.push(count.min(255) as u8);
        }
    }
    Ok(())
}

fn finish(collected: Collected, lengths: Vec<u8>) -> Result<Searchable, CatalogError> {
    let Collected { numbers, lists } = collected;
    let word_count = numbers.len();
    let by_word = lists.map(|list| ByWord::of(list, word_count));
    let mut sorted: Vec<(String, u32)> = numbers.into_iter().collect();
    sorted.sort_unstable();
    let mut postings = Vec::new();
    let mut fst = fst::MapBuilder::memory();
    for (word, number) in sorted {
        let at = postings.len() as u64;
        postings::encode(&by_word.each_ref().map(|lists| lists.of_word(number)), &mut postings);
        // The words ascend strictly and memory takes every byte.
        fst.insert(&word, at).map_err(|_| CatalogError::corrupt("the catalog's index", "words out of order"))?;
    }
    let fst = fst.into_inner().map_err(|_| CatalogError::corrupt("the catalog's index", "words"))?;
    Ok(Searchable { fst, postings, lengths })
}

/// Numbers in one run, grouped by word.
struct ByWord {
    starts: Vec<usize>,
    ends: Vec<usize>,
    numbers: Vec<u32>,
}

impl ByWord {
    /// Groups pairs of word and number without changing the numbers' order, and drops repeats.
    fn of(pairs: Vec<(u32, u32)>, word_count: usize) -> Self {
        let mut starts = vec![0usize; word_count + 1];
        for (word, _) in &pairs {
            starts[*word as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut ends = starts.clone();
        let mut numbers = vec![0u32; pairs.len()];
        for (word, number) in pairs {
            let (word, start) = (word as usize, starts[word as usize]);
            let end = ends[word];
            if end == start || numbers[end - 1] != number {
                numbers[end] = number;
                ends[word] += 1;
            }
        }
        Self { starts, ends, numbers }
    }

    fn of_word(&self, word: u32) -> &[u32] {
        let word = word as usize;
        self.numbers.get(self.starts[word]..self.ends[word]).unwrap_or_default()
    }
}
