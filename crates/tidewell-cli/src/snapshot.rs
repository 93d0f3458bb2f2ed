//! `tidewell snapshot create|list|drop|restore`: versions with a name.

use std::time::{Duration, UNIX_EPOCH};

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;
use tidewell_engine::SnapshotInfo;
use tidewell_env::Env;

use crate::failure::Failure;
use crate::output::Output;
use crate::server_client::{ServerClient, refusal};
use crate::target::{Target, TargetArgs};

const EXAMPLES: &str = "\
Examples:
  tidewell snapshot create before-upgrade
  tidewell snapshot list --store s3://my-bucket/metrics
  tidewell query --snapshot before-upgrade 'SELECT count(*) FROM cpu'
  tidewell snapshot restore before-upgrade
  tidewell snapshot drop before-upgrade

A snapshot copies nothing: it keeps what its version needs until it is dropped.";

/// What to do with snapshots.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SnapshotArgs {
    #[command(subcommand)]
    command: SnapshotCommand,
}

#[derive(Subcommand, Debug)]
enum SnapshotCommand {
    /// Give the newest version a name
    #[command(after_help = EXAMPLES)]
    Create(Named),
    /// Print every snapshot of a database
    #[command(after_help = EXAMPLES)]
    List(Which),
    /// Give a name up; what only it kept is collected
    #[command(after_help = EXAMPLES)]
    Drop(Named),
    /// Put a snapshot's rows in the place of today's
    #[command(after_help = EXAMPLES)]
    Restore(Named),
}

#[derive(Args, Debug)]
struct Which {
    #[command(flatten)]
    target: TargetArgs,

    /// The database
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME", default_value = "default")]
    db: String,
}

#[derive(Args, Debug)]
struct Named {
    /// Its name: letters, digits, `.`, `_` and `-`
    #[arg(value_name = "SNAPSHOT")]
    name: String,

    #[command(flatten)]
    which: Which,
}

/// A snapshot as it is printed.
struct Shown {
    name: String,
    version: u64,
    created_at_ns: i64,
}

/// Runs one of them.
pub(crate) async fn snapshot(args: SnapshotArgs, env: Env) -> Result<(), Failure> {
    match args.command {
        SnapshotCommand::Create(Named { name, which }) => print(&[create(&which, &name, env).await?]),
        SnapshotCommand::List(which) => print(&list(&which, env).await?),
        SnapshotCommand::Drop(Named { name, which }) => drop_one(&which, &name, env).await,
        SnapshotCommand::Restore(Named { name, which }) => {
            let version = restore(&which, &name, env).await?;
            Output::stdout().write_table(&["restored", "version"], &[vec![name, version.to_string()]])
        }
    }
}

async fn create(which: &Which, name: &str, env: Env) -> Result<Shown, Failure> {
    match which.target.open(None, env).await? {
        Target::Server(server) => {
            let made = ask(&server, Method::POST, PATH, &[("db", &which.db), ("name", name)]).await?;
            Ok(shown(&made))
        }
        Target::Store(engine) => {
            let made = engine.create_snapshot(&which.db, name).await;
            engine.shutdown().await?;
            Ok(made?.into())
        }
    }
}

async fn list(which: &Which, env: Env) -> Result<Vec<Shown>, Failure> {
    match which.target.open(None, env).await? {
        Target::Server(server) => {
            let listed = ask(&server, Method::GET, PATH, &[("db", &which.db)]).await?;
            Ok(listed["snapshots"].as_array().map(|all| all.iter().map(shown).collect()).unwrap_or_default())
        }
        Target::Store(engine) => Ok(engine.snapshots(&which.db).await?.into_iter().map(Shown::from).collect()),
    }
}

async fn drop_one(which: &Which, name: &str, env: Env) -> Result<(), Failure> {
    match which.target.open(None, env).await? {
        Target::Server(server) => {
            ask(&server, Method::DELETE, PATH, &[("db", &which.db), ("name", name)]).await.map(drop)
        }
        Target::Store(engine) => Ok(engine.drop_snapshot(&which.db, name).await?),
    }
}

async fn restore(which: &Which, name: &str, env: Env) -> Result<u64, Failure> {
    match which.target.open(None, env).await? {
        Target::Server(server) => {
            let query = [("db", which.db.as_str()), ("name", name)];
            let restored = ask(&server, Method::POST, "api/v1/snapshots/restore", &query).await?;
            Ok(restored["version"].as_u64().unwrap_or_default())
        }
        Target::Store(engine) => {
            let version = engine.restore_snapshot(&which.db, name).await;
            engine.shutdown().await?;
            Ok(version?)
        }
    }
}

const PATH: &str = "api/v1/snapshots";

/// What a server answers, as JSON; null for an answer without a body.
async fn ask(server: &ServerClient, method: Method, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
    let response = server.send(server.request(method, path)?.query(query)).await?;
    if !response.status().is_success() {
        return Err(refusal(response).await);
    }
    let body = response.bytes().await.map_err(|error| server.no_answer(&error))?;
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&body).map_err(|error| Failure::work(format!("the server's answer is unreadable: {error}")))
}

impl From<SnapshotInfo> for Shown {
    fn from(snapshot: SnapshotInfo) -> Self {
        let SnapshotInfo { name, version, created_at } = snapshot;
        Self { name, version, created_at_ns: created_at.as_ns() }
    }
}

fn shown(snapshot: &Value) -> Shown {
    Shown {
        name: snapshot["name"].as_str().unwrap_or_default().to_owned(),
        version: snapshot["version"].as_u64().unwrap_or_default(),
        created_at_ns: snapshot["created_at_ns"].as_i64().unwrap_or_default(),
    }
}

fn print(snapshots: &[Shown]) -> Result<(), Failure> {
    let row = |snapshot: &Shown| {
        let since_epoch = Duration::from_nanos(u64::try_from(snapshot.created_at_ns).unwrap_or(0));
        let created = humantime::format_rfc3339_seconds(UNIX_EPOCH + since_epoch).to_string();
        vec![snapshot.name.clone(), snapshot.version.to_string(), created]
    };
    let rows: Vec<Vec<String>> = snapshots.iter().map(row).collect();
    Output::stdout().write_table(&["snapshot", "version", "created"], &rows)
}
