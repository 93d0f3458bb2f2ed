//! What is asked of the catalog, and what it answers.

use std::ops::Range;

use serde::Serialize;

use crate::postings::Field;
use crate::record::DatasetRecord;

/// What may be found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kinds {
    /// Datasets by their own words, and by those of their series.
    #[default]
    All,
    /// Datasets by their names, tags and descriptions only.
    Datasets,
    /// Series only: a dataset is found for the sake of its series.
    Series,
}

/// A search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The words. A word finds itself, what begins with it, and what differs from it by one letter (from 4 letters on) or two
    /// (from 8 on, without digits); numbers are never bent. Of more than 16 words the first 16 count.
    pub text: String,
    /// What may be found.
    pub kinds: Kinds,
    /// Only in datasets of this name.
    pub dataset: Option<String>,
    /// Most datasets in the answer; at most 1000.
    pub limit: usize,
    /// Datasets that come before these.
    pub offset: usize,
    /// Most series of each dataset in the answer; at most 1000.
    pub series_limit: usize,
    /// Series of each dataset that come before these.
    pub series_offset: usize,
}

impl Query {
    /// A search with 20 datasets and 5 series of each.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            kinds: Kinds::All,
            dataset: None,
            limit: 20,
            offset: 0,
            series_limit: 5,
            series_offset: 0,
        }
    }
}

/// Where words of a search stand in a text of a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Highlight {
    /// Which text. Of a tag, `text` is its name and value joined by `=`, or the plain word.
    pub field: Field,
    /// The text.
    pub text: String,
    /// The places, in bytes, ascending.
    pub ranges: Vec<Range<usize>>,
}

/// A series that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesHit {
    /// Its id.
    pub id: String,
    /// Its rows; of the sample where the dataset is an estimate.
    pub row_count: u64,
    /// How many words of the search it and its dataset have; one more where the id is the whole text of the search.
    pub matched: u32,
    /// The higher the better, among those with as many words.
    pub score: f32,
    /// Where the words stand in the id, in bytes.
    pub ranges: Vec<Range<usize>>,
}

/// A dataset that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// What is known of it.
    pub record: DatasetRecord,
    /// How many words of the search it and its best series have; one more where its name or that id is the whole text.
    pub matched: u32,
    /// The higher the better, among those with as many words.
    pub score: f32,
    /// The texts that have words of the search.
    pub highlights: Vec<Highlight>,
    /// Series that have all words that their dataset lacks, or where none has, any.
    pub series_matched: u64,
    /// The best of them.
    pub series: Vec<SeriesHit>,
}

/// What was found: those with more words first, then those with a higher score, then in the order of where they are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The datasets of this page.
    pub hits: Vec<Hit>,
    /// Datasets that have any of the words.
    pub dataset_count: u64,
    /// Whether a word has so many spellings or places that not all were looked at.
    pub is_partial: bool,
    /// The number of the catalog's head that answered; 0 for a catalog of nothing.
    pub sequence: u64,
}
