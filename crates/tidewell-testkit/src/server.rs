//! The real `tidewell serve` as a child process.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::deadline::wait_for;
use crate::{S3, binary};

/// How long a server may take to become ready; it may have a log to replay.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// How long a server may take to drain and fold.
const STOP_PATIENCE: Duration = Duration::from_secs(60);

/// How to start a server.
#[derive(Clone, Debug, Default)]
pub struct ServerFlags {
    flags: Vec<String>,
    variables: Vec<(String, String)>,
    port: u16,
}

impl ServerFlags {
    /// A free port and the defaults for everything else.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a flag with its value.
    #[must_use]
    pub fn flag(mut self, name: &str, value: impl ToString) -> Self {
        self.flags.extend([name.to_owned(), value.to_string()]);
        self
    }

    /// Adds a variable of the environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Puts the store into a bucket.
    #[must_use]
    pub fn s3(mut self, s3: &S3) -> Self {
        self.variables.extend(s3.variables());
        self.flag("--store", s3.store_url())
    }

    /// Listens on this port instead of a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }
}

/// A running server. Dropping it kills it.
///
/// Its working directory is `folder`, so a server without flags keeps its store in `folder/data/store` and its log in
/// `folder/data/wal`; a second server in the same folder finds what the first left.
#[derive(Debug)]
pub struct TestServer {
    child: Child,
    url: String,
    folder: PathBuf,
    log_path: PathBuf,
    own_folder: Option<TempDir>,
}

impl TestServer {
    /// Starts a server in a fresh folder that goes with it.
    ///
    /// # Panics
    /// When it is not ready within a minute; the message has its log.
    #[must_use]
    pub fn start(flags: &ServerFlags) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the server");
        let mut server = Self::start_in(folder.path(), flags);
        server.own_folder = Some(folder);
        server
    }

    /// Starts a server in a folder of the test's. Blocks until it is ready.
    ///
    /// # Panics
    /// When it is not ready within a minute; the message has its log.
    #[must_use]
    pub fn start_in(folder: &Path, flags: &ServerFlags) -> Self {
        Self::try_start_in(folder, flags).unwrap_or_else(|log| panic!("the server did not start:\n{log}"))
    }

    /// As [`TestServer::start_in`], for a start that may be refused.
    ///
    /// # Errors
    /// The server's log, when it ended or said nothing for a minute.
    ///
    /// # Panics
    /// When the binary cannot be run.
    pub fn try_start_in(folder: &Path, flags: &ServerFlags) -> Result<Self, String> {
        let (log_path, log) = fresh_log(folder);
        let mut command = Command::new(binary());
        command.arg("serve").arg("--bind").arg(format!("127.0.0.1:{}", flags.port)).args(&flags.flags);
        // What the environment of the test says must not leak into the server.
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        command.envs(flags.variables.iter().cloned()).current_dir(folder);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("the binary runs");
        let answer = wait_for(START_PATIENCE, || match ready_url(&log_path) {
            Some(url) => Some(Some(url)),
            None => child.try_wait().ok().flatten().map(|_| None),
        });
        let Some(url) = answer.flatten() else {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
            return Err(std::fs::read_to_string(&log_path).unwrap_or_default());
        };
        Ok(Self { child, url, folder: folder.to_owned(), log_path, own_folder: None })
    }

    /// `http://127.0.0.1:<port>`
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.url.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default()
    }

    /// Its working directory.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The file that has its stderr.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        &self.log_path
    }

    /// What it has said on stderr.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log_path).unwrap_or_default()
    }

    /// Kills it as a crash would and waits until it is gone; the folder stays unless it was the server's own.
    pub fn kill9(mut self) {
        self.end();
    }

    /// As [`TestServer::kill9`], and gives a folder of its own to the caller, to start another server in.
    #[must_use]
    pub fn kill9_and_keep(mut self) -> Option<TempDir> {
        self.end();
        self.own_folder.take()
    }

    /// Sends it a signal, named as `kill` names it, like `TERM`.
    ///
    /// # Panics
    /// When there is no such process any more.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(status.is_ok_and(|status| status.success()), "no SIG{name} for process {}", self.child.id());
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Panics
    /// When it takes more than a minute.
    pub fn sigterm_and_wait(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    /// When it takes more than a minute.
    pub fn wait(&mut self) -> ExitStatus {
        let child = &mut self.child;
        let status = wait_for(STOP_PATIENCE, || child.try_wait().expect("a child to wait for"));
        status.unwrap_or_else(|| panic!("the server did not stop:\n{}", self.log()))
    }

    fn end(&mut self) {
        // It may have ended by itself, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            eprintln!("the log of the server at {}:\n{}", self.url, self.log());
        }
    }
}

/// The first `server-<n>.log` that was not there yet: servers that start together in one folder must not read each other's
/// addresses.
fn fresh_log(folder: &Path) -> (PathBuf, File) {
    let paths = (0..).map(|number| folder.join(format!("server-{number}.log")));
    for path in paths {
        match File::create_new(&path) {
            Ok(log) => return (path, log),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => panic!("a file for the server's log at {}: {error}", path.display()),
        }
    }
    unreachable!("numbers have no end")
}

/// The address in the line that says that the server is ready, once all of it is there.
fn ready_url(log_path: &Path) -> Option<String> {
    let log = std::fs::read_to_string(log_path).ok()?;
    let (_, rest) = log.split_once("listening on http://")?;
    let address = rest.split_once(char::is_whitespace)?.0;
    Some(format!("http://{address}"))
}

/// Whether a variable configures a server or its access to a bucket.
pub(crate) fn is_ours(variable: &str) -> bool {
    variable.starts_with("TIDEWELL_") || variable.starts_with("AWS_") || variable == "RUST_LOG"
}

#[cfg(test)]
mod tests;
