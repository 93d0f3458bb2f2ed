//! Sizes as people write them: `67108864`, `64MiB`, `1 GiB`.

use std::fmt;
use std::str::FromStr;

const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// A number of bytes on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ByteSize(pub(crate) u64);

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse_bytes(text).map(Self)
    }
}

impl fmt::Display for ByteSize {
    /// Exactly, in the largest unit that allows it; `FromStr` reads it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size));
        match whole {
            Some((unit, size)) => write!(f, "{}{unit}", self.0 / size),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Reads a number of bytes, plain or with a binary unit.
fn parse_bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let unit_start = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_start);
    let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(no_size(text)),
    };
    if number.is_empty() {
        return Err(no_size(text));
    }
    let number: u64 = number.parse().map_err(|_| format!("{text:?} is too large"))?;
    number.checked_mul(factor).ok_or_else(|| format!("{text:?} is too large"))
}

fn no_size(text: &str) -> String {
    format!("{text:?} is no size: write bytes, or a whole number with KiB, MiB, GiB or TiB, like 64MiB")
}

/// Bytes for a person: at most one digit after the point.
#[allow(clippy::cast_precision_loss)] // One digit is shown.
pub(crate) fn show_bytes(bytes: u64) -> String {
    match UNITS.iter().find(|(_, size)| bytes >= *size) {
        Some((unit, size)) => format!("{:.1} {unit}", bytes as f64 / *size as f64),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests;
