//! Runs readers on one file, each in a process of its own, and says how fast each is and how much memory it takes.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::two_threads::Sums;

/// The head of the report whose lines are [`Outcome::line`].
pub(crate) const HEADER: &str = "reader                    | million rows/s | seconds | beside ours | CPU seconds | beside ours | peak MiB | at start";

/// The readers of `peers.py`.
pub(crate) const PEERS: [&str; 3] = ["polars", "duckdb", "pyarrow"];

/// What one process came to.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) reader: String,
    pub(crate) seconds: f64,
    /// Of all threads: what does not depend on what else the machine does.
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_bytes: u64,
    pub(crate) start_bytes: u64,
    pub(crate) sums: Sums,
}

impl Outcome {
    /// From what a process printed; `None` where its library is missing.
    pub(crate) fn from_json(reader: &str, text: &str) -> Option<Self> {
        let said: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{reader}: {error}: {text}"));
        if let Some(missing) = said["missing"].as_str() {
            println!("skipped {reader}: {missing}");
            return None;
        }
        let number = |name: &str| said[name].as_f64().unwrap_or_else(|| panic!("{reader}: no {name}: {text}"));
        let whole = |name: &str| said[name].as_i64().unwrap_or_else(|| panic!("{reader}: no {name}: {text}"));
        let count = |name: &str| u64::try_from(whole(name)).unwrap();
        let version = said["version"].as_str().unwrap_or_default();
        Some(Self {
            reader: format!("{reader} {version}").trim().to_owned(),
            seconds: number("seconds"),
            cpu_seconds: number("cpu_seconds"),
            peak_bytes: count("peak_bytes"),
            start_bytes: count("start_bytes"),
            sums: Sums {
                rows: count("rows"),
                floats: number("floats"),
                integers: whole("integers"),
                first_ms: whole("first_ms"),
                last_ms: whole("last_ms"),
            },
        })
    }

    /// The line of the report.
    pub(crate) fn line(&self, ours: &Self) -> String {
        format!(
            "{:<25} | {:>14.2} | {:>7.3} | {:>10.2}x | {:>11.2} | {:>10.2}x | {:>8.0} | {:>8.0}",
            self.reader,
            self.sums.rows as f64 / self.seconds / 1e6,
            self.seconds,
            self.seconds / ours.seconds,
            self.cpu_seconds,
            self.cpu_seconds / ours.cpu_seconds,
            self.peak_bytes as f64 / f64::from(1 << 20),
            self.start_bytes as f64 / f64::from(1 << 20),
        )
    }

    /// Refuses one that read something else.
    ///
    /// # Panics
    /// Panics when the sums differ by more than rounding.
    pub(crate) fn assert_like(&self, other: &Self) {
        let (ours, theirs) = (self.sums, other.sums);
        assert!((ours.floats - theirs.floats).abs() < 1e-6 * theirs.floats.abs(), "{self} is not {other}");
        assert_eq!(Sums { floats: 0.0, ..ours }, Sums { floats: 0.0, ..theirs }, "{self} is not {other}");
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.reader, self.sums)
    }
}

/// Runs a reader in Python; `None`, with a printed word, where there is none.
pub(crate) fn run_peer(reader: &str, file: &Path) -> Option<Outcome> {
    let Some(python) = python() else {
        println!("skipped {reader}: TIDEWELL_TEST_PYTHON names no Python");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/measure/peers.py");
    let output = Command::new(python).arg(script).arg(reader).arg(file).output().unwrap();
    assert!(output.status.success(), "{reader}: {}", String::from_utf8_lossy(&output.stderr));
    Outcome::from_json(reader, &String::from_utf8(output.stdout).unwrap())
}

fn python() -> Option<OsString> {
    std::env::var_os("TIDEWELL_TEST_PYTHON").filter(|python| !python.is_empty())
}

/// What all threads of this process have used so far; the kernel counts hundredths of a second.
pub(crate) fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may hold spaces: user and system time are the 12th and 13th.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// A figure of this process, in bytes: `VmRSS`, what it holds, or `VmHWM`, the most that it held.
pub(crate) fn resident_bytes(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() * 1024
}
