//! Runs the speed bench small: that it works, and that all readers read the same.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout)]

#[path = "../benches/measure/peers.rs"]
mod peers;
#[path = "../benches/measure/shapes.rs"]
mod shapes;
#[path = "../benches/measure/side_by_side.rs"]
mod side_by_side;
#[path = "../benches/measure/table.rs"]
mod table;
#[path = "../benches/measure/two_threads.rs"]
mod two_threads;

use peers::{Outcome, PEERS, cpu_seconds, resident_bytes, run_peer};
use shapes::Shape;
use side_by_side::{HEADER, Sizes, compare};
use table::{Times, write_table};
use two_threads::{Keep, Sums, read_table};

#[test]
fn bench_small_measures_every_shape() {
    for shape in Shape::ALL {
        let comparison = compare(shape, Sizes::SMALL);
        assert!(comparison.tidewell.as_nanos() > 0 && comparison.reference.as_nanos() > 0);
        assert_eq!(comparison.to_string().matches('|').count(), HEADER.matches('|').count());
    }
}

#[test]
fn bench_small_reads_the_same_beside_others() {
    const ROWS: u64 = 30_000;
    for times in Times::ALL {
        let path = std::env::temp_dir().join(format!("tidewell-speed-{}-{}.csv", std::process::id(), times.name()));
        assert!(write_table(&path, times, ROWS) > 30 * ROWS);
        let ours = [Keep::All, Keep::Nothing].map(|keep| {
            let (sums, time) = read_table(&path, keep);
            let (start_bytes, peak_bytes) = (resident_bytes("VmRSS"), resident_bytes("VmHWM"));
            let (seconds, cpu_seconds) = (time.as_secs_f64(), cpu_seconds());
            Outcome { reader: format!("{keep:?}"), seconds, cpu_seconds, peak_bytes, start_bytes, sums }
        });
        let [all, nothing] = &ours;
        assert_eq!((all.sums.rows, all.sums.first_ms), (ROWS, 1_704_067_200_000));
        assert_eq!(all.sums.last_ms, 1_704_067_200_000 + 1000 * (ROWS as i64 - 1), "no month ends within the rows");
        nothing.assert_like(all);
        for peer in PEERS.iter().filter_map(|peer| run_peer(peer, &path)) {
            peer.assert_like(all);
            assert_eq!(peer.line(all).matches('|').count(), peers::HEADER.matches('|').count());
        }
        std::fs::remove_file(&path).unwrap();
        let wrong = Outcome { sums: Sums { rows: 1, ..all.sums }, ..all.clone() };
        assert!(std::panic::catch_unwind(|| wrong.assert_like(all)).is_err());
    }
}
