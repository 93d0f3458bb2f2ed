//! Counts of requests, by route and status, and how long they took.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::exposition::Exposition;
use crate::router::ROUTES;

/// The upper bounds of the histogram's buckets, in seconds.
pub(crate) const BUCKETS_S: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Requests for what is no route count together, so that the names in a metric stay few.
const OTHER_ROUTE: &str = "other";

#[derive(Debug, Default)]
struct RouteTraffic {
    statuses: BTreeMap<u16, u64>,
    /// Requests within each bucket's bound and above the one before it; the last is those above all bounds.
    buckets: [u64; BUCKETS_S.len() + 1],
    seconds: f64,
    count: u64,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    routes: Mutex<BTreeMap<&'static str, RouteTraffic>>,
    body_bytes: AtomicU64,
    answers_broken: AtomicU64,
}

impl Traffic {
    /// Notes a request that was answered; returns the name its route is counted under.
    pub(crate) fn note(&self, path: Option<&str>, status: u16, elapsed: Duration) -> &'static str {
        let route = ROUTES.iter().find(|route| path == Some(**route)).copied().unwrap_or(OTHER_ROUTE);
        let seconds = elapsed.as_secs_f64();
        let bucket = BUCKETS_S.partition_point(|bound| *bound < seconds);
        let mut routes = self.routes.lock();
        let traffic = routes.entry(route).or_default();
        *traffic.statuses.entry(status).or_default() += 1;
        traffic.buckets[bucket] += 1;
        traffic.seconds += seconds;
        traffic.count += 1;
        route
    }

    /// Notes a request body that was taken, in bytes after decompression.
    pub(crate) fn count_body(&self, bytes: usize) {
        self.body_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Notes an answer that failed after its first bytes were sent.
    pub(crate) fn count_broken_answer(&self) {
        self.answers_broken.fetch_add(1, Ordering::Relaxed);
    }

    /// Appends the counts.
    pub(crate) fn expose(&self, out: &mut Exposition) {
        let routes = self.routes.lock();
        out.family("tidewell_http_requests_total", "counter", "HTTP requests answered.");
        for (route, traffic) in &*routes {
            for (status, count) in &traffic.statuses {
                let status = status.to_string();
                out.sample("tidewell_http_requests_total", &[("route", route), ("status", &status)], *count as f64);
            }
        }
        const SECONDS: &str = "tidewell_http_request_duration_seconds";
        out.family(SECONDS, "histogram", "Time from a request's head to its reply's head.");
        for (route, traffic) in &*routes {
            let mut within = 0;
            for (bound, count) in BUCKETS_S.iter().map(f64::to_string).chain(["+Inf".to_owned()]).zip(traffic.buckets) {
                within += count;
                out.sample(&format!("{SECONDS}_bucket"), &[("route", route), ("le", &bound)], within as f64);
            }
            out.sample(&format!("{SECONDS}_sum"), &[("route", route)], traffic.seconds);
            out.sample(&format!("{SECONDS}_count"), &[("route", route)], traffic.count as f64);
        }
        out.counter(
            "tidewell_http_request_body_bytes_total",
            "Bytes of request bodies taken, after decompression.",
            self.body_bytes.load(Ordering::Relaxed),
        );
        out.counter(
            "tidewell_http_answers_broken_total",
            "Answers that failed after their first bytes were sent.",
            self.answers_broken.load(Ordering::Relaxed),
        );
    }
}
