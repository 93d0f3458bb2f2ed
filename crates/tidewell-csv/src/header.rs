//! The names of the columns.

use std::collections::HashMap;

use tidewell_types::TIME_COLUMN;

use crate::error::CsvError;
use crate::options::COLUMNS_MAX;

const NAME_BYTES_MAX: usize = 1024;

/// The columns' names; an empty one has no name and may have no values.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) line: u64,
    pub(crate) names: Vec<String>,
}

impl Header {
    /// Takes names; an empty one stands for a column without values.
    pub(crate) fn new(line: u64, names: Vec<String>) -> Result<Self, CsvError> {
        let header = Self { line, names };
        if header.names.len() > COLUMNS_MAX {
            return Err(header.wrong(COLUMNS_MAX, format!("there are over {COLUMNS_MAX} columns")));
        }
        let mut places = HashMap::new();
        for (place, name) in header.names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            if name.chars().any(char::is_control) {
                return Err(header.wrong(place, format!("the name {name:?} holds a control character")));
            }
            if name.len() > NAME_BYTES_MAX {
                return Err(header.wrong(place, format!("the name is over {NAME_BYTES_MAX} bytes long")));
            }
            if let Some(first) = places.insert(name.as_str(), place) {
                return Err(header.wrong(place, format!("the name {name:?} is that of column {} too", first + 1)));
            }
        }
        Ok(header)
    }

    pub(crate) fn wrong(&self, place: usize, wrong: String) -> CsvError {
        CsvError::Header { line: self.line, position: place + 1, wrong }
    }

    /// Refuses a tag or field that takes the time column's name.
    pub(crate) fn refuse_reserved(&self, kept: impl Fn(usize) -> bool) -> Result<(), CsvError> {
        match self.names.iter().position(|name| name == TIME_COLUMN) {
            Some(place) if kept(place) => {
                Err(self
                    .wrong(place, format!("the name {TIME_COLUMN:?} is taken by the time, which another column gives")))
            }
            _ => Ok(()),
        }
    }

    /// The place of a column that an option names.
    pub(crate) fn find(&self, option: &'static str, given: &str) -> Result<usize, CsvError> {
        let given = given.trim();
        if let Some(place) = self.names.iter().position(|name| name == given && !name.is_empty()) {
            return Ok(place);
        }
        let mut alike = self.names.iter().enumerate().filter(|(_, name)| name.to_lowercase() == given.to_lowercase());
        if let (Some((place, name)), None) = (alike.next(), alike.next())
            && !name.is_empty()
        {
            return Ok(place);
        }
        match given.parse::<usize>() {
            Ok(position) if (1..=self.names.len()).contains(&position) => Ok(position - 1),
            _ => {
                let known: Vec<&str> = self.names.iter().take(30).map(String::as_str).collect();
                let more = if self.names.len() > known.len() { ", …" } else { "" };
                let known = format!("{}{more}", known.join(", "));
                Err(CsvError::UnknownColumn { line: self.line, option, given: given.to_owned(), known })
            }
        }
    }
}

#[cfg(test)]
mod tests;
