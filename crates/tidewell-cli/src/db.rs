//! `tidewell db`: the databases of a server or a store.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;
use tidewell_env::Env;

use crate::failure::Failure;
use crate::output::Output;
use crate::server_client::{ServerClient, refusal};
use crate::target::{Target, TargetArgs};

const EXAMPLES: &str = "\
Examples:
  tidewell db list
  tidewell db list --store s3://my-bucket/metrics";

/// What to do with databases.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DbArgs {
    #[command(subcommand)]
    command: DbCommand,
}

#[derive(Subcommand, Debug)]
enum DbCommand {
    /// Print the name of every database, one a line
    #[command(after_help = EXAMPLES)]
    List(TargetArgs),
}

/// Runs one of them.
pub(crate) async fn db(args: DbArgs, env: Env) -> Result<(), Failure> {
    let DbCommand::List(target) = args.command;
    let names = match target.open(None, env).await? {
        Target::Server(server) => ask_server(&server).await?,
        Target::Store(engine) => engine.databases().await?,
    };
    let mut output = Output::stdout();
    for name in names {
        output.write(format!("{name}\n").as_bytes())?;
    }
    output.finish()
}

async fn ask_server(server: &ServerClient) -> Result<Vec<String>, Failure> {
    let request = server.request(Method::GET, "api/v3/configure/database")?.query(&[("format", "json")]);
    let response = server.send(request).await?;
    if !response.status().is_success() {
        return Err(refusal(response).await);
    }
    let body = response.bytes().await.map_err(|error| server.no_answer(&error))?;
    let rows: Vec<Value> = serde_json::from_slice(&body)
        .map_err(|error| Failure::work(format!("the server's list is unreadable: {error}")))?;
    let name = |row: &Value| row.get("iox::database").and_then(Value::as_str).map(str::to_owned);
    Ok(rows.iter().filter_map(name).collect())
}
