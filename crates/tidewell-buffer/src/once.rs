//! A request with an idempotency key counts once, wherever and however often it was logged.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use tidewell_types::{Batch, TableRows, TokenId, Watermarks};

use crate::entry::{Entry, EntryToken, RowSpan};

/// Takes out the rows of every token that `view` has in segments or that an entry before it holds.
pub(crate) fn count_once(entries: &mut [Arc<Entry>], view: &impl Watermarks) {
    let mut held: BTreeSet<TokenId> = BTreeSet::new();
    for entry in entries.iter_mut().filter(|entry| !entry.tokens.is_empty()) {
        let is_repeated = |token: &&EntryToken| view.has_token(&token.id) || held.contains(&token.id);
        let (repeated, counted): (Vec<_>, Vec<_>) = entry.tokens.iter().partition(is_repeated);
        held.extend(counted.iter().map(|token| token.id));
        if !repeated.is_empty() {
            *entry = Arc::new(without(entry, &repeated, &counted));
        }
    }
}

/// Rows `start..end` of a table that stay, as table `place` of the batch that is left.
struct Piece {
    table: usize,
    start: usize,
    end: usize,
    place: usize,
}

fn without(entry: &Entry, repeated: &[&EntryToken], counted: &[&EntryToken]) -> Entry {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut tables = Vec::new();
    for (index, table) in entry.batch.tables.iter().enumerate() {
        for kept in gaps(spans_of(repeated, index), table.rows.num_rows()) {
            pieces.push(Piece { table: index, start: kept.start, end: kept.end, place: tables.len() });
            tables.push(TableRows { table: table.table.clone(), rows: table.rows.slice(kept.start, kept.len()) });
        }
    }
    let tokens = counted.iter().map(|token| EntryToken {
        id: token.id,
        spans: token.spans.iter().flat_map(|span| moved(*span, &pieces)).collect(),
    });
    Entry { batch: Batch { tables }, tokens: tokens.collect(), ..*entry }
}

/// The tokens' rows of one table, in order.
fn spans_of(tokens: &[&EntryToken], table: usize) -> Vec<Range<usize>> {
    let spans = tokens.iter().flat_map(|token| &token.spans).filter(|span| span.table as usize == table);
    let mut spans: Vec<Range<usize>> = spans.map(|span| rows(*span)).collect();
    spans.sort_by_key(|span| span.start);
    spans
}

fn rows(span: RowSpan) -> Range<usize> {
    let start = span.start as usize;
    start..start.saturating_add(span.count as usize)
}

/// What of `0..end` is in none of the spans, which come in order and may overlap.
fn gaps(spans: Vec<Range<usize>>, end: usize) -> Vec<Range<usize>> {
    let mut gaps = Vec::new();
    let mut next = 0;
    for span in spans {
        let stop = span.start.min(end);
        if next < stop {
            gaps.push(next..stop);
        }
        next = next.max(span.end);
    }
    if next < end {
        gaps.push(next..end);
    }
    gaps
}

/// Where the rows of a span are in the pieces.
fn moved(span: RowSpan, pieces: &[Piece]) -> impl Iterator<Item = RowSpan> {
    let wanted = rows(span);
    pieces.iter().filter(move |piece| piece.table == span.table as usize).filter_map(move |piece| {
        let (start, end) = (wanted.start.max(piece.start), wanted.end.min(piece.end));
        let count = end.checked_sub(start).filter(|count| *count > 0)?;
        let number = |number| u32::try_from(number).ok();
        Some(RowSpan { table: number(piece.place)?, start: number(start - piece.start)?, count: number(count)? })
    })
}

#[cfg(test)]
mod tests;
