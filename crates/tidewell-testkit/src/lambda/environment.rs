//! One execution environment: an emulator process and the function's process below it.

use std::fs::File;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;

use super::group::{self, Group};
use super::port::free_port;
use super::{Emulator, Function, HttpAnswer, InvokeError};
use crate::Reply;
use crate::deadline::wait_for;

/// How long the emulator may take to listen, on a machine that starts fifty at once.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// Runs the emulator until our end of the shell's stdin closes, which the system does however this process ends.
const GUARD: &str = "\"$@\" </dev/null & read -r _; kill $!; sleep 1; kill -KILL 0";

/// By this header the emulator takes the id of an invocation; without it makes one up.
const REQUEST_ID: &str = "x-amzn-requestid";

/// A running environment, which does one invocation at a time. Dropping it kills it with all its processes.
///
/// The function starts with the first invocation, and again with the one after it has ended.
#[derive(Debug)]
pub struct Environment {
    group: Group,
    url: String,
    client: Client,
    folder: TempDir,
}

impl Environment {
    /// Starts an emulator in a folder of its own. Blocks until it listens.
    ///
    /// # Panics
    /// When it does not listen within a minute; the message has its log.
    #[must_use]
    pub fn start(emulator: &Emulator, function: &Function) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the environment");
        let log = File::create(folder.path().join("log")).expect("a file for the log");
        let (port, api_port) = (free_port(), free_port());
        let mut command = Command::new("sh");
        command.args(["-c", GUARD, "sh"]).arg(emulator.program());
        command.args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{port}")]);
        command.args(["--runtime-api-address", &format!("127.0.0.1:{api_port}")]).arg(function.bootstrap());
        function.set_variables(&mut command);
        command.current_dir(folder.path()).stdin(Stdio::piped());
        command.stdout(log.try_clone().expect("a second handle of the log")).stderr(log);
        let group = Group::start(&mut command);
        let url = format!("http://127.0.0.1:{port}/2015-03-31/functions/function/invocations");
        let client = Client::builder().no_proxy().tcp_nodelay(true).build().expect("an HTTP client");
        let environment = Self { group, url, client, folder };
        let address = ([127, 0, 0, 1], port).into();
        let listens = || TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok();
        assert!(wait_for(START_PATIENCE, listens).is_some(), "the emulator does not listen:\n{}", environment.log());
        environment
    }

    /// Invokes the function with an event and gives its answer.
    ///
    /// # Errors
    /// What the function or the emulator said instead.
    pub async fn invoke(&self, event: &Value) -> Result<Value, InvokeError> {
        self.invoke_bytes(None, event.to_string()).await.map(|reply| reply.json())
    }

    /// As [`Environment::invoke`], as the invocation of this id.
    ///
    /// # Errors
    /// What the function or the emulator said instead.
    pub async fn invoke_as(&self, request_id: &str, event: &Value) -> Result<Value, InvokeError> {
        self.invoke_bytes(Some(request_id), event.to_string()).await.map(|reply| reply.json())
    }

    /// Invokes the function with any bytes and gives the bytes that it answered.
    ///
    /// # Errors
    /// What the function or the emulator said instead.
    pub async fn invoke_bytes(
        &self,
        request_id: Option<&str>,
        payload: impl Into<Bytes>,
    ) -> Result<Reply, InvokeError> {
        let gone = |error: reqwest::Error| InvokeError::Gone(error.to_string());
        let mut request = self.client.post(&self.url).body(payload.into());
        if let Some(id) = request_id {
            request = request.header(REQUEST_ID, id);
        }
        let response = request.send().await.map_err(gone)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.map_err(gone)?;
        match InvokeError::of(status.as_u16(), &body) {
            Some(error) => Err(error),
            None => Ok(Reply { status, headers, body }),
        }
    }

    /// Sends a request through a Function URL.
    ///
    /// # Panics
    /// When the function gave no answer of HTTP; the message has the environment's log.
    pub async fn request(&self, event: &Value) -> HttpAnswer {
        match self.invoke(event).await {
            Ok(reply) => HttpAnswer::of(&reply),
            Err(error) => panic!("{error:?}\n{}", self.log()),
        }
    }

    /// The function's process id, while it runs.
    #[must_use]
    pub fn function_id(&self) -> Option<u32> {
        // Shell, emulator, function.
        let emulator = group::descendants(self.group.id()).first().copied()?;
        group::descendants(emulator).first().copied()
    }

    /// Kills the function as a crash would, but not the emulator: the invocation ends with [`InvokeError::Ended`] and the next
    /// one starts the function anew. Says whether it ran.
    pub fn kill_function(&self) -> bool {
        let id = self.function_id();
        if let Some(id) = id {
            group::signal("KILL", &[id.to_string()]);
        }
        id.is_some()
    }

    /// The most memory that the function's process had at any time, in bytes, while it runs.
    #[must_use]
    pub fn memory_peak_bytes(&self) -> Option<u64> {
        group::memory_peak_bytes(self.function_id()?)
    }

    /// How long each start of the function took until it asked for its first event, in milliseconds.
    #[must_use]
    pub fn inits_ms(&self) -> Vec<f64> {
        let log = self.log();
        let figures = log.split("INIT REPORT(durationMs: ").skip(1);
        figures.filter_map(|rest| rest.split_once(')')?.0.parse().ok()).collect()
    }

    /// What function and emulator have said.
    #[must_use]
    pub fn log(&self) -> String {
        // Never more than the file: a line that is being written may be cut.
        let bytes = std::fs::read(self.log_path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The file that has it.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Kills function and emulator as a lost machine would, and waits until they are gone.
    pub fn kill(mut self) {
        self.group.kill();
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.group.kill();
        if std::thread::panicking() {
            eprintln!("the log of the environment at {}:\n{}", self.url, self.log());
        }
    }
}

#[cfg(test)]
mod tests;
