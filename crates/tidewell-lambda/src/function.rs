//! What the function does: each event becomes calls of the engine.

use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use futures::stream::StreamExt as _;
use http::{Response, StatusCode};
use serde_json::{Value, json};
use tidewell_engine::{Engine, EngineError, ErrorKind};
use tidewell_env::Env;
use tidewell_server::InProcess;

use crate::{
    BodyStream, Failure, FailureKind, Handler, HttpCall, Invocation, Message, S3Object, Settings, VerbsCall,
    VerbsReply, body_of, files, maintenance, messages, results,
};

/// Of the time that an invocation has, this much is kept for the answer of a request that took too long.
const ANSWER_RESERVE: Duration = Duration::from_secs(2);

/// The engine behind the Runtime API.
#[derive(Debug)]
pub struct Function {
    pub(crate) engine: Engine,
    pub(crate) env: Env,
    pub(crate) settings: Settings,
    server: InProcess,
}

impl Function {
    /// Opens the engine. No request to the store: the first event pays for what it needs.
    ///
    /// # Errors
    /// [`EngineError`] for settings that cannot work, such as half of a pair of credentials.
    pub async fn open(settings: Settings, env: Env) -> Result<Self, EngineError> {
        let engine = Engine::open(settings.engine.clone(), env.clone()).await?;
        let server = InProcess::new(engine.clone(), env.clone(), settings.server.clone());
        Ok(Self { engine, env, settings, server })
    }
}

impl Handler for Function {
    async fn http(&self, call: HttpCall, invocation: &Invocation) -> Response<BodyStream> {
        let time = invocation.left(&self.env).saturating_sub(ANSWER_RESERVE);
        let (answer, end) = (self.server.answer(call.request), self.env.sleep(time));
        match select(std::pin::pin!(answer), std::pin::pin!(end)).await {
            Either::Left((answer, _)) => {
                // A body that is made while it is sent has what is left now.
                let end = self.env.clone();
                let time = invocation.left(&self.env).saturating_sub(ANSWER_RESERVE);
                let end = Box::pin(async move { end.sleep(time).await });
                answer.map(|body| -> BodyStream { Box::pin(until(body, end)) })
            }
            Either::Right(_) => {
                let message = "the function's time ends before the answer is there: ask for less, or give it more time";
                json_answer(StatusCode::GATEWAY_TIMEOUT, &json!({ "error": message })).map(body_of)
            }
        }
    }

    async fn too_large(&self, answer: Response<BodyStream>, _invocation: &Invocation) -> Response<Bytes> {
        results::put(self, answer).await
    }

    async fn s3(&self, objects: Vec<S3Object>, _invocation: &Invocation) -> Result<Value, Failure> {
        files::import(self, &objects).await
    }

    async fn sqs(&self, batch: Vec<Message>, _invocation: &Invocation) -> Result<Vec<String>, Failure> {
        messages::store(self, batch).await
    }

    async fn verbs(&self, call: VerbsCall, invocation: &Invocation) -> Result<VerbsReply, Failure> {
        maintenance::run(self, call, invocation).await
    }
}

/// The body until `end`, then an error: a broken answer is told from a whole one.
fn until(
    body: BodyStream,
    end: impl Future<Output = ()> + Send + Unpin + 'static,
) -> impl futures::Stream<Item = Result<Bytes, lambda_runtime::Error>> + Send {
    let state = Some((body, end));
    futures::stream::unfold(state, |state| async move {
        let (mut body, end) = state?;
        match select(body.next(), end).await {
            Either::Left((None, _)) => None,
            Either::Left((Some(piece), end)) => Some((piece, Some((body, end)))),
            Either::Right(_) => Some((Err("the function's time ends before the answer does".into()), None)),
        }
    })
}

/// An answer of JSON.
pub(crate) fn json_answer(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body.to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    answer
}

/// An engine's failure in the words of an invocation.
pub(crate) fn failure(error: EngineError) -> Failure {
    let kind = match error.kind {
        ErrorKind::Invalid
        | ErrorKind::DatabaseNotFound
        | ErrorKind::NotFound
        | ErrorKind::TooLarge
        | ErrorKind::MemoryLimit => FailureKind::Invalid,
        ErrorKind::Busy | ErrorKind::Unavailable | ErrorKind::Timeout => FailureKind::Unavailable,
        ErrorKind::Unknown => FailureKind::Unknown,
        ErrorKind::Internal => FailureKind::Internal,
    };
    Failure::new(kind, error.message)
}
