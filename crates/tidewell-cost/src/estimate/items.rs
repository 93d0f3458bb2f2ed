//! The lines of an estimate.

use super::description::{Description, LogLevel, Runs};
use super::requests as per;
use super::requests::Counts;
use super::{LineItem, month_s};
use crate::prices::{GB_BYTES, Prices};

/// A number of steps, each of so many requests.
fn steps(what: &'static str, count: f64, unit: &'static str, each: Counts, prices: &Prices) -> LineItem {
    let requests = each.times(count);
    LineItem { what, count, unit, requests, usd: requests.usd(prices) }
}

/// Something that is no request.
fn amount(what: &'static str, count: f64, unit: &'static str, usd_each: f64) -> LineItem {
    LineItem { what, count, unit, requests: Counts::default(), usd: count * usd_each }
}

pub(super) fn items(described: &Description, prices: &Prices) -> Vec<LineItem> {
    let mut items = log(described, prices);
    items.extend(maintenance(described, prices));
    items.extend(queries(described, prices));
    items.extend(bytes(described, prices));
    items.extend(functions(described, prices));
    items
}

/// Stores that a look at the log lists: the main one, and the log's own.
fn listed_stores(described: &Description) -> f64 {
    1.0 + if described.log == LogLevel::Quorum { f64::from(described.log_buckets) } else { 0.0 }
}

/// LIST of the log, then the look for newer commits.
fn look_at_log(described: &Description) -> Counts {
    per::LIST.times(listed_stores(described)).plus(per::CATCH_UP)
}

fn log(described: &Description, prices: &Prices) -> Vec<LineItem> {
    let flushes = described.flushes_per_second() * month_s();
    let copies = if described.log == LogLevel::Quorum { f64::from(described.log_buckets) } else { 1.0 };
    vec![
        steps("log objects", flushes * copies, "objects", per::LOG_OBJECT, prices),
        steps("re-checks before acknowledgement", flushes, "checks", per::CATCH_UP, prices),
        steps("log objects read by other processes", read_elsewhere(described, flushes), "objects", per::OPEN, prices),
    ]
}

/// Log objects that are read again: by whoever folds what others wrote, and by those who are asked before that.
fn read_elsewhere(described: &Description, flushes: f64) -> f64 {
    if matches!(described.runs, Runs::Lambda { .. }) {
        return flushes;
    }
    let writers = f64::from(described.writers.max(1));
    let asked_per_second = described.queries_per_hour / 3_600.0 / writers;
    let asked = (asked_per_second * described.fold_interval_s()).min(1.0);
    flushes * (writers - 1.0) * (asked + (1.0 - asked) / writers)
}

/// Folds a second, of all processes in all databases: by time, or by rows where many come.
fn folds_per_second(described: &Description) -> f64 {
    if !described.is_written() {
        return 0.0;
    }
    let databases = f64::from(described.databases);
    let folding = match described.runs {
        Runs::Server => f64::from(described.writers) * databases,
        Runs::Lambda { .. } => databases,
    };
    let by_time = (1.0 / described.fold_interval_s()).min(described.writes_per_second / databases) * folding;
    by_time.max(described.rows_per_second / per::FOLD_ROWS_MAX)
}

fn maintenance(described: &Description, prices: &Prices) -> Vec<LineItem> {
    let (databases, tables) = (f64::from(described.databases), f64::from(described.tables));
    let folds = folds_per_second(described) * month_s();
    let (compact_s, collect_s) = described.upkeep_intervals_s();
    let rounds = |interval_s: f64| (month_s() / interval_s * databases).min(folds);
    let fold = look_at_log(described).plus(per::SEGMENT.times(tables)).plus(per::COMMIT);
    let rewrites = rounds(compact_s) * tables * per::REWRITTEN;
    let moves =
        if folds > 0.0 { described.rows_per_second * month_s() / per::SETTLED_ROWS + databases * tables } else { 0.0 };
    let generations = (month_s() / per::GENERATION_S * databases).min(folds);
    let collections = rounds(collect_s);
    let commits = folds + rewrites + moves + 3.0 * generations + 2.0 * collections;
    vec![
        steps("folds", folds, "folds", fold, prices),
        steps("compaction: rewrites", rewrites, "rewrites", per::REWRITE, prices),
        steps("compaction: segments read", folds * tables * per::REWRITTEN, "segments", per::OPEN, prices),
        steps("moves to the cold tier", moves, "segments", per::MOVE, prices),
        steps("looks for work", rounds(compact_s), "rounds", per::CATCH_UP.times(per::UPKEEP_LOOKS), prices),
        steps("collection", collections, "rounds", per::COLLECT, prices),
        steps("collection: segments listed", collections * segment_lists(described), "lists", per::LIST, prices),
        steps("generations opened and sealed", generations, "generations", per::GENERATION, prices),
        steps("checkpoints", commits / per::COMMITS_PER_CHECKPOINT, "checkpoints", per::CHECKPOINT, prices),
        sweeps(described, prices),
    ]
}

