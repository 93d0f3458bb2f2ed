//! One invocation: its name, and how long it may take.

use std::time::Duration;

use lambda_runtime::Context;
use tidewell_env::Env;

/// What the Runtime API says beside the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// Lambda's name for the invocation; the same one when Lambda repeats it.
    pub request_id: String,
    /// When the process is killed, in milliseconds since 1970.
    pub deadline_ms: u64,
    /// The function, with its version or alias.
    pub function_arn: String,
    /// The X-Ray trace that the invocation belongs to.
    pub trace_id: Option<String>,
}

impl Invocation {
    pub(crate) fn of(context: &Context) -> Self {
        Self {
            request_id: context.request_id.clone(),
            deadline_ms: context.deadline,
            function_arn: context.invoked_function_arn.clone(),
            trace_id: context.xray_trace_id.clone(),
        }
    }

    /// How long the process has until it is killed; zero afterwards.
    #[must_use]
    pub fn left(&self, env: &Env) -> Duration {
        let since_epoch_ns = u64::try_from(env.now().as_ns()).unwrap_or_default();
        Duration::from_millis(self.deadline_ms).saturating_sub(Duration::from_nanos(since_epoch_ns))
    }

    /// The idempotency key of a request that has none of its own: a repeated invocation counts once.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        format!("lambda:{}", self.request_id)
    }
}

#[cfg(test)]
mod tests;
