//! Answers a search from an index.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::chunk::{CHUNK_SERIES, SeriesRows};
use crate::expand::{Expanded, Typos, expand};
use crate::frame::DecodeError;
use crate::index::Index;
use crate::postings::Field;
use crate::query::{Answer, Highlight, Hit, Kinds, Query, SeriesHit};
use crate::rank::{Best, Fit, Ranking};
use crate::record::DatasetRecord;
use crate::series_id;
use crate::words::{indexed, whole, words};

/// Most datasets, and most series of each, in one answer.
const LIMIT_MAX: usize = 1000;
/// Ids and names that are compared with the whole text of a search.
const WHOLE_MAX: usize = 256;

/// Answers a search.
pub(crate) fn search(index: &Index, typos: &Typos, query: &Query) -> Result<Answer, DecodeError> {
    let found = expand(index, typos, &query.text)?;
    let mut answer =
        Answer { hits: Vec::new(), dataset_count: 0, is_partial: found.is_partial, sequence: index.sequence };
    if found.words.is_empty() {
        return Ok(answer);
    }
    let text = whole(&query.text);
    let ids = if query.kinds == Kinds::Datasets { BTreeSet::new() } else { whole_ids(index, &found, &text)? };
    let names = whole_names(index, &found, &text)?;
    let ranking = Ranking::new(index, &found, ids);
    let mut ranked = rank(&ranking, query, &names)?;
    answer.dataset_count = ranked.len() as u64;
    let by_rank = |a: &(Fit, usize), b: &(Fit, usize)| a.0.order(&b.0).then(a.1.cmp(&b.1));
    ranked.sort_unstable_by(by_rank);
    for (fit, dataset) in ranked.into_iter().skip(query.offset).take(query.limit.min(LIMIT_MAX)) {
        answer.hits.push(hit(&ranking, query, dataset, fit)?);
    }
    Ok(answer)
}

/// The datasets that have any word, with how well they fit.
fn rank(ranking: &Ranking<'_>, query: &Query, names: &BTreeSet<usize>) -> Result<Vec<(Fit, usize)>, DecodeError> {
    let mut ranked = Vec::new();
    for (dataset, part) in ranking.index.parts.iter().enumerate() {
        let mut fit = ranking.dataset(dataset);
        if query.kinds != Kinds::Datasets {
            let best = ranking.series(dataset, 1);
            match best.series.first() {
                Some((series, _)) if series.order(&fit).is_lt() || query.kinds == Kinds::Series => fit = *series,
                None if query.kinds == Kinds::Series => continue,
                _ => {}
            }
        }
        if fit.matched == 0 {
            continue;
        }
        if names.contains(&dataset) && query.kinds != Kinds::Series {
            fit.matched = fit.matched.max(ranking.found.words.len() as u32 + 1);
        }
        if let Some(name) = &query.dataset
            && part.record()?.name != *name
        {
            continue;
        }
        ranked.push((fit, dataset));
    }
    Ok(ranked)
}

/// Series whose ids are the whole text: those that have all words exactly and no others are looked at, the first 256.
fn whole_ids(index: &Index, found: &Expanded, text: &str) -> Result<BTreeSet<u32>, DecodeError> {
    let mut ids = BTreeSet::new();
    let count = words(text).len().min(255) as u8;
    let mut looked = 0;
    for (dataset, range) in index.starts.windows(2).enumerate() {
        let &[from, to] = range else { continue };
        if from == to {
            continue;
        }
        for block in from / 64..=(to - 1) / 64 {
            let exact = found.words.iter().map(|word| word.series[0].get(block as usize).copied().unwrap_or_default());
            let mut left = exact.fold(u64::MAX, |all, bits| all & bits);
            while left != 0 {
                let series = block * 64 + left.trailing_zeros();
                left &= left - 1;
                let is_candidate = (from..to).contains(&series)
                    && index.lengths.get(series as usize).is_some_and(|length| *length == count);
                if !is_candidate {
                    continue;
                }
                looked += 1;
                if looked > WHOLE_MAX {
                    return Ok(ids);
                }
                let part = index.parts.get(dataset).ok_or(DecodeError::Corrupt("postings"))?;
                if whole(&part.series(u64::from(series - from))?.id) == text {
                    ids.insert(series);
                }
            }
        }
    }
    Ok(ids)
}

