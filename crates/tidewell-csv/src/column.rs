//! One column of the file on its way into a batch.

use arrow_array::ArrayRef;
use arrow_schema::ArrowError;
use memchr::memchr;
use tidewell_types::FieldType;

use crate::block::{Block, Fault};
use crate::missing::Missing;
use crate::number::{Scalar, read_boolean, read_scalar};
use crate::rejected::RejectReason;
use crate::scan::Cell;
use crate::short_number::{short_decimal, short_integer};
use crate::types::TypeSoFar;
use crate::validity::Validity;
use crate::values::Values;

/// From here on a float may not hold a whole number.
pub(crate) const INEXACT_FROM: u64 = 1 << 53;

/// What holds for all columns.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) decimal_mark: u8,
    pub(crate) missing: Missing,
}

/// A tag or field.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    place: usize,
    field_type: Option<FieldType>,
    is_tag: bool,
    may_widen: bool,
    /// All bits of the magnitudes of the whole numbers so far.
    magnitudes: u64,
    values: Values,
    validity: Validity,
}

/// What a cell came to.
type Outcome = Result<bool, RejectReason>;

impl Column {
    pub(crate) fn tag(place: usize) -> Self {
        Self { is_tag: true, values: Values::of_tag(), ..Self::field(place, Some(FieldType::String), false) }
    }

    pub(crate) fn field(place: usize, field_type: Option<FieldType>, may_widen: bool) -> Self {
        let values = Values::of_field(field_type);
        Self { place, field_type, is_tag: false, may_widen, magnitudes: 0, values, validity: Validity::default() }
    }

    pub(crate) fn place(&self) -> usize {
        self.place
    }

    pub(crate) fn field_type(&self) -> Option<FieldType> {
        self.field_type
    }

    pub(crate) fn so_far(&self) -> TypeSoFar {
        TypeSoFar { field_type: self.field_type, may_widen: self.may_widen, magnitudes: self.magnitudes }
    }

    /// Takes over what the rows before the first one have made of the column.
    pub(crate) fn read_on(&mut self, from: TypeSoFar) {
        if self.is_tag {
            return;
        }
        *self = Self { magnitudes: from.magnitudes, ..Self::field(self.place, from.field_type, from.may_widen) };
    }

    /// Adds the cells of a block; those that do not fit are added to `faults`, and as no value.
    pub(crate) fn append(&mut self, block: &Block<'_>, rules: &Rules, scratch: &mut Vec<u8>, faults: &mut Vec<Fault>) {
        self.values.reserve(block.rows.len());
        let is_short_number = !rules.missing.has_numbers();
        for (row, cell) in block.column(self.place).enumerate() {
            if is_short_number
                && let Some(cell) = cell
                && self.push_short(block, cell, rules)
            {
                continue;
            }
            let text = block.text(cell, scratch);
            let outcome = match &mut self.values {
                Values::Float(values) => push_float(values, text, rules),
                Values::String(_) | Values::Tag { .. } => {
                    self.push_text(text, cell.is_some_and(|cell| cell.is_quoted), rules)
                }
                _ => self.push_scalar(text, rules),
            };
            let has_value = outcome.unwrap_or_else(|reason| {
                faults.push(Fault { row, column: self.place, reason });
                false
            });
            if !has_value {
                self.values.push_none();
            }
            self.validity.push(has_value);
        }
    }

    /// Adds a number of a few digits; `false` where the cell is something else.
    #[inline]
    fn push_short(&mut self, block: &Block<'_>, cell: &Cell, rules: &Rules) -> bool {
        let (start, count) = cell.place();
        match &mut self.values {
            Values::Float(values) => {
                let Some(value) = short_decimal(block.bytes, start, count, rules.decimal_mark) else { return false };
                values.push(value);
            }
            Values::Integer(values) => {
                let Some(value) = short_integer(block.bytes, start, count) else { return false };
                self.magnitudes |= value.unsigned_abs();
                values.push(value);
            }
            _ => return false,
        }
        self.validity.push(true);
        true
    }

    #[inline]
    fn push_text(&mut self, text: &[u8], is_quoted: bool, rules: &Rules) -> Outcome {
        if !text.is_empty() && self.values.push_known(text) {
            return Ok(true);
        }
        let is_none = text.is_empty() && (self.is_tag || !is_quoted);
        if is_none || !text.is_empty() && rules.missing.is_text_marker(text) {
            return Ok(false);
        }
        if memchr(0, text).is_some() {
            return Err(RejectReason::Nul);
        }
        self.values.push_text(std::str::from_utf8(text).map_err(|_| RejectReason::Utf8)?);
        Ok(true)
    }

