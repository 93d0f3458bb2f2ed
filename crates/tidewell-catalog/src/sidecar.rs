//! The YAML file beside the data.

use serde_json::{Map, Value};
use tidewell_segment::foreign::NumberUnit;

/// The longest YAML file that is read, in bytes.
pub(crate) const SIDECAR_BYTES_MAX: u64 = 256 << 10;
/// Longest text and most tags that are kept of it.
const TEXT_CHARS_MAX: usize = 16_384;
const TAGS_MAX: usize = 1_000;

/// The names it may have before `.yaml` or `.yml`, the first that is there counts.
const NAMES: [&str; 7] = ["tidewell", "dataset", "_dataset", "metadata", "_metadata", "dataset_metadata", "catalog"];

/// The rank of a file's name among those of YAML files; `None` where it is none.
pub(crate) fn rank(name: &str) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"))?;
    let known = NAMES.iter().position(|known| stem == *known);
    // `<dataset>_metadata.yaml`, as TS-Indexer has them.
    known.or_else(|| stem.ends_with("_metadata").then_some(NAMES.len()))
}

/// What a YAML file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sidecar {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) series_columns: Option<Vec<String>>,
    pub(crate) time_column: Option<String>,
    pub(crate) time_unit: Option<NumberUnit>,
    pub(crate) time_format: Option<String>,
}

impl Sidecar {
    /// Reads it. Keys that are not known say nothing.
    ///
    /// # Errors
    /// The reason, in one line.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value: Value = serde_saphyr::from_slice(bytes).map_err(|error| one_line(&error.to_string()))?;
        let map = match value {
            Value::Object(map) => map,
            Value::Null => Map::new(),
            _ => return Err("it is no map of names to values".to_owned()),
        };
        let first = |names: &[&'static str]| names.iter().find_map(|name| Some((*name, map.get(*name)?)));
        let text = |names: &[&'static str]| match first(names) {
            None | Some((_, Value::Null)) => Ok(None),
            Some((name, value)) => scalar(value).map(Some).ok_or_else(|| format!("{name} is no text")),
        };
        let time_unit = text(&["time_unit"])?.map(|unit| {
            NumberUnit::by_name(&unit).ok_or_else(|| format!("time_unit {unit:?} is none: use ns, us, ms or s"))
        });
        let mut tags = first(&["tags"]).map_or(Ok(Vec::new()), |(_, value)| tags(value))?;
        for name in ["source", "type"] {
            tags.extend(map.get(name).and_then(scalar).map(|value| (name.to_owned(), value)));
        }
        tags.truncate(TAGS_MAX);
        Ok(Self {
            name: text(&["name", "dataset", "dataset_name"])?.filter(|name| !name.is_empty()),
            description: text(&["description"])?,
            tags,
            series_columns: first(&["series_id", "series_ids", "series_id_columns", "series_columns", "ts_id"])
                .map(|(name, value)| columns(name, value))
                .transpose()?,
            time_column: text(&["time_column", "timestamp_column"])?,
            time_unit: time_unit.transpose()?,
            time_format: text(&["time_format"])?,
        })
    }
}

fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or("it is no YAML").trim().to_owned()
}

fn scalar(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is) => is.to_string(),
        _ => return None,
    };
    Some(text.chars().take(TEXT_CHARS_MAX).collect())
}

/// A map of names to values or lists of values, or a list of words.
fn tags(value: &Value) -> Result<Vec<(String, String)>, String> {
    let wrong = || "tags are neither a map of names to values nor a list of words".to_owned();
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(words) => {
            words.iter().map(|word| scalar(word).map(|word| (word, String::new())).ok_or_else(wrong)).collect()
        }
        Value::Object(map) => {
            let mut tags = Vec::new();
            for (name, value) in map {
                match value {
                    Value::Array(values) => {
                        for value in values {
                            tags.push((name.clone(), scalar(value).ok_or_else(wrong)?));
                        }
                    }
                    Value::Null => tags.push((name.clone(), String::new())),
                    value => tags.push((name.clone(), scalar(value).ok_or_else(wrong)?)),
                }
            }
            Ok(tags)
        }
        word => Ok(vec![(scalar(word).ok_or_else(wrong)?, String::new())]),
    }
}

/// A column, a list of columns, or a list of maps with a `name`.
fn columns(name: &str, value: &Value) -> Result<Vec<String>, String> {
    let column = |value: &Value| match value {
        Value::String(column) if !column.is_empty() => Ok(column.clone()),
        Value::Object(map) => {
            let column = map.get("name").and_then(Value::as_str).filter(|column| !column.is_empty());
            column.map(str::to_owned).ok_or_else(|| format!("{name} has an entry without a name"))
        }
        _ => Err(format!("{name} is neither a column nor a list of columns")),
    };
    let columns = match value {
        Value::Null => Vec::new(),
        Value::Array(columns) => columns.iter().map(column).collect::<Result<_, _>>()?,
        one => vec![column(one)?],
    };
    match columns.iter().enumerate().find(|(at, column)| columns.iter().take(*at).any(|before| before == *column)) {
        Some((_, twice)) => Err(format!("{name} has {twice:?} twice")),
        None => Ok(columns),
    }
}

#[cfg(test)]
mod tests;
