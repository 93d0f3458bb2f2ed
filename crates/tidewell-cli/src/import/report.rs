//! What came of an import, for a person and for scripts.

use tidewell_engine::ImportSummary;

use crate::failure::Failure;
use crate::output::Output;
use crate::size::show_bytes;

/// Says what was stored on stdout and what was not on stderr.
///
/// # Errors
/// [`Failure`] where a file failed or the import was stopped, once all was said.
pub(super) fn report(summary: &ImportSummary) -> Result<(), Failure> {
    for warning in &summary.warnings {
        eprintln!("warning: {warning}");
    }
    for file in &summary.rejections {
        for row in &file.rejections.listed {
            eprintln!("{}: {row}", file.file);
        }
        let more = file.rejections.count.saturating_sub(file.rejections.listed.len() as u64);
        if more > 0 {
            eprintln!("{}: … and {more} more rejected rows", file.file);
        }
    }
    for failure in &summary.failures {
        let unknown = if failure.is_unknown { " (it may be stored all the same: --resume finds out)" } else { "" };
        eprintln!("{}: {}{unknown}", failure.file, failure.reason);
    }
    Output::stdout().write_table(&HEADER, &[row(summary)])?;
    let failed = summary.failures.len();
    if summary.is_cancelled {
        let hint = "run it again with --resume: what is stored is left out";
        return Err(Failure::with_hint("stopped before the end; files that are counted are stored wholly", hint));
    }
    match failed {
        0 => Ok(()),
        1 => Err(Failure::work("1 file was not imported; all others are stored")),
        failed => Err(Failure::work(format!("{failed} files were not imported; all others are stored"))),
    }
}

const HEADER: [&str; 11] =
    ["files", "skipped", "failed", "rows read", "rows", "dropped", "rejected", "segments", "bytes", "ms", "rows/s"];

fn row(summary: &ImportSummary) -> Vec<String> {
    let ms = u64::try_from(summary.elapsed.as_millis()).unwrap_or(u64::MAX);
    let rate = summary.rows_read.saturating_mul(1000).checked_div(ms).unwrap_or(summary.rows_read);
    let counts = [
        summary.files_imported,
        summary.files_skipped,
        summary.failures.len() as u64,
        summary.rows_read,
        summary.rows_imported,
        summary.rows_dropped,
        summary.rows_rejected,
        summary.segments,
    ];
    let counts = counts.into_iter().map(|count| count.to_string());
    counts.chain([show_bytes(summary.segment_bytes), ms.to_string(), rate.to_string()]).collect()
}
