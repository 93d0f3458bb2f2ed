//! The executable of the function.

fn main() {}
