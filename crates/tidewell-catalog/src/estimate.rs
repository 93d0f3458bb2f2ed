//! What a sample of the files says about all of them.

use tidewell_storage::Listed;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::options::Sampling;
use crate::record::Interval;

/// The standard deviations to either side that hold 95 % of a normal distribution.
const Z: f64 = 1.96;

/// The places of the files to read, ascending: those whose keys' hashes under the seed are lowest.
pub(crate) fn sample(files: &[Listed], sampling: &Sampling) -> Vec<usize> {
    let share = (files.len() as f64 * sampling.fraction.clamp(0.0, 1.0)).ceil() as usize;
    let count = share.max(sampling.files_min).max(1).min(files.len());
    let mut ranked: Vec<(u64, usize)> = files
        .iter()
        .enumerate()
        .map(|(at, file)| (xxh3_64_with_seed(file.key.as_bytes(), sampling.seed), at))
        .collect();
    ranked.sort_unstable();
    let mut chosen: Vec<usize> = ranked.into_iter().take(count).map(|(_, at)| at).collect();
    chosen.sort_unstable();
    chosen
}

/// The rows of all files by those of a sample: the mean times the number of files. The interval is the normal one, with the
/// correction for a sample without replacement; a sample of one says nothing of the spread, and its upper end is open.
pub(crate) fn rows(sampled: &[u64], files_total: usize) -> (u64, Interval) {
    let seen: u64 = sampled.iter().sum();
    if sampled.len() >= files_total {
        return (seen, Interval { low: seen, high: seen });
    }
    let (count, total) = (sampled.len() as f64, files_total as f64);
    let mean = seen as f64 / count;
    let estimate = mean * total;
    if sampled.len() < 2 {
        return (estimate.round() as u64, Interval { low: seen, high: u64::MAX });
    }
    let variance = sampled.iter().map(|rows| (*rows as f64 - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let error = Z * total * (variance / count).sqrt() * (1.0 - count / total).max(0.0).sqrt();
    let low = ((estimate - error).max(0.0).floor() as u64).max(seen);
    let high = ((estimate + error).ceil() as u64).max(low);
    ((estimate.round() as u64).clamp(low, high), Interval { low, high })
}

/// Chao2, bias-corrected: the series of all files, by how many were `seen` in `count` of them, how many of these in exactly
/// one (`once`) and in two (`twice`); at most the rate of new series a file, times the files that were not read. The interval
/// is Chao's: what is unseen is log-normal.
pub(crate) fn series(seen: u64, once: u64, twice: u64, count: usize, files_total: usize) -> (u64, Interval) {
    if count >= files_total {
        return (seen, Interval { low: seen, high: seen });
    }
    let (count, q1, q2) = (count as f64, once as f64, twice as f64);
    let share = (count - 1.0) / count;
    let unseen = share * q1 * (q1 - 1.0).max(0.0) / (2.0 * (q2 + 1.0));
    // No file that was not read is expected to have more new series than those that were read have of their own.
    let unseen = unseen.min((files_total as f64 - count) * q1 / count);
    if unseen <= 0.0 {
        // A sample of one file says nothing of the series that it does not have.
        let high = if count < 2.0 { u64::MAX } else { seen };
        return (seen, Interval { low: seen, high });
    }
    let variance = share * q1 * (q1 - 1.0) / (2.0 * (q2 + 1.0))
        + share.powi(2) * q1 * (2.0 * q1 - 1.0).powi(2) / (4.0 * (q2 + 1.0).powi(2))
        + share.powi(2) * q1.powi(2) * q2 * (q1 - 1.0).powi(2) / (4.0 * (q2 + 1.0).powi(4));
    let spread = (Z * (1.0 + variance / unseen.powi(2)).ln().sqrt()).exp();
    let low = seen + (unseen / spread).floor() as u64;
    let high = seen.saturating_add((unseen * spread).ceil() as u64);
    let estimate = seen.saturating_add(unseen.round() as u64);
    (estimate.clamp(low, high), Interval { low, high })
}

#[cfg(test)]
mod tests;
