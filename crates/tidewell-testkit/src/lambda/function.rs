//! What an environment runs, and with which settings.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::S3;
use crate::server::is_ours;

/// A function: its executable and its variables.
#[derive(Clone, Debug)]
pub struct Function {
    bootstrap: PathBuf,
    variables: Vec<(String, String)>,
}

impl Function {
    /// The executable with a timeout of 60 s and 1024 MB.
    #[must_use]
    pub fn new(bootstrap: impl AsRef<Path>) -> Self {
        let function = Self { bootstrap: bootstrap.as_ref().to_owned(), variables: Vec::new() };
        function.variable("AWS_LAMBDA_FUNCTION_NAME", "tidewell").timeout_s(60).memory_mb(1024)
    }

    /// Sets a variable of the environment; the last value of a name counts.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Puts the store into a bucket and its log beside it.
    #[must_use]
    pub fn s3(mut self, s3: &S3) -> Self {
        self.variables.extend(s3.variables());
        self.variable("TIDEWELL_STORE", &s3.store_url())
    }

    /// How long an invocation may take.
    #[must_use]
    pub fn timeout_s(self, timeout_s: u32) -> Self {
        self.variable("AWS_LAMBDA_FUNCTION_TIMEOUT", &timeout_s.to_string())
    }

    /// The memory that the function is told it has; nothing here enforces it.
    #[must_use]
    pub fn memory_mb(self, memory_mb: u32) -> Self {
        self.variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory_mb.to_string())
    }

    /// The executable.
    pub(super) fn bootstrap(&self) -> &Path {
        &self.bootstrap
    }

    /// Gives a command the variables, and keeps from it what the environment of the test says.
    pub(super) fn set_variables(&self, command: &mut Command) {
        let leaks = |name: &str| is_ours(name) || name.starts_with("LAMBDA_") || name == "LOG_LEVEL";
        for (name, _) in std::env::vars_os().filter(|(name, _)| leaks(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().cloned());
    }
}
