//! Why a command stopped, and the exit code that says so.

use std::io;
use std::process::ExitCode;

use tidewell_engine::EngineError;

/// Why a command stopped before its work was done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Asked for in a way that cannot work; exit code 2.
    Usage(String),
    /// Tried and failed, in part or whole; exit code 1.
    Work {
        /// What failed, one line.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// Whoever read our output has gone, which is no failure; exit code 0.
    ReaderGone,
}

impl Failure {
    /// Failed work whose message says all there is to say.
    pub(crate) fn work(message: impl Into<String>) -> Self {
        Self::Work { message: message.into(), hint: None }
    }

    /// Failed work with advice.
    pub(crate) fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Work { message: message.into(), hint: Some(hint.into()) }
    }

    /// A failed read or write of `name`; a reader that hung up is told apart.
    pub(crate) fn io(name: &str, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ReaderGone;
        }
        Self::work(format!("{name}: {error}"))
    }

    /// Says it on stderr and turns it into the exit code.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Usage(message) => {
                eprintln!("error: {}", one_line(&message));
                ExitCode::from(2)
            }
            Self::Work { message, hint } => {
                eprintln!("error: {}", one_line(&message));
                if let Some(hint) = hint {
                    eprintln!("hint: {}", one_line(&hint));
                }
                ExitCode::FAILURE
            }
            Self::ReaderGone => ExitCode::SUCCESS,
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::work(error.message)
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}
