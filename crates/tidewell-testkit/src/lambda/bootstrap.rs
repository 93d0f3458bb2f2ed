//! The function's process alone, under a Runtime API of our own.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::group::{self, Group};
use super::{Function, RuntimeApi};
use crate::deadline::wait_for;

/// A running function. Dropping it kills it. When the whole test process dies, so does its Runtime API, and with it the
/// function.
#[derive(Debug)]
pub struct Bootstrap {
    group: Group,
    folder: TempDir,
}

impl Bootstrap {
    /// Starts it, in a folder of its own.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn start(function: &Function, api: &RuntimeApi) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the function");
        let log = File::create(folder.path().join("log")).expect("a file for the log");
        let mut command = Command::new(function.bootstrap());
        function.set_variables(&mut command);
        // As Lambda sets them.
        command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
        command.env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/tidewell").env("AWS_LAMBDA_LOG_STREAM_NAME", "stream");
        command.current_dir(folder.path()).stdin(Stdio::null());
        command.stdout(log.try_clone().expect("a second handle of the log")).stderr(log);
        Self { group: Group::start(&mut command), folder }
    }

    /// Kills it as a crash would, and waits until it is gone.
    pub fn kill(&mut self) {
        self.group.kill();
    }

    /// Sends it a signal, named as `kill` names it, like `TERM`.
    pub fn signal(&self, name: &str) {
        group::signal(name, &[self.group.id().to_string()]);
    }

    /// Its status, waited for as long as `patience`. Blocks.
    pub fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        wait_for(patience, || self.group.status())
    }

    /// The most memory that it had at any time, in bytes, while it runs.
    #[must_use]
    pub fn memory_peak_bytes(&self) -> Option<u64> {
        group::memory_peak_bytes(self.group.id())
    }

    /// What it has said.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    /// The file that has it.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl Drop for Bootstrap {
    fn drop(&mut self) {
        self.group.kill();
        if std::thread::panicking() {
            eprintln!("the log of the function:\n{}", self.log());
        }
    }
}
