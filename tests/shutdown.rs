//! SIGTERM: drain, fold, exit 0.

use serde_json::json;
use tidewell_testkit::ServerFlags;

use crate::load::segment_rows;
use crate::place::Place;

async fn sigterm_folds_what_is_in_memory(place: &Place, mode: &str) {
    let flags = || ServerFlags::new().flag("--wal-mode", mode);
    let mut server = place.serve("wal", flags());
    server.write("cpu,host=a usage=1,idle=2 1\ncpu,host=b usage=3 2").await;
    server.write("cpu,host=a usage=5 1").await;
    assert!(server.sigterm_and_wait().success(), "{}", server.log());
    let server = place.serve("wal", flags());
    let rows = server.sql("SELECT host, usage, idle FROM cpu ORDER BY host").await;
    let expected = json!([{"host": "a", "usage": 5.0, "idle": 2.0}, {"host": "b", "usage": 3.0}]);
    assert_eq!(serde_json::to_value(rows).unwrap(), expected);
    assert_eq!(segment_rows(&server).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_in_each_mode_folds_and_exits_cleanly() {
    for mode in ["none", "os-default", "periodic", "every-write", "object"] {
        sigterm_folds_what_is_in_memory(&Place::folder(), mode).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_on_s3_folds_and_exits_cleanly() {
    let Some(place) = Place::s3() else { return };
    sigterm_folds_what_is_in_memory(&place, "object").await;
}
