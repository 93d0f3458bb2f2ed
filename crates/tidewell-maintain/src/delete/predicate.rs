//! The text that says which rows a delete takes: `tag1="value" AND tag2='v' AND _measurement="t"`.

use std::fmt;

use tidewell_manifest::TagMatch;
use tidewell_types::{TIME_COLUMN, TableName};

/// The longest predicate, in bytes.
pub const PREDICATE_BYTES_MAX: usize = 64 * 1024;
/// The name that stands for the table.
const TABLE: &str = "_measurement";
/// Comparisons, longest first; all but `=` are refused.
const OPERATORS: [&str; 10] = ["==", "=~", "!=", "!~", "<>", "<=", ">=", "=", "<", ">"];

/// What a predicate asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Predicate {
    /// The table; `None` where it names none: all tables.
    pub table: Option<TableName>,
    /// Tags and the value that each must have, in the order of the text; the empty value stands for rows without the tag.
    pub tags: Vec<TagMatch>,
}

/// A predicate that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("predicate, character {at}: {problem}")]
pub struct PredicateError {
    /// Where, in characters from 1.
    pub at: usize,
    /// What is wrong there and what to write instead.
    pub problem: String,
}

/// Reads a predicate: conditions `name=value`, joined by `AND`. An empty text asks for every row.
///
/// A name is bare or in double quotes, a value bare or in quotes of either kind; within quotes, `\` goes before a quote or a
/// `\` that is meant. `_measurement` names the table. Total on any text; no condition but equality of tags can be said.
///
/// # Errors
/// [`PredicateError`] says where and what; nothing is guessed.
pub fn parse(text: &str) -> Result<Predicate, PredicateError> {
    if text.len() > PREDICATE_BYTES_MAX {
        return refuse(1, format!("it is {} bytes long and {PREDICATE_BYTES_MAX} are allowed: split it", text.len()));
    }
    let mut cursor = Cursor { rest: text, at: 1 };
    let mut predicate = Predicate::default();
    cursor.skip_spaces();
    if cursor.rest.is_empty() {
        return Ok(predicate);
    }
    loop {
        let name_at = cursor.at;
        let name = cursor.name()?;
        cursor.equals()?;
        let value_at = cursor.at;
        let value = cursor.value()?;
        predicate.add((name_at, &name), (value_at, value))?;
        if !cursor.and()? {
            return Ok(predicate);
        }
    }
}

fn refuse<T>(at: usize, problem: impl Into<String>) -> Result<T, PredicateError> {
    Err(PredicateError { at, problem: problem.into() })
}

impl Predicate {
    fn add(
        &mut self,
        (name_at, name): (usize, &str),
        (value_at, value): (usize, String),
    ) -> Result<(), PredicateError> {
        match name {
            TABLE => self.add_table(value_at, &value),
            TIME_COLUMN | "_time" | "_start" | "_stop" => {
                refuse(name_at, "time is no tag: say the span with start and stop, beside the predicate")
            }
            "_field" | "_value" => {
                refuse(name_at, "a delete takes whole rows: fields and their values cannot choose them")
            }
            _ => self.add_tag(name_at, name, value),
        }
    }

    fn add_table(&mut self, at: usize, value: &str) -> Result<(), PredicateError> {
        let table = match TableName::new(value) {
            Ok(table) => table,
            Err(error) => return refuse(at, error.to_string()),
        };
        match &self.table {
            Some(other) if *other != table => {
                refuse(at, format!("no row is in table {other:?} and in {table:?}: make one delete for each"))
            }
            _ => {
                self.table = Some(table);
                Ok(())
            }
        }
    }

    fn add_tag(&mut self, at: usize, name: &str, value: String) -> Result<(), PredicateError> {
        let Some(known) = self.tags.iter().find(|known| known.tag == name) else {
            self.tags.push(TagMatch { tag: name.to_owned(), values: vec![value] });
            return Ok(());
        };
        match known.values.contains(&value) {
            true => Ok(()),
            false => {
                let first = known.values.first().map(String::as_str).unwrap_or_default();
                refuse(at, format!("no row has {first:?} and {value:?} as its {name:?}: make one delete for each"))
            }
        }
    }
}

