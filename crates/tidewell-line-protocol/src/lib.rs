//! Line protocol: bytes to points and back. Pure: no IO, no clock, no schema.
//!
//! ```text
//! cpu,host=a,region=eu\ west usage=0.5,cores=8i,note="say \"hi\"" 1700000000000000000
//! measurement,tags           fields                              timestamp
//! ```
//!
//! [`Parser`] walks a request body and gives a [`Line`] or a [`LineError`] for each line that is neither blank nor a
//! comment. A bad line never costs the lines around it. [`encode`] writes a line that parses to the same point.
//!
//! # What is read
//! - Names (measurement, tag keys and values, field keys) may hold any character but line feed, tab and NUL. `\,` and `\ `
//!   are an escaped comma and space, and outside the measurement `\=` is an escaped equals sign; a backslash before
//!   anything else is an ordinary character. A double quote is an ordinary character in names.
//! - Fields: float (`1`, `-1.5`, `1.`, `.5`, `1e-300`), integer (`1i`), unsigned (`1u`), boolean (`t T true True TRUE`,
//!   `f F false False FALSE`), string (`"text"`, with `\"` and `\\`; line feeds are allowed inside). No leading `+`; NaN,
//!   infinities and floats too large for an `f64` are errors.
//! - The timestamp is optional and raw; [`Precision::to_ns`] turns it into an instant.
//! - Lines end with LF or CRLF. Blanks (spaces) may lead, trail and repeat between the sections; tabs may lead.
//! - Of a field named twice in a line the last value counts; a tag named twice is an error.
//!
//! # Limits
//! There are none on the sizes or counts of anything: memory is in proportion to one line, time to the body. Whoever keeps
//! the points limits how many columns a table and how many lines a request may have.

mod cursor;
mod duplicate;
mod encode;
mod error;
mod line;
mod number;
mod parser;
mod precision;
mod quoted;
mod resync;
mod scan;
mod sections;
mod value;

pub use encode::{EncodeError, encode};
pub use error::{LineError, Reason};
pub use line::{FieldValue, Fields, Line, Tags};
pub use parser::Parser;
pub use precision::{Precision, PrecisionError};
