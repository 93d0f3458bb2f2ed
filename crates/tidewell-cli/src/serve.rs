//! `tidewell serve`: an engine behind an HTTP port until a signal comes.

use std::net::SocketAddr;

use clap::{Args, FromArgMatches as _};
use tidewell_engine::{AckLevel, Engine, EngineConfig};
use tidewell_env::Env;
use tidewell_server::ServerConfig;
use tokio::net::TcpListener;

use crate::engine_args::{CostArgs, FoldingArgs, LimitArgs, MaintainArgs, StoreArgs, WalArgs};
use crate::failure::Failure;
use crate::size::ByteSize;
use crate::stop_signal::StopSignal;

const EXAMPLES: &str = "\
Examples:
  tidewell serve
  tidewell serve --bind 0.0.0.0:8086 --store /var/lib/tidewell/store --wal-dir /var/lib/tidewell/wal
  tidewell serve --store s3://my-bucket/metrics
  tidewell serve --store s3://my-bucket/metrics --wal-mode every-write --wal-dir /mnt/ssd/wal
  AWS_ENDPOINT_URL=http://localhost:9000 tidewell serve --store s3://my-bucket

On s3:// the standard AWS_* variables give credentials, region and endpoint.
SIGTERM and SIGINT drain and fold before the exit; a second signal exits at once
and leaves the rest to the log.";

/// What to serve and within which bounds.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "TIDEWELL_BIND", value_name = "ADDRESS", default_value = "127.0.0.1:8086")]
    bind: SocketAddr,

    #[command(flatten)]
    store: StoreArgs,

    #[command(flatten)]
    wal: WalArgs,

    #[command(flatten)]
    pub(crate) fold: FoldingArgs,

    #[command(flatten)]
    maintain: MaintainArgs,

    #[command(flatten)]
    limits: LimitArgs,

    #[command(flatten)]
    cost: CostArgs,

    /// The largest request body, once decompressed
    #[arg(long, env = "TIDEWELL_BODY_BYTES_MAX", value_name = "SIZE", default_value_t = body_bytes_max())]
    body_bytes_max: ByteSize,
}

fn body_bytes_max() -> ByteSize {
    ByteSize(ServerConfig::default().body_bytes_max as u64)
}

impl ServeArgs {
    fn config(&self) -> EngineConfig {
        EngineConfig {
            store: self.store.store.clone(),
            wal: self.wal.config(),
            fold: self.fold.config(),
            maintain: self.maintain.config(),
            limits: self.limits.config(),
            prices: self.cost.prices,
            request_budget: self.cost.budget(),
            background: true,
        }
    }

    fn server_config(&self, bind: SocketAddr) -> ServerConfig {
        let default = ServerConfig::default();
        let body_bytes_max = usize::try_from(self.body_bytes_max.0).unwrap_or(usize::MAX);
        ServerConfig { bind, body_bytes_max, bodies_bytes_max: default.bodies_bytes_max.max(body_bytes_max), ..default }
    }
}

/// What `serve` would run with, for other edges that hear the same variables.
#[derive(Clone, Debug)]
pub struct ServeSettings {
    /// The store, its log and the limits.
    pub engine: EngineConfig,
    /// The limits of requests.
    pub server: ServerConfig,
}

/// Reads the `TIDEWELL_*` variables that `tidewell serve` hears, and no flags or files.
///
/// # Errors
/// One line that names the variable and what it takes.
pub fn serve_settings() -> Result<ServeSettings, String> {
    let command = ServeArgs::augment_args(clap::Command::new("serve"));
    let matches = command.try_get_matches_from(["serve"]);
    let args = matches.and_then(|matches| ServeArgs::from_arg_matches(&matches));
    let args = args.map_err(|error| error.to_string().lines().take(2).collect::<Vec<_>>().join(" "))?;
    Ok(ServeSettings { engine: args.config(), server: args.server_config(args.bind) })
}

/// Serves until SIGTERM or SIGINT, then drains and folds.
pub(crate) async fn serve(args: ServeArgs, env: Env) -> Result<(), Failure> {
    let stop = StopSignal::listen(&env)?;
    let listener = TcpListener::bind(args.bind).await.map_err(|error| cannot_listen(args.bind, &error))?;
    let address = listener.local_addr().map_err(|error| cannot_listen(args.bind, &error))?;
    let config = args.config();
    let place = format!("store {} wal {}", config.store, log_place(&config));
    let engine = Engine::open(config, env.clone()).await?;
    eprintln!("tidewell {} listening on http://{address} {place}", env!("CARGO_PKG_VERSION"));
    tidewell_server::serve(engine.clone(), env, listener, args.server_config(address), stop.received()).await;
    Ok(engine.shutdown().await?)
}

/// The level of writes that ask for none, and the folder of the log where that level has one.
fn log_place(config: &EngineConfig) -> String {
    match config.level() {
        level @ (AckLevel::OsDefault | AckLevel::Periodic | AckLevel::EveryWrite) => {
            format!("{level} in {}", config.wal.dir.display())
        }
        level => level.to_string(),
    }
}

fn cannot_listen(bind: SocketAddr, error: &std::io::Error) -> Failure {
    let message = format!("cannot listen on {bind}: {error}");
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            Failure::with_hint(message, "stop what listens there or choose another --bind")
        }
        _ => Failure::work(message),
    }
}
