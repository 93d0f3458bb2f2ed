//! Maintenance: which verbs, on which database.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Failure;

/// A verb of maintenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// The log into segments.
    Fold,
    /// Tables that are aggregates of others brought up to date.
    Rollup,
    /// Small segments into large ones.
    Compact,
    /// Old segments rewritten for little space.
    Tier,
    /// Rows past their retention out of sight.
    Expire,
    /// What nobody needs deleted.
    Gc,
}

impl Verb {
    /// All verbs, in the order in which a scheduled event runs them.
    pub const ALL: [Self; 6] = [Self::Fold, Self::Rollup, Self::Compact, Self::Tier, Self::Expire, Self::Gc];

    /// The verb as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fold => "fold",
            Self::Rollup => "rollup",
            Self::Compact => "compact",
            Self::Tier => "tier",
            Self::Expire => "expire",
            Self::Gc => "gc",
        }
    }
}

/// What to maintain.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerbsCall {
    /// The verbs, run in this order; at least one.
    pub verbs: Vec<Verb>,
    /// The database; all of them where none is named.
    #[serde(default)]
    pub db: Option<String>,
}

impl VerbsCall {
    /// All verbs on all databases.
    pub(crate) fn all() -> Self {
        Self { verbs: Verb::ALL.to_vec(), db: None }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    tidewell: VerbsCall,
}

/// The call in `{"tidewell": {"verbs": […], "db": …}}`.
pub(crate) fn decode(event: Value) -> Result<VerbsCall, Failure> {
    let refused = |what: &dyn std::fmt::Display| {
        Failure::invalid(format!(
            "maintenance that cannot be understood: {what}; send {{\"tidewell\": {{\"verbs\": [\"fold\", …], \"db\": \"…\"}}}}"
        ))
    };
    let Envelope { tidewell: call } = serde_json::from_value(event).map_err(|error| refused(&error))?;
    if call.verbs.is_empty() {
        return Err(refused(&"it names no verb"));
    }
    Ok(call)
}

#[cfg(test)]
mod tests;
