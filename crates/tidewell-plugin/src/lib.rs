//! What the boundary of a C library is made of: handles that may be any number, texts that are given out and taken
//! back, an error for each thread, and calls that no panic leaves.
//!
//! Nothing here follows a pointer that came from outside. A handle is a number in the shape of a pointer, looked up
//! among those that are alive; a text is freed by looking up its address. So a freed, invented or doubly freed one is an
//! error, and never a fault of memory.

mod call;
mod handles;
mod texts;

pub use call::{call, error_json, last_error};
pub use handles::{HANDLES_MAX, HandleKind, Handles};
pub use texts::Texts;
