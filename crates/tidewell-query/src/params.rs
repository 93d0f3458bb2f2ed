//! Values for the `$name` places of a statement.

use std::collections::{BTreeMap, HashMap};

use datafusion::common::{ParamValues, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;
use tidewell_types::TimestampNs;

/// A value for a `$name` place of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamValue {
    /// NULL
    Null,
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number that may be beyond `i64`.
    Unsigned(u64),
    /// A number.
    Float(f64),
    /// Text, which also stands for an instant where one is compared.
    String(String),
    /// An instant.
    Time(TimestampNs),
}

impl From<ParamValue> for ScalarValue {
    fn from(value: ParamValue) -> Self {
        match value {
            ParamValue::Null => Self::Null,
            ParamValue::Boolean(value) => Self::Boolean(Some(value)),
            ParamValue::Integer(value) => Self::Int64(Some(value)),
            ParamValue::Unsigned(value) => Self::UInt64(Some(value)),
            ParamValue::Float(value) => Self::Float64(Some(value)),
            ParamValue::String(value) => Self::Utf8(Some(value)),
            ParamValue::Time(value) => Self::TimestampNanosecond(Some(value.as_ns()), None),
        }
    }
}

/// Puts the values in their places; a place without a value is an error, a value without a place is not.
pub(crate) fn bind(plan: LogicalPlan, params: BTreeMap<String, ParamValue>) -> Result<LogicalPlan> {
    let values: HashMap<String, ScalarValue> = params.into_iter().map(|(name, value)| (name, value.into())).collect();
    plan.with_param_values(ParamValues::from(values))
}
