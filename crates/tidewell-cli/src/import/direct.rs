//! Files straight into a store: segments and commits, no server and no log.

use std::sync::Arc;

use tidewell_engine::{ImportOptions, ImportProgress};
use tidewell_env::Env;

use super::CommonArgs;
use super::bars::Bars;
use super::report::report;
use crate::failure::Failure;
use crate::stop_signal::StopSignal;

pub(super) async fn import(args: &CommonArgs, options: &ImportOptions, env: Env) -> Result<(), Failure> {
    let engine = args.open_store(env.clone()).await?;
    let files = engine.find_files(&args.sources, options).await?;
    if args.schema_only {
        return super::plan::report(&engine.plan_import(&args.db, &files, options).await?);
    }
    let progress = Arc::new(ImportProgress::new());
    let stop = StopSignal::listen(&env)?;
    let watch = env.spawn({
        let progress = Arc::clone(&progress);
        async move {
            stop.received().await;
            progress.cancel();
        }
    });
    let bars = Bars::follow(&progress, &env);
    let summary = engine.import(&args.db, &files, options, &progress).await;
    drop(bars);
    watch.abort();
    report(&summary?)
}
