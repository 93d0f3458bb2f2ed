//! How long a span is computed at once.

/// Where a run begins, and the most of it that is asked for where there are rows: a day.
const DAY_MS: u64 = 86_400_000;
/// The longest window, over spans that prove to be empty: some 100 years.
const WINDOW_MS_MAX: u64 = DAY_MS * 36_525;

/// The length of a run's next window: longer over spans without rows, shorter where rows take more than a question may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pace {
    window_ms: u64,
    /// The longest window over rows that has not proved to be too large.
    window_ms_max: u64,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { window_ms: DAY_MS, window_ms_max: DAY_MS }
    }

    pub(super) fn window_ms(&self) -> u64 {
        self.window_ms
    }

    /// A window was computed.
    pub(super) fn computed(&mut self, had_rows: bool) {
        let longer_ms = self.window_ms.saturating_mul(2);
        self.window_ms = match had_rows {
            true => longer_ms.min(self.window_ms_max),
            false => longer_ms.min(WINDOW_MS_MAX),
        };
    }

    /// The window was too large; none is made shorter than a bucket.
    pub(super) fn too_large(&mut self, bucket_ms: u64) {
        self.window_ms_max = (self.window_ms / 2).min(DAY_MS).max(bucket_ms);
        self.window_ms = (self.window_ms / 8).max(bucket_ms);
    }
}

#[cfg(test)]
mod tests;
