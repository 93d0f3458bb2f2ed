//! The planner's session: functions and settings once, catalog and memory for each query.

use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::arrow::temporal_conversions::timestamp_ns_to_datetime;
use datafusion::error::Result;
use datafusion::execution::SessionStateDefaults;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionConfig;
use tidewell_types::TimestampNs;

use crate::QueryLimits;
use crate::catalog::{CATALOG, SCHEMA, ViewCatalog};
use crate::function_caps::capped;
use crate::yielding::YieldWithinJoins;

/// Operators that an error of the memory limit names, those that hold most.
const CONSUMERS_SHOWN: NonZeroUsize = NonZeroUsize::new(3).unwrap();

/// What all sessions share.
#[derive(Debug)]
pub(crate) struct SessionBase {
    state: SessionState,
    runtime: RuntimeEnv,
    memory_bytes_max: usize,
}

impl SessionBase {
    /// Functions of values, aggregates and windows; no way to name a file, no table functions, no settings to change.
    pub(crate) fn new(limits: &QueryLimits) -> Result<Self> {
        let mode =
            if limits.spill_bytes_max == 0 { DiskManagerMode::Disabled } else { DiskManagerMode::OsTmpDirectory };
        let disk = DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(limits.spill_bytes_max);
        let runtime = RuntimeEnvBuilder::new().with_disk_manager_builder(disk).build()?;
        let config = SessionConfig::new()
            .with_create_default_catalog_and_schema(false)
            .with_default_catalog_and_schema(CATALOG, SCHEMA)
            .with_information_schema(true)
            .with_target_partitions(limits.partitions.get());
        let state = SessionStateBuilder::new()
            .with_session_id("tidewell".to_owned())
            .with_config(config)
            .with_expr_planners(SessionStateDefaults::default_expr_planners())
            .with_scalar_functions(capped(SessionStateDefaults::default_scalar_functions()))
            .with_higher_order_functions(SessionStateDefaults::default_higher_order_functions())
            .with_aggregate_functions(SessionStateDefaults::default_aggregate_functions())
            .with_window_functions(SessionStateDefaults::default_window_functions())
            .with_physical_optimizer_rule(Arc::new(YieldWithinJoins))
            .build();
        Ok(Self { state, runtime, memory_bytes_max: limits.memory_bytes_max })
    }

    /// A session for one query that starts at `now`.
    pub(crate) fn session(&self, catalog: ViewCatalog, now: TimestampNs) -> Result<SessionState> {
        let pool = TrackConsumersPool::new(FairSpillPool::new(self.memory_bytes_max), CONSUMERS_SHOWN);
        let runtime =
            RuntimeEnvBuilder::from_runtime_env(&self.runtime).with_memory_pool(Arc::new(pool)).build_arc()?;
        let mut state = SessionStateBuilder::new_from_existing(self.state.clone())
            .with_session_id("tidewell".to_owned())
            .with_catalog_list(Arc::new(catalog))
            .with_runtime_env(runtime)
            .build();
        let start = timestamp_ns_to_datetime(now.as_ns()).map(|start| start.and_utc());
        state.execution_props_mut().query_execution_start_time = start;
        Ok(state)
    }
}