    fn push_scalar(&mut self, text: &[u8], rules: &Rules) -> Outcome {
        let scalar = read_scalar(text, rules.decimal_mark);
        match (&mut self.values, scalar) {
            (Values::Integer(values), Scalar::Integer(value)) if !rules.missing.is_number(value as f64) => {
                self.magnitudes |= value.unsigned_abs();
                values.push(value);
                return Ok(true);
            }
            _ if rules.missing.is_scalar(text, scalar) => return Ok(false),
            (Values::Unsigned(values), Scalar::Unsigned(value)) => {
                values.push(value);
                return Ok(true);
            }
            (Values::Unsigned(values), Scalar::Integer(value)) => {
                values.push(u64::try_from(value).map_err(|_| RejectReason::Range("unsigned"))?);
                return Ok(true);
            }
            (Values::Boolean(values), scalar) => {
                values.push(boolean_of(text, scalar).ok_or(RejectReason::Type("boolean"))?);
                return Ok(true);
            }
            (Values::Undecided(_), _) => {
                self.decide(scalar);
                return match &mut self.values {
                    Values::Float(values) => push_float(values, text, rules),
                    Values::String(_) => self.push_text(text, false, rules),
                    Values::Undecided(_) => Err(RejectReason::Range("float")),
                    _ => self.push_scalar(text, rules),
                };
            }
            _ => {}
        }
        match (&self.values, scalar) {
            (Values::Integer(_), Scalar::Float(value)) => {
                self.widen(value)?;
                let Values::Float(values) = &mut self.values else { return Ok(false) };
                values.push(value);
                Ok(true)
            }
            (Values::Integer(_), Scalar::Unsigned(_) | Scalar::Huge) => Err(RejectReason::Range("integer")),
            (Values::Integer(_), _) => Err(RejectReason::Type("integer")),
            (_, Scalar::Huge) => Err(RejectReason::Range("unsigned")),
            _ => Err(RejectReason::Type("unsigned")),
        }
    }

    /// The first value of a column that the sample left undecided gives it its type.
    fn decide(&mut self, scalar: Scalar) {
        let field_type = match scalar {
            Scalar::Integer(_) => FieldType::Integer,
            Scalar::Unsigned(_) => FieldType::Unsigned,
            Scalar::Float(_) => FieldType::Float,
            Scalar::Boolean(_) => FieldType::Boolean,
            Scalar::Huge | Scalar::Text => FieldType::String,
            Scalar::FloatOutOfRange => return,
        };
        self.field_type = Some(field_type);
        self.may_widen = true;
        self.values = Values::of_field(self.field_type);
        (0..self.validity.count()).for_each(|_| self.values.push_none());
    }

    /// Makes a column of whole numbers one of floats, where that changes none of them.
    fn widen(&mut self, value: f64) -> Result<(), RejectReason> {
        if !self.may_widen {
            return Err(if value.fract() == 0.0 {
                RejectReason::Range("integer")
            } else {
                RejectReason::Type("integer")
            });
        }
        if self.magnitudes >= INEXACT_FROM {
            return Err(RejectReason::Widening);
        }
        if let Values::Integer(values) = &self.values {
            self.values = Values::Float(values.iter().map(|value| *value as f64).collect());
        }
        self.field_type = Some(FieldType::Float);
        Ok(())
    }

    pub(crate) fn truncate(&mut self, count: usize) {
        self.values.truncate(count);
        self.validity.truncate(count);
    }

    /// Ends a batch: its column, or `None` where nothing is decided yet.
    pub(crate) fn take(&mut self) -> Result<Option<ArrayRef>, ArrowError> {
        let empty = if self.is_tag { Values::of_tag() } else { Values::of_field(self.field_type) };
        std::mem::replace(&mut self.values, empty).into_array(std::mem::take(&mut self.validity))
    }
}

#[inline]
fn push_float(values: &mut Vec<f64>, text: &[u8], rules: &Rules) -> Outcome {
    let scalar = read_scalar(text, rules.decimal_mark);
    let value = match scalar {
        Scalar::Float(value) => value,
        Scalar::Integer(value) => value as f64,
        Scalar::Unsigned(value) => value as f64,
        Scalar::Huge => {
            std::str::from_utf8(text.trim_ascii()).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::INFINITY)
        }
        _ if rules.missing.is_marker(text) => return Ok(false),
        Scalar::FloatOutOfRange => return Err(RejectReason::Range("float")),
        Scalar::Boolean(_) | Scalar::Text => return Err(RejectReason::Type("float")),
    };
    if rules.missing.is_number(value) {
        return Ok(false);
    }
    if !value.is_finite() {
        return Err(RejectReason::Range("float"));
    }
    values.push(value);
    Ok(true)
}

/// Where a column is said to be boolean, 1 and 0, t and f, yes and no are too.
fn boolean_of(text: &[u8], scalar: Scalar) -> Option<bool> {
    match scalar {
        Scalar::Integer(0) => Some(false),
        Scalar::Integer(1) => Some(true),
        Scalar::Boolean(value) => Some(value),
        _ => match text.trim_ascii().to_ascii_lowercase().as_slice() {
            b"t" | b"yes" | b"y" => Some(true),
            b"f" | b"no" | b"n" => Some(false),
            lower => read_boolean(lower),
        },
    }
}
