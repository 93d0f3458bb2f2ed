//! Where the runtime interface emulator is.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const PROGRAM: &str = "aws-lambda-rie";

/// The runtime interface emulator: Lambda's own Runtime API, with one environment a process.
#[derive(Clone, Debug)]
pub struct Emulator {
    program: PathBuf,
}

impl Emulator {
    /// The one that `$TIDEWELL_LAMBDA_RIE` names, else `aws-lambda-rie` from PATH, the Go folder or the cache folder, where
    /// `infra/lambda/rie.sh` puts it. Without any says once that the test is skipped and gives `None`: return from the test
    /// then.
    ///
    /// # Panics
    /// Instead of skipping, where `$TIDEWELL_REQUIRE_LAMBDA` is `1`.
    #[must_use]
    pub fn find_or_skip() -> Option<Self> {
        static FOUND: OnceLock<Option<Emulator>> = OnceLock::new();
        let found = FOUND.get_or_init(|| {
            let program = candidates().into_iter().find(|program| program.is_file());
            if program.is_none() {
                let why = format!("there is no `{PROGRAM}`; infra/lambda/rie.sh installs it");
                let required = std::env::var("TIDEWELL_REQUIRE_LAMBDA").is_ok_and(|value| value == "1");
                assert!(!required, "Lambda tests must run, but {why}");
                eprintln!("Lambda tests skipped: {why}");
            }
            program.map(|program| Self { program })
        });
        found.clone()
    }

    /// The executable.
    pub(super) fn program(&self) -> &PathBuf {
        &self.program
    }
}

fn candidates() -> Vec<PathBuf> {
    if let Some(given) = std::env::var_os("TIDEWELL_LAMBDA_RIE") {
        return vec![PathBuf::from(given)];
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let go = Command::new("go").args(["env", "GOBIN", "GOPATH"]).stderr(Stdio::null()).output().ok();
    let go = go.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let mut lines = go.lines().map(str::trim);
    folders.extend(lines.next().filter(|folder| !folder.is_empty()).map(PathBuf::from));
    folders.extend(lines.next().map(|folder| PathBuf::from(folder).join("bin")));
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(home?.join(".cache")));
    folders.extend(cache.map(|folder| folder.join("tidewell/bin")));
    folders.iter().map(|folder| folder.join(PROGRAM)).collect()
}
