//! What the cells of a column say about its type.

use memchr::memchr;
use tidewell_types::FieldType;

use crate::error::CsvError;
use crate::missing::Missing;
use crate::number::{Scalar, read_scalar};
use crate::options::{CsvOptions, Decimal};
use crate::rejected::shorten;
use crate::sample::Sample;
use crate::scan::Dialect;

/// The kinds of cells that a column has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence {
    integer: bool,
    negative: bool,
    unsigned: bool,
    huge: bool,
    float: bool,
    boolean: bool,
    text: bool,
}

impl Evidence {
    pub(crate) fn see(&mut self, cell: &[u8], mark: u8, missing: &Missing) {
        let scalar = read_scalar(cell, mark);
        if missing.is_scalar(cell, scalar) {
            return;
        }
        match scalar {
            Scalar::Integer(value) => {
                self.integer = true;
                self.negative |= value < 0;
            }
            Scalar::Unsigned(_) => self.unsigned = true,
            Scalar::Huge => self.huge = true,
            Scalar::Float(_) | Scalar::FloatOutOfRange => self.float = true,
            Scalar::Boolean(_) => self.boolean = true,
            Scalar::Text => self.text = true,
        }
    }

    /// The narrowest type, or `None` without a value.
    pub(crate) fn field_type(self) -> Option<FieldType> {
        let is_number = self.integer || self.unsigned || self.huge || self.float;
        if self.text || self.boolean && is_number {
            return Some(FieldType::String);
        }
        if self.boolean {
            return Some(FieldType::Boolean);
        }
        if self.float {
            return Some(FieldType::Float);
        }
        if self.huge || self.unsigned && self.negative {
            return Some(FieldType::String);
        }
        if self.unsigned {
            return Some(FieldType::Unsigned);
        }
        self.integer.then_some(FieldType::Integer)
    }
}

/// The decimal mark of the numbers in the sample.
pub(crate) fn decimal_mark(sample: &Sample<'_>, dialect: Dialect, options: &CsvOptions) -> Result<u8, CsvError> {
    match options.decimal {
        Decimal::Comma if dialect.delimiter == b',' && dialect.quote.is_none() => {
            let wrong = "cells divided by commas cannot have decimal commas: give the delimiter, or a quote";
            return Err(CsvError::Option(wrong.to_owned()));
        }
        Decimal::Comma => return Ok(b','),
        Decimal::Point => return Ok(b'.'),
        Decimal::Auto if dialect.delimiter == b',' => return Ok(b'.'),
        Decimal::Auto => {}
    }
    let (mut commas, mut points) = (0_usize, 0_usize);
    let mut thousands = None;
    for row in &sample.rows {
        for (place, cell) in row.cells.iter().enumerate() {
            let Some(at) = memchr(b',', cell) else {
                points +=
                    usize::from(memchr(b'.', cell).is_some() && matches!(read_scalar(cell, b'.'), Scalar::Float(_)));
                continue;
            };
            if !matches!(read_scalar(cell, b','), Scalar::Float(_)) {
                continue;
            }
            let digits = cell.get(at + 1..).unwrap_or_default().trim_ascii();
            let whole = cell.get(..at).unwrap_or_default().trim_ascii().trim_ascii_start();
            let whole = whole.strip_prefix(b"-").unwrap_or(whole);
            let may_be_thousands = digits.len() == 3 && (1..=3).contains(&whole.len()) && whole.first() != Some(&b'0');
            if may_be_thousands {
                thousands.get_or_insert_with(|| (row.line, place, shorten(cell)));
            } else {
                commas += 1;
            }
        }
    }
    match (commas, points, thousands) {
        (1.., 0, _) => Ok(b','),
        (0, 0, Some((line, place, text))) => {
            let name = sample.rows.first().map_or(&b""[..], |row| row.cell(place));
            Err(CsvError::DecimalMark { line, column: shorten(name), text })
        }
        _ => Ok(b'.'),
    }
}
