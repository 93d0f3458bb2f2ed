//! The formats an answer can take, and the names that ask for them.

use std::fmt;
use std::str::FromStr;

/// A format of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON array of row objects; NULLs are left out of a row's object.
    #[default]
    Json,
    /// One JSON object a line.
    JsonLines,
    /// RFC 4180 with a header line; NULL is an empty field.
    Csv,
    /// One Parquet file, Zstd.
    Parquet,
    /// An aligned table for people, bounded in rows.
    Pretty,
}

/// A format's name that is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format {0:?}: use json, jsonl, csv, parquet or pretty")]
pub struct UnknownFormat(pub String);

impl Format {
    /// The name that `FromStr` reads and users type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Pretty => "pretty",
        }
    }

    /// The value of a reply's `Content-Type` header.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::JsonLines => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Pretty => "text/plain; charset=utf-8",
        }
    }

    /// The format that an `Accept` header asks for: the known media type of the highest weight, the first among equals.
    /// `None` where it names nothing we can write; most clients are then content with JSON.
    #[must_use]
    pub fn from_accept(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let Some(format) = parts.next().and_then(Self::from_media_type) else { continue };
            let weight =
                parts.find_map(|part| part.strip_prefix("q=")).and_then(|text| text.parse().ok()).unwrap_or(1.0);
            if weight > 0.0 && best.is_none_or(|(highest, _)| weight > highest) {
                best = Some((weight, format));
            }
        }
        best.map(|(_, format)| format)
    }

    fn from_media_type(media_type: &str) -> Option<Self> {
        Some(match media_type.to_ascii_lowercase().as_str() {
            "application/json" | "application/*" | "*/*" => Self::Json,
            "application/jsonl" | "application/json-lines" | "application/x-ndjson" | "application/ndjson" => {
                Self::JsonLines
            }
            "text/csv" | "application/csv" => Self::Csv,
            "application/vnd.apache.parquet" | "application/parquet" => Self::Parquet,
            "text/plain" | "text/*" => Self::Pretty,
            _ => return None,
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    /// Reads `json`, `jsonl` (`json_lines`, `ndjson`), `csv`, `parquet` or `pretty` (`table`), in any case.
    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "json" => Self::Json,
            "jsonl" | "json_lines" | "json-lines" | "ndjson" => Self::JsonLines,
            "csv" => Self::Csv,
            "parquet" => Self::Parquet,
            "pretty" | "table" => Self::Pretty,
            _ => return Err(UnknownFormat(text.to_owned())),
        })
    }
}

#[cfg(test)]
mod tests;
