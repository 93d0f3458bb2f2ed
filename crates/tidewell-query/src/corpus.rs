//! Runs the public SQL cases, where they are there, over three arrangements of the same writes.

mod compare;
#[cfg(test)]
mod tests;
