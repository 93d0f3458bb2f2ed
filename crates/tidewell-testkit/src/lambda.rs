//! The function's executable under the Lambda Runtime API: by the real emulator, and by a server of our own for what that
//! cannot do.

mod answer;
mod bootstrap;
mod emulator;
mod environment;
mod event;
mod function;
mod group;
mod http1;
mod invoke_error;
mod port;
mod runtime_api;

pub use answer::HttpAnswer;
pub use bootstrap::Bootstrap;
pub use emulator::Emulator;
pub use environment::Environment;
pub use event::{QueueMessage, all_due, function_url, s3_put, schedule, sqs};
pub use function::Function;
pub use invoke_error::InvokeError;
pub use runtime_api::{Outcome, RuntimeApi};
