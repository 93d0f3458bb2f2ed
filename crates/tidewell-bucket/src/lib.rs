//! The bucket itself.
