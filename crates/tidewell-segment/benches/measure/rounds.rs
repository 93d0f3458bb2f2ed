//! What rounds of work take, each kind of work in a process of its own.
//!
//! Memory that one kind of work leaves with the allocator would hide what the next takes, as reading hides writing.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

pub(crate) const ROUNDS: usize = 3;
/// Set in a process that measures one kind of work: what its own bench needs to know.
const ONE: &str = "TIDEWELL_BENCH_ONE";

/// What the rounds took; as text its parts, told apart by blanks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// The fastest round.
    pub(crate) seconds: f64,
    /// Memory of all rounds at the most, above what was held before the first.
    beside_mib: u64,
    /// Memory of the process at the most, from the first round on.
    whole_mib: u64,
}

impl Taken {
    /// Runs this bench again, for `one` kind of work.
    pub(crate) fn by_own_process(one: &str) -> Self {
        Self::by(Command::new(std::env::current_exe().unwrap()).env(ONE, one)).unwrap()
    }

    /// Runs a script of Python for one kind of work; says on stdout if it can't run.
    pub(crate) fn by_python(script: &str, arguments: &[&str]) -> Option<Self> {
        // The Python with the peers.
        let python = std::env::var("TIDEWELL_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        Self::by(Command::new(python).arg("-c").arg(script).args(arguments).arg(ROUNDS.to_string()))
    }

    fn by(command: &mut Command) -> Option<Self> {
        let output = match command.output() {
            Ok(output) => output,
            Err(error) => {
                println!("skipped: {} does not run: {error}", command.get_program().display());
                return None;
            }
        };
        if !output.status.success() {
            println!("skipped or failed: {}", String::from_utf8_lossy(&output.stderr));
            return None;
        }
        let text = String::from_utf8(output.stdout).unwrap();
        let [seconds, beside_mib, whole_mib] = text.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{text}")
        };
        let [beside_mib, whole_mib] = [beside_mib, whole_mib].map(|mib| mib.parse().unwrap());
        Some(Self { seconds: seconds.parse().unwrap(), beside_mib, whole_mib })
    }

    /// One line of a report.
    pub(crate) fn line(&self, name: &str, rows: usize, file: &Path) -> String {
        let Self { seconds, beside_mib, whole_mib } = self;
        let (rate, file_mb) = (rows as f64 / seconds / 1e6, std::fs::metadata(file).unwrap().len() as f64 / 1e6);
        format!(
            "{name:<24} {seconds:>7.3} s {rate:>8.2} M rows/s  memory +{beside_mib:>5} MiB to {whole_mib:>5} MiB  file {file_mb:>7.1} MB"
        )
    }
}

/// How many rows to measure: a few in a debug build, unless `TIDEWELL_BENCH_FULL` or `TIDEWELL_BENCH_ROWS` says otherwise.
pub(crate) fn row_count() -> usize {
    let is_full = !cfg!(debug_assertions) || std::env::var_os("TIDEWELL_BENCH_FULL").is_some_and(|value| value == "1");
    let count = std::env::var("TIDEWELL_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok());
    count.unwrap_or(if is_full { 10_000_000 } else { 20_000 })
}

/// What this process was started to measure; nothing where it is the bench itself.
pub(crate) fn one() -> Option<String> {
    std::env::var(ONE).ok()
}

/// Runs `round` [`ROUNDS`] times.
pub(crate) fn taken(mut round: impl FnMut()) -> Taken {
    // Linux: makes the peak what is held.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let held_kib = status_kib("VmRSS:");
    let mut timed = || {
        let start = Instant::now();
        round();
        start.elapsed().as_secs_f64()
    };
    let seconds = (0..ROUNDS).map(|_| timed()).fold(f64::INFINITY, f64::min);
    let whole_kib = status_kib("VmHWM:");
    Taken { seconds, beside_mib: whole_kib.saturating_sub(held_kib) / 1024, whole_mib: whole_kib / 1024 }
}

/// The same in a process of its own: prints what [`Taken`] reads.
pub(crate) fn measure(round: impl FnMut()) {
    let Taken { seconds, beside_mib, whole_mib } = taken(round);
    println!("{seconds} {beside_mib} {whole_mib}");
}

fn status_kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
