//! Why an invocation gave no answer.

use serde_json::Value;

/// What became of an invocation without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvokeError {
    /// The function reported an error and lives on.
    Function {
        /// `errorType`
        kind: String,
        /// `errorMessage`
        message: String,
    },
    /// The function ended in the middle or within its init; the next invocation starts it anew.
    Ended(String),
    /// The function took longer than its timeout and was killed; the next invocation starts it anew.
    TimedOut(String),
    /// The emulator refused, with its status and text.
    Refused(u16, String),
    /// Nothing answers at the emulator's port any more.
    Gone(String),
}

impl InvokeError {
    /// The error in an answer of the emulator, if there is one: it says 200 to errors of the function.
    pub(super) fn of(status: u16, body: &[u8]) -> Option<Self> {
        let text = || String::from_utf8_lossy(body).into_owned();
        let told = serde_json::from_slice(body).ok().and_then(|value| Self::told(&value));
        match (status, told) {
            (200, told) => told.or_else(|| body.starts_with(b"Task timed out after").then(|| Self::TimedOut(text()))),
            // With nothing to say where it ended within its init.
            (502, _) => Some(Self::Ended(text())),
            _ => Some(Self::Refused(status, text())),
        }
    }

    /// The error that a function told.
    pub(super) fn told(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Self::Function { kind: text("errorType")?, message: text("errorMessage")? })
    }

    /// `errorType` and `errorMessage` of an error that the function reported.
    ///
    /// # Panics
    /// When it is another error.
    #[must_use]
    pub fn expect_function(self) -> (String, String) {
        match self {
            Self::Function { kind, message } => (kind, message),
            other => panic!("the function reported no error: {other:?}"),
        }
    }
}