/// The text that is left, and its place.
struct Cursor<'a> {
    rest: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn skip(&mut self, taken: &'a str) -> &'a str {
        self.at += taken.chars().count();
        self.rest = self.rest.get(taken.len()..).unwrap_or_default();
        taken
    }

    fn take_while(&mut self, is_wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is_wanted(c)).unwrap_or(self.rest.len());
        self.skip(self.rest.get(..end).unwrap_or_default())
    }

    fn skip_spaces(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn found(&self) -> Found<'a> {
        Found(self.rest)
    }

    fn name(&mut self) -> Result<String, PredicateError> {
        let at = self.at;
        match self.rest.chars().next() {
            Some('"') => self.quoted('"'),
            Some('\'') => refuse(at, "a tag's name goes bare or in double quotes"),
            Some('(' | ')') => refuse(at, PARENTHESES),
            _ => match self.take_while(is_bare) {
                "" => refuse(at, format!("a tag's name belongs here, not {}", self.found())),
                word if word.eq_ignore_ascii_case("not") && !self.rest.trim_start().starts_with('=') => {
                    refuse(at, "NOT cannot be said: name what is to go")
                }
                word if is_joint(word) => refuse(
                    at,
                    format!("a tag's name belongs here, not {word}: put it in double quotes if it is a name"),
                ),
                word => Ok(word.to_owned()),
            },
        }
    }

    fn equals(&mut self) -> Result<(), PredicateError> {
        self.skip_spaces();
        let at = self.at;
        match OPERATORS.into_iter().find(|operator| self.rest.starts_with(operator)) {
            Some("=") => {
                self.skip("=");
                self.skip_spaces();
                Ok(())
            }
            Some("==") => refuse(at, "write = once"),
            Some(operator) => refuse(
                at,
                format!(
                    "{operator} cannot be said: a delete names the values that are to go, with =, one delete for each"
                ),
            ),
            None => refuse(at, format!("= belongs here, not {}", self.found())),
        }
    }

    fn value(&mut self) -> Result<String, PredicateError> {
        let at = self.at;
        match self.rest.chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            Some('(' | ')') => refuse(at, PARENTHESES),
            _ => match self.take_while(is_bare) {
                "" => refuse(at, format!("a value belongs here, not {}", self.found())),
                word if is_joint(word) => {
                    refuse(at, format!("a value belongs here, not {word}: put it in quotes if it is the value"))
                }
                word => Ok(word.to_owned()),
            },
        }
    }

    /// A text between quotes; the cursor is at the first.
    fn quoted(&mut self, quote: char) -> Result<String, PredicateError> {
        let at = self.at;
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((offset, c)) = chars.next() {
            match c {
                '\\' => match chars.next_if(|(_, next)| *next == quote || *next == '\\') {
                    Some((_, next)) => text.push(next),
                    None => text.push(c),
                },
                c if c == quote => {
                    self.skip(self.rest.get(..=offset).unwrap_or_default());
                    return Ok(text);
                }
                c => text.push(c),
            }
        }
        refuse(at, format!("the quote {quote} that opens here is never closed"))
    }

    /// Whether another condition follows.
    fn and(&mut self) -> Result<bool, PredicateError> {
        self.skip_spaces();
        let at = self.at;
        match self.rest.chars().next() {
            None => return Ok(false),
            Some('(' | ')') => return refuse(at, PARENTHESES),
            Some(_) => {}
        }
        let found = self.found();
        match self.take_while(is_bare) {
            word if word.eq_ignore_ascii_case("and") => {
                self.skip_spaces();
                Ok(true)
            }
            word if word.eq_ignore_ascii_case("or") => {
                refuse(at, "OR cannot be said: make one delete for each side of it")
            }
            _ => refuse(at, format!("AND or the end belongs here, not {found}")),
        }
    }
}

const PARENTHESES: &str = "parentheses cannot be said: conditions are joined by AND alone, so none are needed; put a value \
                           that has them in quotes";

fn is_bare(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '=' | '!' | '<' | '>' | '~' | '(' | ')' | '"' | '\'' | ',')
}

fn is_joint(word: &str) -> bool {
    word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or")
}

/// The start of what is left, for a message.
struct Found<'a>(&'a str);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_whitespace().next() {
            None => f.write_str("the end"),
            Some(word) => write!(f, "{:?}", word.chars().take(20).collect::<String>()),
        }
    }
}

#[cfg(test)]
mod tests;
