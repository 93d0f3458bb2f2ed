//! `tidewell health`: whether a server answers and is ready, by its exit code; for health checks of containers.

use std::time::Duration;

use clap::Args;
use reqwest::Method;

use crate::failure::Failure;
use crate::output::Output;
use crate::server_client::{ServerClient, refusal};

const EXAMPLES: &str = "\
Examples:
  tidewell health
  tidewell health --host http://tidewell:8086 --timeout 5s

Exit code 0 once the server takes requests, 1 while it starts or stops and where nobody answers.";

/// Which server, and how long it may take.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HealthArgs {
    /// The server
    #[arg(long, env = "TIDEWELL_HOST", value_name = "URL", default_value = "http://localhost:8086")]
    host: String,

    /// How long it may take to answer
    #[arg(long, value_name = "SPAN", default_value = "2s", value_parser = humantime::parse_duration)]
    timeout: Duration,
}

/// Asks `/ready` once.
pub(crate) async fn health(args: HealthArgs) -> Result<(), Failure> {
    let server = ServerClient::new(&args.host, None)?;
    let request = server.request(Method::GET, "ready")?.timeout(args.timeout);
    let response = server.send(request).await?;
    if !response.status().is_success() {
        return Err(refusal(response).await);
    }
    let mut out = Output::stdout();
    out.write(b"ready\n")?;
    out.finish()
}
