//! The functions of the JSON API.

use crate::QueryError;

/// A function over the values of one field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Function {
    Mean,
    Sum,
    Min,
    Max,
    Count,
    First,
    Last,
    StdDev,
    Variance,
    Median,
    /// 0 to 100
    Percentile(f64),
}

impl Function {
    /// Reads a function's name; `percentile` is the query's own, for names that do not hold it.
    pub(super) fn parse(text: &str, percentile: Option<f64>) -> Result<Self, QueryError> {
        let word: String = text.chars().filter(|c| !matches!(c, '_' | ' ')).collect::<String>().to_lowercase();
        let digits = word.strip_prefix("percentile").or_else(|| word.strip_prefix('p')).filter(|rest| !rest.is_empty());
        if let Some(percentile) = digits.and_then(|digits| digits.parse().ok()) {
            return checked(percentile);
        }
        Ok(match word.as_str() {
            "mean" | "avg" | "average" => Self::Mean,
            "sum" => Self::Sum,
            "min" => Self::Min,
            "max" => Self::Max,
            "count" => Self::Count,
            "first" => Self::First,
            "last" => Self::Last,
            "stddev" => Self::StdDev,
            "variance" => Self::Variance,
            "median" => Self::Median,
            "percentile" => {
                let missing = || QueryError::Invalid("Percentile needs \"percentile\", 0 to 100".to_owned());
                return checked(percentile.ok_or_else(missing)?);
            }
            _ => {
                return Err(QueryError::Invalid(format!(
                    "unknown function {text:?}: there are Mean, Sum, Min, Max, Count, First, Last, StdDev, Median, \
                     Percentile and Variance"
                )));
            }
        })
    }

    /// Its name in the name of a result.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Count => "count",
            Self::First => "first",
            Self::Last => "last",
            Self::StdDev => "stddev",
            Self::Variance => "variance",
            Self::Median => "median",
            Self::Percentile(_) => "percentile",
        }
    }

    /// Whether it computes with numbers, so that text and truth values have no result.
    pub(super) const fn is_arithmetic(self) -> bool {
        !matches!(self, Self::Min | Self::Max | Self::Count | Self::First | Self::Last)
    }
}

fn checked(percentile: f64) -> Result<Function, QueryError> {
    if (0.0..=100.0).contains(&percentile) {
        return Ok(Function::Percentile(percentile));
    }
    Err(QueryError::Invalid(format!("{percentile} is no percentile: give 0 to 100")))
}