/// Datasets whose names are the whole text.
fn whole_names(index: &Index, found: &Expanded, text: &str) -> Result<BTreeSet<usize>, DecodeError> {
    let Some((first, others)) = found.words.split_first() else { return Ok(BTreeSet::new()) };
    let has_all = |dataset: &&u32| others.iter().all(|word| word.named.binary_search(dataset).is_ok());
    let mut names = BTreeSet::new();
    for dataset in first.named.iter().filter(has_all).take(WHOLE_MAX) {
        let part = index.parts.get(*dataset as usize).ok_or(DecodeError::Corrupt("postings"))?;
        if whole(&part.record()?.name) == text {
            names.insert(*dataset as usize);
        }
    }
    Ok(names)
}

fn hit(ranking: &Ranking<'_>, query: &Query, dataset: usize, fit: Fit) -> Result<Hit, DecodeError> {
    let part = ranking.index.parts.get(dataset).ok_or(DecodeError::Corrupt("postings"))?;
    let record = part.record()?;
    let is_composite = record.mapping.series_columns.len() > 1;
    let count = query.series_offset.saturating_add(query.series_limit.min(LIMIT_MAX));
    let best = match query.kinds {
        Kinds::Datasets => Best::default(),
        // Their rank needs all that come before them, but never more than there are pages of.
        _ => ranking.series(dataset, count.min(LIMIT_MAX * LIMIT_MAX)),
    };
    let from = ranking.index.starts.get(dataset).copied().unwrap_or_default();
    let mut series = Vec::new();
    // The best series of a dataset often stand together.
    let mut held: Option<(u32, Vec<SeriesRows>)> = None;
    for (fit, number) in best.series.into_iter().skip(query.series_offset) {
        let (chunk, at) = ((number - from) / CHUNK_SERIES as u32, (number - from) as usize % CHUNK_SERIES);
        let opened = match held.take() {
            Some((known, opened)) if known == chunk => opened,
            _ => part.chunk(chunk as usize)?,
        };
        let found = opened.get(at).cloned().ok_or(DecodeError::Corrupt("series"))?;
        held = Some((chunk, opened));
        let ranges = series_id::values(&found.id, is_composite)
            .into_iter()
            .flat_map(|(start, value)| ranges(ranking.found, value, start))
            .collect();
        let Fit { matched, score } = fit;
        series.push(SeriesHit { id: found.id, row_count: found.row_count, matched, score, ranges });
    }
    let series_matched = if best.with_all > 0 { best.with_all } else { best.with_any };
    let highlights = highlights(ranking.found, &record);
    Ok(Hit { record, matched: fit.matched, score: fit.score, highlights, series_matched, series })
}

/// Where words of the search stand in a text that begins at `start`.
fn ranges(found: &Expanded, text: &str, start: usize) -> Vec<Range<usize>> {
    let is_found = |word: &String| found.words.iter().any(|of| of.spellings.contains(word));
    let words = indexed(text).into_iter().filter(|word| is_found(&word.text));
    let mut found: Vec<Range<usize>> = words.map(|word| word.start + start..word.end + start).collect();
    found.sort_unstable_by_key(|range| (range.start, range.end));
    // Words that were joined lie over their parts.
    found.dedup_by(|range, before| {
        let is_within = range.start < before.end;
        before.end = if is_within { before.end.max(range.end) } else { before.end };
        is_within
    });
    found
}

fn highlights(found: &Expanded, record: &DatasetRecord) -> Vec<Highlight> {
    let tags = record
        .tags
        .iter()
        .map(|(name, value)| (Field::Tag, if value.is_empty() { name.clone() } else { format!("{name}={value}") }));
    let texts = [(Field::Name, record.name.clone())].into_iter().chain(tags);
    let texts = texts.chain(record.description.clone().map(|text| (Field::Description, text)));
    texts
        .map(|(field, text)| Highlight { field, ranges: ranges(found, &text, 0), text })
        .filter(|highlight| !highlight.ranges.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
