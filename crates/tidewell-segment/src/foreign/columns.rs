//! The columns at the top of a foreign file's schema, before anything is decided about them.

use arrow_schema::DataType;

use super::file_schema::roots;
use super::mapping::{check_tag, check_time, is_text, type_name};
use super::{Footer, ForeignError};

/// A column at the top of a file's schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileColumn {
    /// Its name in the file.
    pub name: String,
    /// Its type, as users know it: `timestamp(ms, UTC)`, `list`, `string`; `unknown` where there is none.
    pub file_type: String,
    /// Whether it can be the rows' time.
    pub can_be_time: bool,
    /// Whether its type says that it is an instant: a timestamp or a date.
    pub is_instant: bool,
    /// Whether it can be a tag.
    pub can_be_tag: bool,
    /// Whether it is text, or a dictionary of texts.
    pub is_text: bool,
}

impl Footer {
    /// The columns at the top of the schema, in the file's order.
    ///
    /// # Errors
    /// [`ForeignError::Corrupt`] when the schema makes no sense.
    pub fn columns(&self) -> Result<Vec<FileColumn>, ForeignError> {
        let column = |name: String, data_type: &DataType| FileColumn {
            name,
            file_type: type_name(data_type),
            can_be_time: check_time(data_type).is_ok(),
            is_instant: matches!(data_type, DataType::Timestamp(_, _) | DataType::Date32 | DataType::Date64),
            can_be_tag: check_tag(data_type).is_ok(),
            is_text: match data_type {
                DataType::Dictionary(_, values) => is_text(values),
                other => is_text(other),
            },
        };
        let unknown = |name: String| FileColumn {
            name,
            file_type: "unknown".to_owned(),
            can_be_time: false,
            is_instant: false,
            can_be_tag: false,
            is_text: false,
        };
        Ok(roots(self)?
            .into_iter()
            .map(|root| match &root.data_type {
                Ok(data_type) => column(root.name, data_type),
                Err(_) => unknown(root.name),
            })
            .collect())
    }
}
