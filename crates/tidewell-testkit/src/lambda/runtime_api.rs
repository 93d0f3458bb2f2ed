//! A Runtime API of our own, for what the emulator does not do: answers over 6 MB, and a kill at a chosen point of the
//! exchange. What it says follows the public description of the Runtime API.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tidewell_env::Env;

use super::http1::{Request, read_request, write_reply};
use super::{HttpAnswer, InvokeError};

/// How often a waiting connection looks whether its client is still there.
const LOOK: Duration = Duration::from_millis(10);

/// A server on a free port. Dropping it ends it.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    offered: VecDeque<Offer>,
    /// Ids of the invocations that a function has taken, in that order.
    taken: Vec<String>,
    outcomes: BTreeMap<String, Outcome>,
    init_error: Option<Vec<u8>>,
    is_over: bool,
}

#[derive(Debug)]
struct Offer {
    request_id: String,
    timeout: Duration,
    payload: Vec<u8>,
}

/// What a function posted for an invocation.
#[derive(Clone, Debug)]
pub struct Outcome {
    is_error: bool,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Outcome {
    /// The answer as JSON.
    ///
    /// # Errors
    /// The error that was posted instead.
    ///
    /// # Panics
    /// When it is no JSON.
    pub fn value(&self) -> Result<Value, InvokeError> {
        let value = serde_json::from_slice(&self.body).expect("an answer of JSON");
        match InvokeError::told(&value).filter(|_| self.is_error) {
            Some(error) => Err(error),
            None => Ok(value),
        }
    }

    /// The answer to a request, buffered or streamed.
    ///
    /// # Panics
    /// When it is none, or was broken off.
    #[must_use]
    pub fn http(&self) -> HttpAnswer {
        assert!(!self.is_broken_off(), "broken off: {:?}", self.headers);
        if self.is_streamed() {
            return HttpAnswer::of_stream(&self.body);
        }
        HttpAnswer::of(&self.value().unwrap_or_else(|error| panic!("{error:?}")))
    }

    /// Whether it came as a stream.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        self.headers.get("lambda-runtime-function-response-mode").is_some_and(|mode| mode == "streaming")
    }

    /// Whether the stream ended with an error in its trailers.
    #[must_use]
    pub fn is_broken_off(&self) -> bool {
        !self.is_error && self.headers.contains_key("lambda-runtime-function-error-type")
    }
}

impl RuntimeApi {
    /// Starts to listen.
    ///
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("the port's number");
        let shared = Arc::new(Shared::default());
        let server = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if server.lock().is_over {
                    return;
                }
                let server = Arc::clone(&server);
                // A connection that breaks off is what a killed function leaves.
                std::thread::spawn(move || server.serve(&stream).ok());
            }
        });
        Self { address, shared }
    }

    /// What `AWS_LAMBDA_RUNTIME_API` has to be.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Hands an invocation to whichever function asks next. An offer of the same id that nobody took is replaced.
    pub fn offer(&self, request_id: &str, timeout: Duration, event: &Value) {
        self.offer_bytes(request_id, timeout, event.to_string().into_bytes());
    }

    /// As [`RuntimeApi::offer`], with any bytes for an event.
    pub fn offer_bytes(&self, request_id: &str, timeout: Duration, payload: Vec<u8>) {
        let mut state = self.shared.lock();
        state.offered.retain(|offer| offer.request_id != request_id);
        state.offered.push_back(Offer { request_id: request_id.to_owned(), timeout, payload });
        drop(state);
        self.shared.changed.notify_all();
    }

    /// How often a function took this invocation.
    #[must_use]
    pub fn taken(&self, request_id: &str) -> usize {
        self.shared.lock().taken.iter().filter(|id| *id == request_id).count()
    }

    /// What was posted for this invocation, waited for as long as `patience`; each outcome is given once.
    pub async fn outcome(&self, request_id: &str, patience: Duration) -> Option<Outcome> {
        let env = Env::system();
        let start = env.monotonic();
        loop {
            if let Some(outcome) = self.shared.lock().outcomes.remove(request_id) {
                return Some(outcome);
            }
            if env.monotonic() - start > patience {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The error of an init, once one was posted.
    #[must_use]
    pub fn init_error(&self) -> Option<String> {
        self.shared.lock().init_error.as_ref().map(|body| String::from_utf8_lossy(body).into_owned())
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
        // Wakes whoever accepts; when that fails there is nobody to wake.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers the requests of one connection until the client closes it.
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        while let Some(request) = read_request(&mut reader)? {
            if request.path.ends_with("/runtime/invocation/next") {
                let Some(offer) = self.next(stream)? else { return Ok(()) };
                self.hand_out(stream, &offer)?;
            } else {
                self.take_in(request);
                write_reply(&mut &*stream, "202 Accepted", &[], br#"{"status":"OK"}"#)?;
            }
        }
        Ok(())
    }

    /// Waits for an offer; `None` once the client is gone or it is all over.
    fn next(&self, stream: &TcpStream) -> io::Result<Option<Offer>> {
        let mut state = self.lock();
        loop {
            if state.is_over || is_closed(stream)? {
                return Ok(None);
            }
            if let Some(offer) = state.offered.pop_front() {
                state.taken.push(offer.request_id.clone());
                return Ok(Some(offer));
            }
            state = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn hand_out(&self, mut stream: &TcpStream, offer: &Offer) -> io::Result<()> {
        let timeout_ms = i64::try_from(offer.timeout.as_millis()).unwrap_or(i64::MAX);
        let deadline_ms = (Env::system().now().as_ns() / 1_000_000).saturating_add(timeout_ms);
        let headers = [
            ("Lambda-Runtime-Aws-Request-Id", offer.request_id.clone()),
            ("Lambda-Runtime-Deadline-Ms", deadline_ms.to_string()),
            (
                "Lambda-Runtime-Invoked-Function-Arn",
                "arn:aws:lambda:us-east-1:012345678912:function:tidewell".to_owned(),
            ),
            ("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0".to_owned()),
        ];
        write_reply(&mut stream, "200 OK", &headers, &offer.payload)
    }

    /// Keeps what was posted below `/2018-06-01/runtime/`.
    fn take_in(&self, request: Request) {
        let mut state = self.lock();
        if request.path.ends_with("/runtime/init/error") {
            state.init_error = Some(request.body);
            return;
        }
        let mut parts = request.path.rsplit('/');
        let (verb, id) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let outcome = Outcome { is_error: verb == "error", headers: request.headers, body: request.body };
        state.outcomes.insert(id.to_owned(), outcome);
    }
}

/// Whether the client has closed its end.
fn is_closed(stream: &TcpStream) -> io::Result<bool> {
    stream.set_nonblocking(true)?;
    let seen = stream.peek(&mut [0]);
    stream.set_nonblocking(false)?;
    match seen {
        Ok(count) => Ok(count == 0),
        Err(error) => Ok(error.kind() != io::ErrorKind::WouldBlock),
    }
}

#[cfg(test)]
mod tests;
