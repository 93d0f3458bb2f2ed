//! What a function does with its events.

use std::future::Future;

use bytes::Bytes;
use http::Response;
use serde_json::Value;

use crate::{BodyStream, Failure, HttpCall, Invocation, Message, S3Object, VerbsCall, VerbsReply};

/// Carries out events. One handler serves all invocations of a process: one after the other, or several at once on Lambda Managed
/// Instances. A panic costs its own event and nothing else.
pub trait Handler: Send + Sync + 'static {
    /// Answers a request. Writes have an idempotency key by now, their own or the invocation's.
    fn http(&self, call: HttpCall, invocation: &Invocation) -> impl Future<Output = Response<BodyStream>> + Send;

    /// Replaces an answer that is too large for a buffered reply: by a link to where its bytes were put, or by a refusal. The body
    /// is whole and need not be read. What is returned must fit, or the request is answered with 500.
    fn too_large(
        &self,
        answer: Response<BodyStream>,
        invocation: &Invocation,
    ) -> impl Future<Output = Response<Bytes>> + Send;

    /// Imports objects; the reply is what became of each. Objects are independent of each other.
    ///
    /// # Errors
    ///
    /// Those of all objects as one; Lambda sends the event again, and what was imported counts once.
    fn s3(
        &self,
        objects: Vec<S3Object>,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Value, Failure>> + Send;

    /// Stores the messages of a batch; the reply is the ids of those that the queue must deliver again.
    ///
    /// # Errors
    ///
    /// Where nothing at all could be done: the whole batch is delivered again.
    fn sqs(
        &self,
        messages: Vec<Message>,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Vec<String>, Failure>> + Send;

    /// Maintains the store.
    ///
    /// # Errors
    ///
    /// Those of all verbs as one, after all verbs have had their turn.
    fn verbs(
        &self,
        call: VerbsCall,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<VerbsReply, Failure>> + Send;

    /// A streamed answer broke off after its head was sent. There is no way left to say so within HTTP, so the process ends with
    /// code 1, and Lambda cuts the response off; nothing that was acknowledged is lost by that. A handler whose `broken` returns has
    /// clients that take the rest for the whole.
    fn broken(&self, error: &lambda_runtime::Error) {
        end_process(error);
    }
}

/// What [`Handler::broken`] does unless a handler knows better.
pub(crate) fn end_process(error: &lambda_runtime::Error) -> ! {
    eprintln!("an answer broke off while it was streamed, so the process ends: {error}");
    std::process::exit(1);
}
