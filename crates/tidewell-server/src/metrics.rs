//! `GET /metrics`: counters for Prometheus.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use tidewell_engine::{DatabaseStatus, Status};

use crate::app::{COMMIT, Shared, VERSION};
use crate::exposition::{self, Exposition};

/// The counters of this process.
pub(crate) async fn metrics(State(app): State<Shared>) -> Response {
    let mut page = Exposition::default();
    page.family("tidewell_build_info", "gauge", "The version that runs; always 1.");
    page.sample("tidewell_build_info", &[("version", VERSION), ("commit", COMMIT)], 1.0);
    page.gauge("tidewell_uptime_seconds", "Time since the start.", app.uptime().as_secs_f64());
    page.gauge("tidewell_ready", "Whether requests are taken.", f64::from(u8::from(app.is_ready())));
    page.gauge("tidewell_http_bodies_held_bytes", "Bytes of request bodies held now.", app.bodies.bytes() as f64);
    app.traffic.expose(&mut page);
    let status = app.engine.status();
    expose_work(&status, &mut page);
    expose_store(&status, &mut page);
    expose_spending(&status, &mut page);
    expose_databases(&status.databases, &mut page);
    ([(CONTENT_TYPE, HeaderValue::from_static(exposition::CONTENT_TYPE))], page.finish()).into_response()
}

fn expose_work(status: &Status, page: &mut Exposition) {
    page.counter("tidewell_lines_accepted_total", "Lines stored.", status.lines_accepted);
    page.counter("tidewell_lines_rejected_total", "Lines refused.", status.lines_rejected);
    page.counter("tidewell_write_body_bytes_total", "Bytes of line protocol, decompressed.", status.body_bytes);
    page.counter("tidewell_queries_total", "Queries, failed ones included.", status.queries);
    page.counter("tidewell_queries_failed_total", "Queries that failed before their first row.", status.queries_failed);
    page.counter("tidewell_folds_total", "Folds that made segments.", status.folds);
    page.counter("tidewell_folds_failed_total", "Folds that failed.", status.folds_failed);
    page.counter("tidewell_folded_rows_total", "Rows that folds made part of segments.", status.rows_folded);
    page.counter("tidewell_cache_hits_total", "Reads that the cache answered.", status.cache_hits);
    page.counter("tidewell_cache_misses_total", "Reads that the cache did not answer.", status.cache_misses);
    page.gauge("tidewell_cache_bytes", "Bytes that the cache holds.", status.cache_bytes as f64);
}

fn expose_store(status: &Status, page: &mut Exposition) {
    const REQUESTS: &str = "tidewell_store_requests_total";
    let requests = &status.requests;
    page.family(REQUESTS, "counter", "Requests to the store.");
    for (kind, count) in [
        ("get", requests.gets),
        ("head", requests.heads),
        ("put", requests.puts),
        ("list", requests.lists),
        ("delete", requests.deletes),
        ("other", requests.others),
    ] {
        page.sample(REQUESTS, &[("kind", kind)], count as f64);
    }
    page.counter("tidewell_store_received_bytes_total", "Bytes received from the store.", requests.bytes_in);
    page.counter("tidewell_store_sent_bytes_total", "Bytes sent to the store.", requests.bytes_out);
    page.family(
        "tidewell_store_price_usd_total",
        "counter",
        "What the requests cost at S3 list prices, in US dollars.",
    );
    page.sample("tidewell_store_price_usd_total", &[], requests.price_usd);
}

/// Dollars by table and by what for; tables beyond the ledger's thousand have one sample together.
fn expose_spending(status: &Status, page: &mut Exposition) {
    const SPENT: &str = "tidewell_spent_usd_total";
    page.family(SPENT, "counter", "What the requests of a table cost, in US dollars.");
    let spending = &status.spending;
    for table in spending.tables.iter().chain([&spending.other_tables]) {
        let (database, name) = (table.database.as_str(), table.table.as_deref().unwrap_or_default());
        let parts = [("write", &table.writes), ("query", &table.queries), ("maintenance", &table.maintenance)];
        for (purpose, part) in parts.into_iter().filter(|(_, part)| part.requests > 0.0) {
            page.sample(SPENT, &[("database", database), ("table", name), ("purpose", purpose)], part.usd);
        }
    }
    let pace = &status.log_pace;
    let interval_s = pace.interval_ms_busy as f64 / 1e3;
    page.gauge("tidewell_log_interval_seconds", "Time between two log objects of a busy writer.", interval_s);
    page.gauge(
        "tidewell_log_projected_usd_month",
        "A month at the pace of the last hour.",
        pace.projected_usd_per_month,
    );
    let budget = pace.budget_usd_per_month.unwrap_or(f64::INFINITY);
    page.gauge("tidewell_budget_usd_month", "The budget for requests; infinite without one.", budget);
    page.gauge("tidewell_budget_overspent_usd", "Spent above the budget for good.", pace.overspent_usd);
}

/// The families with one sample a database: name, help and value.
type DatabaseFamily = (&'static str, &'static str, fn(&DatabaseStatus) -> f64);

const DATABASE_FAMILIES: [DatabaseFamily; 8] = [
    ("tidewell_manifest_version", "The newest manifest version seen.", |database| database.version as f64),
    ("tidewell_tables", "Tables.", |database| database.tables as f64),
    ("tidewell_segments", "Segments.", |database| database.segments as f64),
    ("tidewell_segment_rows", "Rows of the segments.", |database| database.segment_rows as f64),
    ("tidewell_segment_bytes", "Size of the segments.", |database| database.segment_bytes as f64),
    ("tidewell_buffer_rows", "Recent rows in memory.", |database| database.buffer_rows as f64),
    ("tidewell_buffer_bytes", "What the recent rows take.", |database| database.buffer_bytes as f64),
    ("tidewell_wal_entries_unfolded", "WAL entries not folded yet.", |database| database.unfolded_entries as f64),
];

fn expose_databases(databases: &[DatabaseStatus], page: &mut Exposition) {
    for (name, help, value) in DATABASE_FAMILIES {
        page.family(name, "gauge", help);
        for database in databases {
            page.sample(name, &[("database", &database.name)], value(database));
        }
    }
}
