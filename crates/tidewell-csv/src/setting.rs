//! Options by name and text, as command lines and URLs give them.

use tidewell_types::FieldType;

use crate::error::CsvError;
use crate::options::{CsvOptions, Decimal};
use crate::timezone::LocalTimes;

/// The names that [`CsvOptions::set`] knows.
pub const SETTINGS: [&str; 15] = [
    "delimiter",
    "quote",
    "header",
    "column_names",
    "skip_lines",
    "decimal",
    "na",
    "time_column",
    "time_columns",
    "time_format",
    "timezone",
    "local_times",
    "tags",
    "skip_columns",
    "column_types",
];

impl CsvOptions {
    /// Sets one option by its name; lists are divided by commas.
    ///
    /// | name | text |
    /// |---|---|
    /// | `delimiter` | one character, `tab`, `comma`, `semicolon`, `pipe` |
    /// | `quote` | one character, or `none` |
    /// | `header` | `true`, `false` |
    /// | `column_names` | names for all columns |
    /// | `skip_lines` | a count |
    /// | `decimal` | `auto`, `.`, `,`, `point`, `comma` |
    /// | `na` | cells that mean "no value" |
    /// | `time_column`, `time_columns` | the columns of the time |
    /// | `time_format` | as [`TimeFormat`](crate::TimeFormat) reads it |
    /// | `timezone` | `UTC`, `+02:00`, `Europe/Berlin` |
    /// | `local_times` | `refuse`, `earlier`, `later` |
    /// | `tags`, `skip_columns` | columns |
    /// | `column_types` | `column:type`; types are `float`, `integer`, `unsigned`, `boolean`, `string` |
    ///
    /// # Errors
    /// [`CsvError::Option`] that names the option and what it takes.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), CsvError> {
        match name {
            "delimiter" => self.delimiter = Some(one_byte(name, text)?),
            "quote" if text == "none" => self.quote = None,
            "quote" => self.quote = Some(one_byte(name, text)?),
            "header" => self.header = Some(switch(name, text)?),
            "column_names" => self.column_names = Some(list(text)),
            "skip_lines" => {
                self.skip_lines = text.parse().map_err(|_| refused(name, text, "a count of lines"))?;
            }
            "decimal" => {
                self.decimal = match text {
                    "auto" => Decimal::Auto,
                    "." | "point" => Decimal::Point,
                    "," | "comma" => Decimal::Comma,
                    _ => return Err(refused(name, text, "auto, point or comma")),
                };
            }
            "na" => self.missing = Some(list(text)),
            "time_column" | "time_columns" => self.time_columns = list(text),
            "time_format" => self.time_format = text.parse()?,
            "timezone" => {
                self.timezone =
                    text.parse().map_err(|_| refused(name, text, "UTC, +02:00 or a name such as Europe/Berlin"))?;
            }
            "local_times" => {
                self.local_times = match text {
                    "refuse" => LocalTimes::Refuse,
                    "earlier" => LocalTimes::Earlier,
                    "later" => LocalTimes::Later,
                    _ => return Err(refused(name, text, "refuse, earlier or later")),
                };
            }
            "tags" => self.tags = list(text),
            "skip_columns" => self.skip_columns = list(text),
            "column_types" => {
                self.column_types = list(text).iter().map(|pair| typed(name, pair)).collect::<Result<_, _>>()?
            }
            _ => {
                return Err(CsvError::Option(format!(
                    "no option is called {name:?}: there are {}",
                    SETTINGS.join(", ")
                )));
            }
        }
        Ok(())
    }
}

fn refused(name: &str, text: &str, wanted: &str) -> CsvError {
    CsvError::Option(format!("{name} is {text:?}: give {wanted}"))
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

fn one_byte(name: &str, text: &str) -> Result<u8, CsvError> {
    match (text, text.as_bytes()) {
        ("tab" | "\\t", _) => Ok(b'\t'),
        ("comma", _) => Ok(b','),
        ("semicolon", _) => Ok(b';'),
        ("pipe", _) => Ok(b'|'),
        (_, [byte]) => Ok(*byte),
        _ => Err(refused(name, text, "one ASCII character, or tab, comma, semicolon, pipe")),
    }
}

fn switch(name: &str, text: &str) -> Result<bool, CsvError> {
    match text {
        "true" | "yes" | "1" | "on" => Ok(true),
        "false" | "no" | "0" | "off" => Ok(false),
        _ => Err(refused(name, text, "true or false")),
    }
}

fn typed(name: &str, pair: &str) -> Result<(String, FieldType), CsvError> {
    let wanted = "column:type, where the type is float, integer, unsigned, boolean or string";
    let (column, kind) = pair.rsplit_once(':').ok_or_else(|| refused(name, pair, wanted))?;
    let field_type = match kind {
        "float" | "f64" | "double" => FieldType::Float,
        "integer" | "int" | "i64" => FieldType::Integer,
        "unsigned" | "uint" | "u64" => FieldType::Unsigned,
        "boolean" | "bool" => FieldType::Boolean,
        "string" | "text" | "str" => FieldType::String,
        _ => return Err(refused(name, pair, wanted)),
    };
    Ok((column.to_owned(), field_type))
}

#[cfg(test)]
mod tests;
