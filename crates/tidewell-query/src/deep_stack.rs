//! Planning on a stack of its own.

use std::future::{Future, poll_fn};
use std::pin::pin;

/// Less than this, and a stack is made.
const NEEDED_BYTES: usize = 12 << 20;
/// Its size; only what is touched takes memory.
const STACK_BYTES: usize = 16 << 20;

/// Runs a future so that each step of it has a large stack.
///
/// The planner walks plans and expressions by recursion and makes more stack when little is left. At the edge of a thread's
/// own stack it does so again and again, which takes a hundred times as long as the planning itself.
pub(crate) async fn on_deep_stack<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| stacker::maybe_grow(NEEDED_BYTES, STACK_BYTES, || future.as_mut().poll(context))).await
}
