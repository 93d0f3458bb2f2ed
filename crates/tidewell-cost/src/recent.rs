//! What was spent in the last hour, by minutes.

use std::time::Duration;

const MINUTES: u64 = 60;

/// Sums of the last sixty minutes; bounded, whatever comes.
#[derive(Clone, Debug)]
pub(crate) struct Recent {
    sums: [f64; MINUTES as usize],
    /// The minute of the newest sum.
    minute: u64,
    began: Duration,
}

impl Recent {
    pub(crate) fn new(now: Duration) -> Self {
        Self { sums: [0.0; MINUTES as usize], minute: minute_of(now), began: now }
    }

    pub(crate) fn add(&mut self, now: Duration, amount: f64) {
        self.turn(now);
        self.sums[(self.minute % MINUTES) as usize] += amount;
    }

    /// The mean a second since it began, or over the last hour where that is longer; at least a minute is counted, so that
    /// a first amount does not pass for a habit.
    pub(crate) fn per_second(&mut self, now: Duration) -> f64 {
        self.turn(now);
        let into_minute = now.saturating_sub(Duration::from_secs(self.minute * 60));
        let covered = Duration::from_secs((MINUTES - 1) * 60) + into_minute;
        let seconds = covered.min(now.saturating_sub(self.began)).as_secs_f64();
        self.sums.iter().sum::<f64>() / seconds.max(60.0)
    }

    /// Forgets the minutes that are over an hour old.
    fn turn(&mut self, now: Duration) {
        let minute = minute_of(now).max(self.minute);
        for old in (self.minute + 1..=minute).take(MINUTES as usize) {
            self.sums[(old % MINUTES) as usize] = 0.0;
        }
        self.minute = minute;
    }
}

fn minute_of(now: Duration) -> u64 {
    now.as_secs() / 60
}

#[cfg(test)]
mod tests;
