//! Texts that a C program holds until it gives them back.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::c_char;
use std::sync::{Mutex, PoisonError};

/// The texts that were given out.
#[derive(Debug)]
pub struct Texts {
    /// By address. Cells, since the program may write into its text.
    given: Mutex<BTreeMap<usize, Vec<Cell<u8>>>>,
}

impl Default for Texts {
    fn default() -> Self {
        Self::new()
    }
}

impl Texts {
    /// None was given out.
    #[must_use]
    pub const fn new() -> Self {
        Self { given: Mutex::new(BTreeMap::new()) }
    }

    /// Gives a text out, ended by NUL; a NUL within becomes U+FFFD.
    #[must_use]
    pub fn give(&self, text: String) -> *mut c_char {
        let text = if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text };
        let mut bytes = text.into_bytes();
        bytes.push(0);
        let cells: Vec<Cell<u8>> = bytes.into_iter().map(Cell::new).collect();
        let address = cells.as_ptr().cast_mut().cast::<c_char>();
        self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(address.addr(), cells);
        address
    }

    /// Takes a text back. NULL is none, which is well.
    ///
    /// # Errors
    /// When the address is of no text that is out: it was given back before, or never came from here.
    pub fn take_back(&self, text: *const c_char) -> Result<(), String> {
        if text.is_null() {
            return Ok(());
        }
        match self.given.lock().unwrap_or_else(PoisonError::into_inner).remove(&text.addr()) {
            Some(_) => Ok(()),
            None => Err("the string is none of this library's, or was freed before: nothing is freed".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
