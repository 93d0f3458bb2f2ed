//! What an estimate takes for granted, in words.

use super::description::{Description, Kept, LogLevel, Runs};
use super::requests as per;

pub(super) fn assumptions(described: &Description) -> Vec<String> {
    let mut said = vec![
        "A month is 30.44 days; traffic is even, nothing fails, and no two processes race for one commit.".to_owned(),
        format!(
            "A row takes {:.1} bytes in segments, the mean over the month; log objects, and what was removed and waits for \
             collection, are not counted as storage.",
            described.bytes_per_row
        ),
        "Free tiers and discounts for volume are left out, and so is transfer within the region, which is free."
            .to_owned(),
    ];
    said.push(match described.kept {
        Kept::Days(days) => {
            format!("The bucket holds the rows of {days} days, as it does once it has run for so long.")
        }
        Kept::Found { is_steady: true, .. } => {
            "What is found is what stays: retention takes away as much as comes.".to_owned()
        }
        Kept::Found { is_steady: false, .. } => {
            "What is found stays, and half of the month's new rows are there in the mean.".to_owned()
        }
    });
    said.push(match described.log {
        LogLevel::Local => "Logs are local: a write makes no request.".to_owned(),
        LogLevel::Object | LogLevel::Quorum => {
            format!(
                "A log object holds the writes of {} ms; a lone write has one of its own.",
                described.flush_interval_ms
            )
        }
    });
    said.push(match described.runs {
        Runs::Server => format!(
            "Each writer folds each database every {:.0} s that it writes to it, and maintains it every {:.0} s; its machine is \
             not counted.",
            per::FOLD_INTERVAL_S,
            per::UPKEEP_INTERVAL_S
        ),
        Runs::Lambda { memory_mb, write_ms, query_ms, maintenance_ms } => format!(
            "Each write is an invocation and a log object of its own. Functions have {memory_mb} MiB and take {write_ms} ms for \
             a write, {query_ms} ms for a query, {maintenance_ms} ms for maintenance, on the schedules of infra/."
        ),
    });
    said.push(match described.is_cache_warm {
        true => "Queries are asked of processes that stay up and whose cache holds what is asked for.".to_owned(),
        false => format!(
            "Each query begins with nothing: it reads the view and the log since the last fold, and opens a segment for each \
             {} million rows of its span.",
            per::SETTLED_ROWS as u64 >> 20
        ),
    });
    said
}
