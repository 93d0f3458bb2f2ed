//! What every handler shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tidewell_engine::Engine;
use tidewell_env::Env;
use tidewell_types::TimestampNs;

use crate::ServerConfig;
use crate::body_budget::BodyBudget;
use crate::traffic::Traffic;

/// This program's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit it was built from, where the build said so.
pub(crate) const COMMIT: &str = match option_env!("TIDEWELL_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};

/// What every handler shares.
pub(crate) type Shared = Arc<App>;

/// The engine, the doors, the limits and the counters.
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) env: Env,
    pub(crate) config: ServerConfig,
    pub(crate) traffic: Traffic,
    pub(crate) bodies: Arc<BodyBudget>,
    pub(crate) started: TimestampNs,
    started_at: Duration,
    draining: AtomicBool,
}

impl App {
    pub(crate) fn new(engine: Engine, env: Env, config: ServerConfig) -> Shared {
        Arc::new(Self {
            traffic: Traffic::default(),
            bodies: Arc::new(BodyBudget::new(config.bodies_bytes_max.max(config.body_bytes_max))),
            started: env.now(),
            started_at: env.monotonic(),
            draining: AtomicBool::new(false),
            engine,
            env,
            config,
        })
    }

    /// How long it has been up.
    pub(crate) fn uptime(&self) -> Duration {
        self.env.monotonic().saturating_sub(self.started_at)
    }

    /// Says from now on that it is not ready, so that balancers look elsewhere.
    pub(crate) fn start_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.engine.hurry();
    }

    /// Whether it takes requests.
    pub(crate) fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed) && self.engine.is_ready()
    }
}
