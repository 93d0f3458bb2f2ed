//! Data in and out: CSV over HTTP and from files, exports, and what was exported brought in again.

use std::process::Output;

use tidewell_testkit::{ServerFlags, TestServer};

use crate::command_line::{printed, tidewell};
use crate::place::Place;

const CSV: &str = "when;room;temp;open\n31.01.2024 12:00;kitchen;21,5;true\n31.01.2024 13:00;hall;19,25;false\n\
                   01.02.2024 12:00;kitchen;22,0;true\n";

fn failed(output: &Output) -> String {
    assert_ne!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn post(server: &TestServer, path: &str, body: &str) -> (u16, String) {
    let client = reqwest::Client::new();
    let reply = client.post(format!("{}/{path}", server.url())).body(body.to_owned()).send().await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap())
}

async fn get(server: &TestServer, path: &str) -> String {
    reqwest::get(format!("{}/{path}", server.url())).await.unwrap().text().await.unwrap()
}

async fn csv_and_export(place: &Place) {
    let server = place.serve("wal", ServerFlags::new().flag("--wal-mode", "object"));
    let (status, reply) =
        post(&server, "api/v1/import/csv?db=home&table=climate&tags=room&time_format=day_first", CSV).await;
    assert_eq!(status, 200, "{reply}");
    assert!(reply.contains("\"rows\":3") && reply.contains("\"rejected_count\":0"), "{reply}");
    let page = get(&server, "api/v1/tables/climate/rows?db=home&format=csv&columns=room,temp&start=2024-02-01").await;
    assert_eq!(page, "room,temp\nkitchen,22.0\n");
    let schema = get(&server, "api/v1/tables/climate/schema?db=home").await;
    assert!(schema.contains(r#"{"kind":"tag","name":"room","type":"string"}"#), "{schema}");

    let store = place.store();
    let query = |store: &str, sql: &str| {
        printed(&tidewell(place, &["query", "--store", store, "--db", "home", "--format", "csv", sql], ""))
    };
    let all = "SELECT room, temp, open, time FROM climate ORDER BY time";
    let before = query(&store, all);
    for file in ["all.parquet", "all.csv"] {
        let written =
            printed(&tidewell(place, &["export", "climate", "--db", "home", "--store", &store, "-o", file], ""));
        assert!(written.contains(file) && written.contains('3'), "{written}");
    }
    let from_server =
        tidewell(place, &["export", "climate", "--db", "home", "--host", server.url(), "-o", "remote.parquet"], "");
    assert!(from_server.status.success(), "{from_server:?}");

    // What went out comes in again, the same.
    for (file, name) in [("all.parquet", "parquet"), ("remote.parquet", "remote")] {
        let target = format!("back-{name}");
        let args = [
            "import", "parquet", "--direct", "--store", &target, "--db", "home", "-m", "climate", "--tags", "room",
            file,
        ];
        printed(&tidewell(place, &args, ""));
        assert_eq!(query(&target, all), before, "{file}");
    }
    let args = [
        "import", "csv", "--direct", "--store", "back-csv", "--db", "home", "-m", "climate", "--tags", "room",
        "all.csv",
    ];
    printed(&tidewell(place, &args, ""));
    assert_eq!(query("back-csv", all), before);
    server.kill9();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_comes_in_again_on_a_folder() {
    csv_and_export(&Place::folder()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_comes_in_again_on_s3() {
    let Some(place) = Place::s3() else { return };
    csv_and_export(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn export_by_day_makes_a_folder_a_day_and_comes_in_again() {
    let place = Place::folder();
    let lines: String = (0..5000)
        .map(|row| format!("m,host=h{} v={row}i {}\n", row % 3, 1_704_067_200_000_000_000 + row * 60_000_000_000_i64))
        .collect();
    printed(&tidewell(&place, &["write", "--store", "store", "--wal-dir", "wal", "-"], &lines));
    let args = ["export", "m", "--store", "store", "--partition-by", "day", "--compression", "snappy", "-o", "days"];
    printed(&tidewell(&place, &args, ""));
    let days: Vec<_> = std::fs::read_dir(place.path().join("days")).unwrap().collect();
    assert_eq!(days.len(), 4);
    let args = ["import", "parquet", "--no-hive", "--direct", "--store", "back", "-m", "m", "--tags", "host", "days"];
    printed(&tidewell(&place, &args, ""));
    let sum = "SELECT count(*) AS n, sum(v) AS s, count(DISTINCT host) AS h FROM m";
    let answer = printed(&tidewell(&place, &["query", "--store", "back", "--format", "csv", sum], ""));
    assert_eq!(answer, "n,s,h\n5000,12497500,3\n");
    // By a column, the column is in the folders' names, and comes back as a tag.
    let args = ["export", "m", "--store", "store", "--partition-by", "host", "-o", "hosts"];
    printed(&tidewell(&place, &args, ""));
    assert!(place.path().join("hosts/host=h1/part-0.parquet").exists());
    printed(&tidewell(&place, &["import", "parquet", "--direct", "--store", "again", "-m", "m", "hosts"], ""));
    let answer = printed(&tidewell(&place, &["query", "--store", "again", "--format", "csv", sum], ""));
    assert_eq!(answer, "n,s,h\n5000,12497500,3\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn export_to_a_bucket_in_parts_reads_back() {
    let Some(place) = Place::s3() else { return };
    // Numbers that no codec makes small: more than one part of a multipart upload.
    let mut noise = 0x9E37_79B9_7F4A_7C15_u64;
    let mut line = |row: i64| {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        format!("m v={}i,w={}i {row}\n", noise >> 1, (noise.rotate_left(32)) >> 1)
    };
    let lines: String = (0..1_200_000).map(&mut line).collect();
    let store = place.store();
    printed(&tidewell(&place, &["write", "--store", &store, "-"], &lines));
    let out = format!("{store}-export/m.parquet");
    printed(&tidewell(&place, &["export", "m", "--store", &store, "-o", &out], ""));
    printed(&tidewell(&place, &["import", "parquet", "--direct", "--store", "back", "-m", "m", &out], ""));
    let sum = "SELECT count(*) AS n, min(v) AS a, max(w) AS b FROM m";
    let of = |store: &str| printed(&tidewell(&place, &["query", "--store", store, "--format", "csv", sum], ""));
    assert_eq!(of("back"), of(&store));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_that_cannot_work_says_why() {
    let place = Place::folder();
    std::fs::write(place.path().join("a.parquet"), b"PAR1 and no footer").unwrap();
    std::fs::write(place.path().join("b.csv"), b"a,b\n1,2\n").unwrap();
    let refused = failed(&tidewell(&place, &["import", "parquet", "--direct", "--store", "s", "a.parquet"], ""));
    assert!(refused.contains("a.parquet"), "{refused}");
    let refused = failed(&tidewell(&place, &["import", "csv", "--direct", "--store", "s", "b.csv"], ""));
    assert!(refused.contains("b.csv") && refused.contains("time"), "{refused}");
    let refused =
        failed(&tidewell(&place, &["import", "parquet", "--direct", "--store", "s", "nothing-here.parquet"], ""));
    assert!(refused.contains("nothing-here.parquet"), "{refused}");
    let usage = tidewell(&place, &["export", "m", "--store", "s", "-o", "noending"], "");
    assert_eq!(usage.status.code(), Some(2), "{usage:?}");
}
