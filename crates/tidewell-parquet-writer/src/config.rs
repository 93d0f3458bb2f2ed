//! What a program says in the config of a writer.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};
use tidewell_segment::{ExportCompression, ExportOptions};

use crate::columns::{ColumnSpec, Kind};

/// Members of a host's config that say nothing to this writer.
const OF_THE_HOST: [&str; 5] = ["asset_name", "target_type", "connection", "file_format", "engine"];
/// Members that a host may give under `engine.options`.
const OWN: [&str; 5] = ["compression", "row_group_size", "tags", "time_columns", "time_column"];

/// The largest row group, of which one is held.
const ROW_GROUP_ROWS_LIMIT_MAX: usize = 16 << 20;

/// Where the rows go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// All into one file, which `close_writer` ends.
    File(PathBuf),
    /// Each batch into a file `part-00000.parquet` of a folder.
    Folder(PathBuf),
}

/// A column as it is written.
#[derive(Clone, Debug, Deserialize)]
struct GivenColumn {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    required: bool,
}

/// A name, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a member that is a text or a list of texts is neither")]
enum Words {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Given {
    path: Option<PathBuf>,
    output_base: Option<PathBuf>,
    schema: Option<Vec<GivenColumn>>,
    compression: Option<String>,
    row_group_size: Option<usize>,
    tags: Option<Words>,
    #[serde(alias = "time_column")]
    time_columns: Option<Words>,
}

/// What to write, and how.
#[derive(Clone, Debug)]
pub(crate) struct WriterConfig {
    pub(crate) target: Target,
    /// The columns, where they are given; else the first rows decide them.
    pub(crate) schema: Option<Vec<ColumnSpec>>,
    pub(crate) export: ExportOptions,
    /// Columns whose kind the config says by name.
    pub(crate) kinds: BTreeMap<String, Kind>,
}

impl WriterConfig {
    /// Reads a config: a JSON object with the members of the header's list, at its top or, as Dativo has them, under
    /// `engine.options`, where unknown ones are the host's.
    pub(crate) fn from_json(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("the config is no JSON: {error}"))?;
        let Value::Object(mut members) = value else {
            return Err("the config is no JSON object: write it like {\"path\": \"rows.parquet\"}".to_owned());
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
    for (name, value) in std::mem::take(options) {
        if OWN.contains(&name.as_str()) && !members.contains_key(&name) {
            members.insert(name, value);
        }
    }
}

impl Given {
    fn check(self) -> Result<WriterConfig, String> {
        let target = match (self.path, self.output_base) {
            (Some(path), None) if path.file_name().is_some() => Target::File(path),
            (None, Some(folder)) => Target::Folder(folder),
            _ => return Err("the config says where to in no one way: give either path or output_base".to_owned()),
        };
        let mut kinds = BTreeMap::new();
        for (names, kind) in [(self.tags, Kind::Tag), (self.time_columns, Kind::Time)] {
            for name in names.map(Words::list).unwrap_or_default() {
                if kinds.insert(name.clone(), kind).is_some() {
                    return Err(format!("column {name:?} is named twice among tags and time_columns: name it once"));
                }
            }
        }
        let schema = self.schema.filter(|schema| !schema.is_empty());
        let schema = schema.map(|schema| specs_of(schema, &kinds)).transpose()?;
        let default = ExportOptions::default();
        let row_group_rows_max = self.row_group_size.unwrap_or(default.row_group_rows_max);
        if !(1..=ROW_GROUP_ROWS_LIMIT_MAX).contains(&row_group_rows_max) {
            return Err(format!("row_group_size is 1 to {ROW_GROUP_ROWS_LIMIT_MAX}, not {row_group_rows_max}"));
        }
        let compression = self.compression.as_deref().map_or(Ok(default.compression), compression)?;
        Ok(WriterConfig { target, schema, export: ExportOptions { compression, row_group_rows_max, ..default }, kinds })
    }
}

impl Words {
    fn list(self) -> Vec<String> {
        match self {
            Self::One(word) => vec![word],
            Self::Many(words) => words,
        }
    }
}

fn specs_of(given: Vec<GivenColumn>, kinds: &BTreeMap<String, Kind>) -> Result<Vec<ColumnSpec>, String> {
    let mut specs: Vec<ColumnSpec> = Vec::with_capacity(given.len());
    let mut seen = HashSet::new();
    for GivenColumn { name, kind, required } in given {
        if name.contains('\0') {
            return Err(format!("schema: the name {name:?} holds a NUL: rename the column"));
        }
        if !seen.insert(name.clone()) {
            return Err(format!("schema: column {name:?} is named twice: name it once"));
        }
        let kind = match kinds.get(&name) {
            Some(kind) => *kind,
            None => Kind::of_name(&kind).ok_or_else(|| {
                format!("schema: the type {kind:?} of column {name:?} is none of {}", Kind::NAMES.join(", "))
            })?,
        };
        specs.push(ColumnSpec { name, kind, required });
    }
    Ok(specs)
}

fn compression(text: &str) -> Result<ExportCompression, String> {
    let level = text.strip_prefix("zstd:").and_then(|level| level.parse::<i32>().ok());
    match (text, level) {
        ("none" | "uncompressed", _) => Ok(ExportCompression::None),
        ("snappy", _) => Ok(ExportCompression::Snappy),
        ("lz4", _) => Ok(ExportCompression::Lz4),
        ("zstd", _) => Ok(ExportCompression::Zstd(1)),
        (_, Some(level @ 1..=22)) => Ok(ExportCompression::Zstd(level)),
        _ => Err(format!("compression {text:?} is none of snappy, lz4, zstd, zstd:1 to zstd:22, and none")),
    }
}

#[cfg(test)]
mod tests;
