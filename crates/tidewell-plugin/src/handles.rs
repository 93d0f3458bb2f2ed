//! What a C program holds of a reader or writer: a number that is looked up.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most readers or writers that may be alive at once.
pub const HANDLES_MAX: usize = 65_536;

/// What a handle stands for; its letter is the handle's highest byte, so that one of another library is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandleKind {
    /// A reader of `create_reader`.
    Reader,
    /// A writer of `create_writer`.
    Writer,
}

impl HandleKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Writer => "writer",
        }
    }

    const fn letter(self) -> u8 {
        match self {
            Self::Reader => b'R',
            Self::Writer => b'W',
        }
    }

    const fn base(self) -> usize {
        (self.letter() as usize) << (usize::BITS - 8)
    }

    const fn other(self) -> Self {
        match self {
            Self::Reader => Self::Writer,
            Self::Writer => Self::Reader,
        }
    }
}

/// The readers or writers that are alive.
///
/// Calls with one handle wait for each other; those with different ones do not. One that is freed while a call uses it
/// lives until that call has ended.
#[derive(Debug)]
pub struct Handles<T> {
    kind: HandleKind,
    alive: Mutex<Alive<T>>,
}

#[derive(Debug)]
struct Alive<T> {
    /// Numbers are never used again.
    next: usize,
    values: BTreeMap<usize, Arc<Mutex<T>>>,
}

impl<T> Handles<T> {
    /// None are alive.
    #[must_use]
    pub const fn new(kind: HandleKind) -> Self {
        Self { kind, alive: Mutex::new(Alive { next: 0, values: BTreeMap::new() }) }
    }

    fn alive(&self) -> MutexGuard<'_, Alive<T>> {
        // The map is whole at every point where its user could panic.
        self.alive.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A handle for a value; odd, so that it is the address of nothing that a program allocates.
    ///
    /// # Errors
    /// At [`HANDLES_MAX`] of them: free some.
    pub fn add(&self, value: T) -> Result<*mut c_void, String> {
        let mut alive = self.alive();
        let name = self.kind.name();
        if alive.values.len() >= HANDLES_MAX {
            return Err(format!("{HANDLES_MAX} {name}s are alive: free those that are done with free_{name}"));
        }
        let number = self.kind.base() | (alive.next << 1) | 1;
        alive.next += 1;
        alive.values.insert(number, Arc::new(Mutex::new(value)));
        Ok(std::ptr::without_provenance_mut(number))
    }

    /// Works with the value of a handle.
    ///
    /// # Errors
    /// When the handle is NULL or of nothing that is alive, when an earlier call on it panicked, and those of `work`.
    pub fn with<R>(&self, handle: *mut c_void, work: impl FnOnce(&mut T) -> Result<R, String>) -> Result<R, String> {
        let value = self.alive().values.get(&handle.addr()).map(Arc::clone).ok_or_else(|| self.no_such(handle))?;
        let mut value = value.lock().map_err(|_| {
            let name = self.kind.name();
            format!("an earlier call on this {name} met an internal error: free it with free_{name}")
        })?;
        work(&mut value)
    }

    /// Ends a handle, and gives its value where no other call is using it.
    ///
    /// # Errors
    /// When the handle is of nothing that is alive: nothing is freed then.
    pub fn remove(&self, handle: *mut c_void) -> Result<Option<T>, String> {
        let value = self.alive().values.remove(&handle.addr()).ok_or_else(|| self.no_such(handle))?;
        Ok(Arc::into_inner(value).map(|value| value.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }

    fn no_such(&self, handle: *mut c_void) -> String {
        let name = self.kind.name();
        if handle.is_null() {
            return format!("the {name} is NULL: create_{name} failed, and last_error said why");
        }
        let other = self.kind.other();
        if handle.addr() >> (usize::BITS - 8) == usize::from(other.letter()) && handle.addr() & 1 == 1 {
            return format!("the handle is that of a {}, where a {name} is wanted", other.name());
        }
        format!("the handle is of no {name} that is alive: it was freed, or never came from create_{name}")
    }
}

#[cfg(test)]
mod tests;
