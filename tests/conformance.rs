//! A real S3 passes the suite that every store must pass.

use std::process::Command;

use tidewell_env::Env;
use tidewell_storage::{Store, StoreOptions, StoreUrl, conformance};

use crate::place::Place;

const STORE_VARIABLE: &str = "TIDEWELL_CONFORMANCE_STORE";

/// Credentials come from the environment of a process, so the suite runs in one of its own.
#[tokio::test(flavor = "multi_thread")]
async fn s3_store_passes_the_conformance_suite() {
    let Some(place) = Place::s3() else { return };
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "conformance::store_of_this_environment_passes", "--nocapture"])
        .envs(place.variables())
        .env(STORE_VARIABLE, place.store())
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the test above, with a store in its environment"]
async fn store_of_this_environment_passes() {
    let url: StoreUrl = std::env::var(STORE_VARIABLE).unwrap().parse().unwrap();
    let store = Store::open(&url, Env::system(), &StoreOptions::default()).unwrap();
    conformance(store).await;
}
