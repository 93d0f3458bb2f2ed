//! How long ago something was, by clocks that only propose.

use tidewell_types::TimestampNs;

/// Whether `span_ms` milliseconds have gone by since an instant, which may be one of another process's clock.
pub(crate) fn is_past(now: TimestampNs, since: TimestampNs, span_ms: u64) -> bool {
    let gone_ns = i128::from(now.as_ns()) - i128::from(since.as_ns());
    gone_ns >= i128::from(span_ms) * 1_000_000
}

#[cfg(test)]
mod tests;
