//! The Lambda edge: the events of the Runtime API as plain values, a [`Handler`] that does what they ask for, and replies.
//!
//! Which event it is, what an answer looks like and which errors fail an invocation is written down in `docs/lambda.md`.

mod body;
mod dispatch;
mod event;
mod failure;
mod files;
mod function;
mod handler;
mod http_answer;
mod http_call;
mod http_headers;
mod http_target;
mod import_target;
mod invocation;
pub mod log;
mod maintenance;
mod messages;
mod reply;
mod results;
mod runtime;
mod s3_event;
#[cfg(test)]
mod sample;
mod settings;
mod sqs_event;
mod stream_answer;
mod verbs_event;

pub use body::{BodyStream, body_of};
pub use event::Event;
pub use failure::{Failure, FailureKind};
pub use function::Function;
pub use handler::Handler;
pub use http_answer::RESPONSE_BYTES_MAX;
pub use http_call::{HttpCall, Origin, RefusedCall};
pub use import_target::{ImportKind, ImportTarget};
pub use invocation::Invocation;
pub use reply::{VerbReport, VerbsReply};
pub use runtime::{ResponseMode, serve};
pub use s3_event::S3Object;
pub use settings::Settings;
pub use sqs_event::{DecodedMessage, Lines, Message, MessageBody, decode_messages};
pub use verbs_event::{Verb, VerbsCall};
