//! What a program says in the config of a reader.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};
use tidewell_csv::{CsvOptions, Decimal, LocalTimes};
use tidewell_types::FieldType;

/// Members of a host's config that say nothing to this reader.
const OF_THE_HOST: [&str; 6] = ["type", "connection", "credentials", "object", "incremental", "engine"];
/// The most rows of a batch unless the config has another number.
const BATCH_ROWS: usize = 10_000;
const SAMPLE_BYTES: usize = 1 << 20;
/// The largest sample, which is held while its columns are looked at.
const SAMPLE_BYTES_MAX: usize = 256 << 20;

/// A list, or a single text that stands for a list of one.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a member that is a text or a list of texts is neither")]
enum Words {
    One(String),
    Many(Vec<String>),
}

impl From<Words> for Vec<String> {
    fn from(words: Words) -> Self {
        match words {
            Words::One(word) => vec![word],
            Words::Many(words) => words,
        }
    }
}

/// One entry of `files`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "an entry of files is no path, and no object with a path")]
enum FileEntry {
    Path(String),
    /// As Dativo has them; other members are the host's.
    Named {
        #[serde(alias = "file")]
        path: String,
    },
}

/// The members as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Given {
    path: Option<String>,
    files: Option<Vec<FileEntry>>,
    #[serde(alias = "batch_rows_max")]
    batch_size: Option<usize>,
    batch_bytes_max: Option<usize>,
    sample_bytes: Option<usize>,
    rejected_rows_max: Option<u64>,
    rejected_listed_max: Option<usize>,
    record_bytes_max: Option<usize>,
    delimiter: Option<String>,
    quote: Option<String>,
    header: Option<bool>,
    column_names: Option<Vec<String>>,
    skip_lines: Option<u64>,
    decimal: Option<String>,
    #[serde(alias = "na_values")]
    na: Option<Words>,
    #[serde(alias = "time_column")]
    time_columns: Option<Words>,
    time_format: Option<String>,
    timezone: Option<String>,
    local_times: Option<String>,
    tags: Option<Words>,
    skip_columns: Option<Words>,
    types: Option<BTreeMap<String, String>>,
}

/// What to read, and how.
#[derive(Clone, Debug)]
pub(crate) struct ReaderConfig {
    /// At least one, in the order in which they are read.
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) csv: CsvOptions,
    /// How much of a file decides its columns.
    pub(crate) sample_bytes: usize,
    /// More rejected rows of one file than these are an error.
    pub(crate) rejected_rows_max: u64,
}

impl ReaderConfig {
    /// Reads a config: a JSON object with the members of the header's list, at its top or, as Dativo has them, under
    /// `engine.options`, where unknown ones are the host's.
    pub(crate) fn from_json(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("the config is no JSON: {error}"))?;
        let Value::Object(mut members) = value else {
            return Err("the config is no JSON object: write it like {\"path\": \"rows.csv\"}".to_owned());
        };
        take_engine_options(&mut members);
        for name in OF_THE_HOST {
            members.remove(name);
        }
        members.retain(|_, value| !value.is_null());
        let given: Given =
            serde_json::from_value(Value::Object(members)).map_err(|error| format!("the config: {error}"))?;
        given.check()
    }
}

/// Moves what `engine.options` says to the top, where it does not say otherwise.
fn take_engine_options(members: &mut Map<String, Value>) {
    let Some(Value::Object(options)) = members.get_mut("engine").and_then(|engine| engine.get_mut("options")) else {
        return;
    };
    let options = std::mem::take(options);
    for (name, value) in options {
        if OWN.contains(&name.as_str()) && !members.contains_key(&name) {
            members.insert(name, value);
        }
    }
}

/// Members that a host may give under `engine.options`.
const OWN: [&str; 23] = [
    "batch_size",
    "batch_rows_max",
    "batch_bytes_max",
    "sample_bytes",
    "rejected_rows_max",
    "rejected_listed_max",
    "record_bytes_max",
    "delimiter",
    "quote",
    "header",
    "column_names",
    "skip_lines",
    "decimal",
    "na",
    "na_values",
    "time_columns",
    "time_column",
    "time_format",
    "timezone",
    "local_times",
    "tags",
    "skip_columns",
    "types",
];

