//! What requests and bytes cost.
