//! A MinIO of our own, in a container or as a process, that ends with the test process.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::deadline::wait_for;

/// How long it may take to listen; a container may have to be fetched first.
const START_PATIENCE: Duration = Duration::from_secs(90);
/// The user and the password it is started with.
pub(crate) const USER: &str = "tidewell-test";
pub(crate) const PASSWORD: &str = "tidewell-test-password";

/// Runs MinIO until our end of the shell's stdin closes, then removes its data. An interrupt from the keyboard goes to the
/// whole group; the shell must outlive it to clean up.
const GUARD: &str = "trap '' INT; \"$0\" server --quiet --address \"$1\" \"$2\" </dev/null & \
                     read -r _; kill $!; wait $!; rm -rf \"$2\"";

/// A running MinIO.
#[derive(Debug)]
pub(crate) struct Minio {
    /// `http://127.0.0.1:<port>`
    pub(crate) endpoint: String,
    /// Ends when our end of its stdin closes, which the system does however this process ends, and takes MinIO along.
    _guard: Child,
}

/// Starts one in a container where a Docker engine answers, else from a binary.
///
/// # Errors
/// Why there is none.
pub(crate) fn start() -> Result<Minio, String> {
    if docker_answers() {
        return start_container();
    }
    match find_binary() {
        Some(program) => start_process(&program),
        None => Err("no Docker engine answers and there is no `minio` on PATH or in the Go folder".to_owned()),
    }
}

fn docker_answers() -> bool {
    let mut command = Command::new("docker");
    command.args(["info", "--format", "{{.ServerVersion}}"]).stdin(Stdio::null()).stderr(Stdio::null());
    command.output().is_ok_and(|output| output.status.success() && !output.stdout.trim_ascii().is_empty())
}

fn start_container() -> Result<Minio, String> {
    let port = free_port().map_err(|error| error.to_string())?;
    let name = format!("tidewell-test-{}-{port}", std::process::id());
    let mut run = Command::new("docker");
    run.args(["run", "--detach", "--rm", "--name", &name, "--publish", &format!("127.0.0.1:{port}:9000")]);
    run.args(["--env", &format!("MINIO_ROOT_USER={USER}"), "--env", &format!("MINIO_ROOT_PASSWORD={PASSWORD}")]);
    run.args(["minio/minio", "server", "/data"]);
    let output = run.stdin(Stdio::null()).output().map_err(|error| format!("docker: {error}"))?;
    if !output.status.success() {
        return Err(format!("docker run minio/minio: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let mut guard = Command::new("sh");
    guard.args(["-c", "trap '' INT; read -r _; exec docker rm --force \"$0\"", &name]);
    ready(&mut guard, port)
}

fn start_process(program: &PathBuf) -> Result<Minio, String> {
    let data = tempfile::tempdir().map_err(|error| error.to_string())?.keep();
    let port = free_port().map_err(|error| error.to_string())?;
    let mut guard = Command::new("sh");
    guard.args(["-c", GUARD]);
    guard.arg(program).arg(format!("127.0.0.1:{port}")).arg(data);
    guard.env("MINIO_ROOT_USER", USER).env("MINIO_ROOT_PASSWORD", PASSWORD);
    ready(&mut guard, port)
}

fn ready(guard: &mut Command, port: u16) -> Result<Minio, String> {
    let guard = guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let guard = guard.map_err(|error| format!("sh: {error}"))?;
    let address = ([127, 0, 0, 1], port).into();
    let listens = || std::net::TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok();
    wait_for(START_PATIENCE, listens).ok_or_else(|| format!("MinIO does not listen on port {port}"))?;
    Ok(Minio { endpoint: format!("http://127.0.0.1:{port}"), _guard: guard })
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn find_binary() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let go = Command::new("go").args(["env", "GOPATH"]).stderr(Stdio::null()).output().ok();
    folders.extend(go.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).join("bin")));
    folders.extend(std::env::var_os("HOME").map(|home| PathBuf::from(home).join("go/bin")));
    folders.iter().map(|folder| folder.join("minio")).find(|program| program.is_file())
}
