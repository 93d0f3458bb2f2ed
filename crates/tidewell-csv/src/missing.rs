//! Cells that mean "no value".

use crate::number::{Scalar, read_scalar};
use crate::options::MISSING_DEFAULT;

/// The markers of a file.
#[derive(Clone, Debug)]
pub(crate) struct Missing {
    markers: Vec<Box<[u8]>>,
    numbers: Vec<f64>,
    /// Whether a user gave them, so that they hold in columns of text too.
    is_given: bool,
}

impl Missing {
    pub(crate) fn new(given: Option<&[String]>, decimal_mark: u8) -> Self {
        let boxed = |text: &str| Box::<[u8]>::from(text.trim().as_bytes());
        let markers: Vec<Box<[u8]>> = match given {
            Some(given) => given.iter().filter(|text| !text.trim().is_empty()).map(|text| boxed(text)).collect(),
            None => MISSING_DEFAULT.iter().map(|text| boxed(text)).collect(),
        };
        let number = |text: &[u8]| match (read_scalar(text, decimal_mark), read_scalar(text, b'.')) {
            (Scalar::Integer(value), _) => Some(value as f64),
            (Scalar::Float(value), _) | (_, Scalar::Float(value)) => Some(value),
            _ => None,
        };
        let numbers = markers.iter().filter_map(|marker| number(marker)).collect();
        Self { markers, numbers, is_given: given.is_some() }
    }

    /// Whether a cell of a column that is not text has no value.
    #[inline]
    pub(crate) fn is_marker(&self, text: &[u8]) -> bool {
        let text = text.trim_ascii();
        text.is_empty() || self.markers.iter().any(|marker| **marker == *text)
    }

    /// Whether a cell of text that is not empty has no value.
    #[inline]
    pub(crate) fn is_text_marker(&self, text: &[u8]) -> bool {
        self.is_given && self.is_marker(text)
    }

    /// Whether some numbers mean that there is none.
    pub(crate) fn has_numbers(&self) -> bool {
        !self.numbers.is_empty()
    }

    /// Whether a number means that there is none.
    #[inline]
    pub(crate) fn is_number(&self, value: f64) -> bool {
        self.numbers.contains(&value)
    }

    /// Whether a cell's text or value means that there is none.
    pub(crate) fn is_scalar(&self, text: &[u8], scalar: Scalar) -> bool {
        self.is_marker(text)
            || match scalar {
                Scalar::Integer(value) => self.is_number(value as f64),
                Scalar::Float(value) => self.is_number(value),
                _ => false,
            }
    }
}