/// LISTs of the segments of one database by each collection: pages, or sealed generations that segments are left of.
fn segment_lists(described: &Description) -> f64 {
    let segments = described.segments() / f64::from(described.databases);
    let days = match described.kept {
        super::Kept::Days(days) => days,
        super::Kept::Found { .. } => f64::INFINITY,
    };
    let generations = (days * 86_400.0 / per::GENERATION_S - per::GENERATIONS_OPEN).max(0.0).min(segments);
    match segments <= per::SEGMENTS_LISTED_AT_ONCE_MAX {
        true => generations.min(2.0 + segments / per::LISTED_PER_PAGE),
        false => generations,
    }
}

/// A server's looks for what killed processes left; functions look at each scheduled fold, in vain where nothing was written.
fn sweeps(described: &Description, prices: &Prices) -> LineItem {
    let databases = f64::from(described.databases);
    let each = per::LIST.plus(look_at_log(described).times(databases));
    let (what, unit) = ("looks for what was left in logs", "looks");
    match described.runs {
        Runs::Server => {
            let processes = f64::from(described.writers.max(1));
            let interval_s = described.fold_interval_s() * per::FOLDS_PER_SWEEP;
            steps(what, month_s() / interval_s * processes, unit, each, prices)
        }
        Runs::Lambda { .. } => {
            let runs = month_s() / described.fold_interval_s();
            let in_vain = (runs - folds_per_second(described) * month_s() / databases).max(0.0);
            steps(what, in_vain, unit, each, prices)
        }
    }
}

fn queries(described: &Description, prices: &Prices) -> Vec<LineItem> {
    let queries = described.queries_per_hour * month_s() / 3_600.0;
    let mut items =
        vec![steps("queries: the log and newer commits", queries, "queries", look_at_log(described), prices)];
    let tables = f64::from(described.databases) * f64::from(described.tables);
    let folds = folds_per_second(described) * month_s();
    if described.is_cache_warm {
        // A segment is read once; with fewer queries than folds, what compaction made of several.
        let processes = f64::from(described.writers.max(1));
        let news = (folds * f64::from(described.tables) * processes).min(queries);
        items.push(steps("queries: segments not in the cache", news, "segments", per::OPEN, prices));
        return items;
    }
    let (compact_s, _) = described.upkeep_intervals_s();
    let per_table = described.rows_per_second / tables;
    let settled = (per_table * described.query_span_hours * 3_600.0 / per::SETTLED_ROWS).ceil();
    let databases = f64::from(described.databases);
    let recent = folds_per_second(described) / databases * compact_s.min(described.query_span_hours * 3_600.0);
    let tail = described.flushes_per_second() / databases * described.fold_interval_s() / 2.0;
    items.push(steps("queries: the view, read anew", queries, "queries", per::COLD_VIEW, prices));
    items.push(steps("queries: segments", queries * (settled + recent), "segments", per::OPEN, prices));
    items.push(steps("queries: log objects", queries * tail, "objects", per::OPEN, prices));
    items
}

/// What is kept and what is sent.
fn bytes(described: &Description, prices: &Prices) -> Vec<LineItem> {
    let written = described.rows_per_second * described.bytes_per_row * month_s();
    let has_objects = described.flushes_per_second() > 0.0;
    let copies = if described.log == LogLevel::Quorum { f64::from(described.log_buckets) } else { 1.0 };
    let logged = if has_objects { written * per::LOG_BYTES_PER_BYTE * copies } else { 0.0 };
    // A fold, its rewrites, and the move to the cold tier.
    let sent = logged + written * (2.0 + per::REWRITTEN);
    let received = written * (1.0 + per::REWRITTEN);
    let answers = described.queries_per_hour * month_s() / 3_600.0 * described.bytes_out_per_query;
    let mut items = vec![amount("storage", described.stored_bytes() / GB_BYTES, "GB", prices.storage_usd_per_gb_month)];
    if prices.upload_usd_per_gb > 0.0 {
        items.push(amount("bytes sent to the store", sent / GB_BYTES, "GB", prices.upload_usd_per_gb));
    }
    if prices.retrieval_usd_per_gb > 0.0 {
        items.push(amount("bytes read by rewrites", received / GB_BYTES, "GB", prices.retrieval_usd_per_gb));
    }
    items.push(amount("answers out of the region", answers / GB_BYTES, "GB", prices.transfer_out_usd_per_gb));
    items
}

fn functions(described: &Description, prices: &Prices) -> Vec<LineItem> {
    let Runs::Lambda { memory_mb, write_ms, query_ms, maintenance_ms } = described.runs else { return Vec::new() };
    let writes = described.writes_per_second * f64::from(described.writers) * month_s();
    let queries = described.queries_per_hour * month_s() / 3_600.0;
    let (compact_s, collect_s) = described.upkeep_intervals_s();
    let intervals = [described.fold_interval_s(), per::LAMBDA_ROLLUP_INTERVAL_S, compact_s, collect_s];
    let upkeep: f64 = intervals.iter().map(|interval_s| month_s() / interval_s).sum();
    let parts = [(writes, write_ms), (queries, query_ms), (upkeep, maintenance_ms)];
    let seconds: f64 = parts.iter().map(|(count, ms)| count * f64::from(*ms) / 1_000.0).sum();
    let gb_seconds = seconds * f64::from(memory_mb) / 1_024.0;
    vec![
        amount("invocations", writes + queries + upkeep, "invocations", prices.lambda_request_usd_per_million / 1e6),
        amount("time of functions", gb_seconds, "GB-seconds", prices.lambda_gb_second_usd),
    ]
}
