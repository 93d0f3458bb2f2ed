//! Writes and queries TSBS-like data through the engine: `cargo bench -p tidewell-cli --bench tsbs [-- HOSTS STEPS]`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, missing_docs)]

mod workload;

use workload::{Size, run};

fn main() {
    let numbers: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let size = match numbers.as_slice() {
        [hosts, steps, ..] => Size { hosts: *hosts, steps: *steps },
        _ => Size { hosts: 100, steps: 2_000 },
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!("{}", runtime.block_on(run(size)));
}
