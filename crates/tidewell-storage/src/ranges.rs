//! Byte ranges of one object as few requests.

#[cfg(test)]
mod tests;

use std::ops::Range;

use bytes::Bytes;

use crate::backend::{Failure, FailureKind};

/// Ranges at most this far apart are read together: at S3's speeds reading the gap takes less than another request does.
const GAP_BYTES_MAX: u64 = 1024 * 1024;

/// Ranges are not joined into requests larger than this, so that large reads go in parallel.
const JOINED_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How many ranges of one object are requested at once.
pub(crate) const PARALLEL_MAX: usize = 16;

/// The ranges to request, in order and without overlap of two requests more than the wanted ranges have.
pub(crate) fn join(wanted: &[Range<u64>]) -> Result<Vec<Range<u64>>, Failure> {
    if let Some(range) = wanted.iter().find(|range| range.start > range.end) {
        return Err(Failure::before(FailureKind::Corrupt, format!("the range {range:?} ends before it starts")));
    }
    let mut sorted: Vec<Range<u64>> = wanted.iter().filter(|range| !range.is_empty()).cloned().collect();
    sorted.sort_unstable_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match joined.last_mut() {
            Some(last) if range.end <= last.end => {}
            Some(last)
                if range.start <= last.end.saturating_add(GAP_BYTES_MAX)
                    && range.end - last.start <= JOINED_BYTES_MAX =>
            {
                last.end = range.end;
            }
            _ => joined.push(range),
        }
    }
    Ok(joined)
}

/// The wanted ranges out of the bodies of the requested ones.
pub(crate) fn split(wanted: &[Range<u64>], joined: &[Range<u64>], bodies: &[Bytes]) -> Result<Vec<Bytes>, Failure> {
    wanted.iter().map(|range| cut(range, joined, bodies)).collect()
}

fn cut(range: &Range<u64>, joined: &[Range<u64>], bodies: &[Bytes]) -> Result<Bytes, Failure> {
    if range.is_empty() {
        return Ok(Bytes::new());
    }
    let holder = joined.iter().zip(bodies).find(|(outer, _)| outer.start <= range.start && range.end <= outer.end);
    let slice = holder.and_then(|(outer, body)| {
        let start = usize::try_from(range.start - outer.start).ok()?;
        let end = usize::try_from(range.end - outer.start).ok()?;
        (end <= body.len()).then(|| body.slice(start..end))
    });
    slice.ok_or_else(|| too_short(range))
}

/// The failure for an object that ends before a range does.
pub(crate) fn too_short(range: &Range<u64>) -> Failure {
    let reason = format!("it is shorter than the wanted bytes {}..{}", range.start, range.end);
    Failure::before(FailureKind::Corrupt, reason)
}