impl Given {
    fn check(self) -> Result<ReaderConfig, String> {
        let paths: Vec<PathBuf> = match (&self.path, &self.files) {
            (Some(path), None) => vec![PathBuf::from(path)],
            (None, Some(files)) if !files.is_empty() => files.iter().map(FileEntry::path).collect(),
            _ => return Err("the config names no file: give either path, or files with one path or more".to_owned()),
        };
        let sample_bytes = self.sample_bytes.unwrap_or(SAMPLE_BYTES);
        if !(1..=SAMPLE_BYTES_MAX).contains(&sample_bytes) {
            return Err(format!("sample_bytes is 1 to {SAMPLE_BYTES_MAX}, not {sample_bytes}"));
        }
        let rejected_rows_max = self.rejected_rows_max.unwrap_or(0);
        Ok(ReaderConfig { paths, csv: self.csv()?, sample_bytes, rejected_rows_max })
    }

    fn csv(self) -> Result<CsvOptions, String> {
        let default = CsvOptions::default();
        let words = |words: Option<Words>| words.map(Vec::from).unwrap_or_default();
        let mut types = Vec::new();
        for (column, name) in self.types.unwrap_or_default() {
            types.push((column, field_type(&name)?));
        }
        let time_columns = words(self.time_columns);
        Ok(CsvOptions {
            delimiter: self.delimiter.as_deref().map_or(Ok(None), delimiter)?,
            quote: self.quote.as_deref().map_or(Ok(default.quote), quote)?,
            header: self.header,
            column_names: self.column_names,
            skip_lines: self.skip_lines.unwrap_or(default.skip_lines),
            decimal: self.decimal.as_deref().map_or(Ok(default.decimal), decimal)?,
            missing: self.na.map(Vec::from),
            without_time: time_columns.is_empty(),
            time_columns,
            time_format: or_default(self.time_format)?,
            timezone: or_default(self.timezone)?,
            local_times: self.local_times.as_deref().map_or(Ok(default.local_times), local_times)?,
            tags: words(self.tags),
            skip_columns: words(self.skip_columns),
            column_types: types,
            record_bytes_max: self.record_bytes_max.unwrap_or(default.record_bytes_max),
            rejected_listed_max: self.rejected_listed_max.unwrap_or(default.rejected_listed_max),
            batch_rows_max: self.batch_size.unwrap_or(BATCH_ROWS),
            batch_bytes_max: self.batch_bytes_max.unwrap_or(default.batch_bytes_max),
        })
    }
}

impl FileEntry {
    fn path(&self) -> PathBuf {
        match self {
            Self::Path(path) | Self::Named { path } => PathBuf::from(path),
        }
    }
}

fn or_default<T: std::str::FromStr + Default>(text: Option<String>) -> Result<T, String>
where
    T::Err: std::fmt::Display,
{
    text.map_or_else(|| Ok(T::default()), |text| text.parse().map_err(|error: T::Err| error.to_string()))
}

/// One byte; `tab` or `\t` for a tab, and `auto` for the one that divides most records alike.
fn delimiter(text: &str) -> Result<Option<u8>, String> {
    match text.as_bytes() {
        b"auto" => Ok(None),
        b"tab" | b"\\t" => Ok(Some(b'\t')),
        [byte] => Ok(Some(*byte)),
        _ => Err(format!("delimiter {text:?} is not one ASCII character: give one, tab, or auto")),
    }
}

fn quote(text: &str) -> Result<Option<u8>, String> {
    match text.as_bytes() {
        [] | b"none" => Ok(None),
        [byte] => Ok(Some(*byte)),
        _ => Err(format!("quote {text:?} is not one ASCII character: give one, or none")),
    }
}

fn decimal(text: &str) -> Result<Decimal, String> {
    match text {
        "auto" => Ok(Decimal::Auto),
        "." | "point" => Ok(Decimal::Point),
        "," | "comma" => Ok(Decimal::Comma),
        _ => Err(format!("decimal {text:?} is none of auto, point (.) and comma (,)")),
    }
}

fn local_times(text: &str) -> Result<LocalTimes, String> {
    match text {
        "refuse" => Ok(LocalTimes::Refuse),
        "earlier" => Ok(LocalTimes::Earlier),
        "later" => Ok(LocalTimes::Later),
        _ => Err(format!("local_times {text:?} is none of refuse, earlier and later")),
    }
}

fn field_type(text: &str) -> Result<FieldType, String> {
    let types =
        [FieldType::Float, FieldType::Integer, FieldType::Unsigned, FieldType::Boolean, FieldType::String].into_iter();
    let names = || types.clone().map(FieldType::name).collect::<Vec<_>>().join(", ");
    types.clone().find(|known| known.name() == text).ok_or_else(|| format!("type {text:?} is none of {}", names()))
}

#[cfg(test)]
mod tests;
