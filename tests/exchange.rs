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

#[tokio::test(flavor = "multi_thread")]
async fn registered_files_and_live_writes_are_one_table() {
    let place = Place::folder();
    let run = |args: &[&str], input: &str| tidewell(&place, args, input);
    let lines: String = (0..900).map(|row| format!("m,host=h{} v={row}i {}\n", row % 3, START_NS + row)).collect();
    printed(&run(&["write", "--store", "other", "--wal-dir", "w", "-"], &lines));
    printed(&run(&["export", "m", "--store", "other", "--partition-by", "host", "-o", "lake"], ""));
    let register = ["import", "parquet", "--register", "--store", "store", "-m", "m", "-t", "time", "lake"];
    let said = printed(&run(&register, ""));
    assert!(said.contains("900"), "{said}");
    let live = format!("m,host=h1 v=1000000i {}\nm,host=h9 v=5i {}\n", START_NS + 1, START_NS + 5000);
    printed(&run(&["write", "--store", "store", "--wal-dir", "w2", "-"], &live));
    let count =
        ["query", "--store", "store", "--wal-dir", "w2", "--format", "csv", "SELECT count(*) AS n, sum(v) AS s FROM m"];
    // One row was there already, with another value; one is new.
    let expected = format!("n,s\n901,{}\n", (0..900).sum::<i64>() - 1 + 1_000_000 + 5);
    assert_eq!(printed(&run(&count, "")), expected);
    printed(&run(&["compact", "--store", "store"], ""));
    printed(&run(&["gc", "--store", "store"], ""));
    assert_eq!(printed(&run(&count, "")), expected);
    // Registering the same again changes nothing; a file that changed underneath is told by name.
    printed(&run(&register, ""));
    assert_eq!(printed(&run(&count, "")), expected);
    let file = place.path().join("lake/host=h2/part-0.parquet");
    std::fs::copy(place.path().join("lake/host=h0/part-0.parquet"), &file).unwrap();
    let refused = failed(&run(&count, ""));
    assert!(refused.contains("host=h2/part-0.parquet") && refused.contains("changed"), "{refused}");
    printed(&run(&register, ""));
    assert!(run(&count, "").status.success());
}

/// Of 2024; far from where magnitude would make it another unit.
const START_NS: i64 = 1_704_067_200_000_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_files_from_s3_killed_and_resumed_are_stored_exactly_once() {
    let Some(place) = Place::s3() else { return };
    let row = |row: i64| format!("m,host=h{:02} v={row}i,w=0.5 {}\n", row % 20, START_NS + row);
    let lines: String = (0..200_000).map(row).collect();
    printed(&tidewell(&place, &["write", "--store", "source", "--wal-dir", "w", "-"], &lines));
    let lake = format!("{}-lake", place.store());
    printed(&tidewell(&place, &["export", "m", "--store", "source", "--partition-by", "host", "-o", &lake], ""));
    let store = place.store();
    let args =
        ["import", "parquet", "--direct", "--store", &store, "-m", "m", "--resume", "--memory-limit", "32MiB", &lake];
    let (mut killed, mut delay_ms) = (0, 50);
    loop {
        let mut command = std::process::Command::new(tidewell_testkit::binary());
        command.args(args).current_dir(place.path()).envs(place.variables());
        let mut child =
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(delay_ms)).await;
        match child.try_wait().unwrap() {
            Some(status) => {
                assert!(status.success(), "{status}");
                break;
            }
            None => {
                child.kill().unwrap();
                child.wait().unwrap();
                killed += 1;
                delay_ms += delay_ms / 3;
            }
        }
    }
    assert!(killed >= 3, "killed only {killed} times");
    let sql = "SELECT count(*) AS n, sum(v) AS s, sum(w) AS w, count(DISTINCT host) AS h FROM m";
    let answer = printed(&tidewell(&place, &["query", "--store", &store, "--format", "csv", sql], ""));
    assert_eq!(answer, format!("n,s,w,h\n200000,{},100000.0,20\n", (0..200_000_i64).sum::<i64>()));
    // Once more with everything stored: nothing is read or stored again.
    let again = printed(&tidewell(&place, &args, ""));
    assert!(again.contains("20"), "{again}");
    let answer = printed(&tidewell(&place, &["query", "--store", &store, "--format", "csv", sql], ""));
    assert!(answer.starts_with("n,s,w,h\n200000,"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parquet_through_a_server_is_stored_as_it_is() {
    let place = Place::folder();
    let server = place.serve("wal", ServerFlags::new());
    let lines: String = (0..3000).map(|row| format!("m,host=h{} v={row}i {}\n", row % 3, START_NS + row)).collect();
    printed(&tidewell(&place, &["write", "--store", "other", "--wal-dir", "w", "-"], &lines));
    printed(&tidewell(&place, &["export", "m", "--store", "other", "-o", "m.parquet"], ""));
    let args = ["import", "parquet", "-s", server.url(), "-m", "m", "--tags", "host", "-b", "1000", "m.parquet"];
    let said = printed(&tidewell(&place, &args, ""));
    assert!(said.contains("3000"), "{said}");
    assert_eq!(server.sql_value("SELECT sum(v) FROM m").await.as_i64(), Some((0..3000).sum::<i64>()));
    let plan = printed(&tidewell(&place, &["import", "parquet", "--schema-only", "--tags", "host", "m.parquet"], ""));
    assert!(plan.contains("host") && plan.contains("tag") && plan.contains("integer field"), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn datasets_are_found_by_their_words_and_registered() {
    let place = Place::folder();
    let lines: String = (0..600).map(|row| format!("m,sensor=s{} temp={row}i {}\n", row % 6, START_NS + row)).collect();
    printed(&tidewell(&place, &["write", "--store", "other", "--wal-dir", "w", "-"], &lines));
    let args = ["export", "m", "--store", "other", "--partition-by", "sensor", "-o", "lake/weather"];
    printed(&tidewell(&place, &args, ""));
    let about =
        "name: weather hourly\ndescription: Temperatures of the harbour\nseries_id: sensor\ntime_column: time\n";
    std::fs::write(place.path().join("lake/weather/dataset.yaml"), about).unwrap();
    let scanned = printed(&tidewell(&place, &["catalog", "scan", "lake", "--store", "store"], ""));
    assert!(scanned.contains("weather hourly") && scanned.contains("600") && scanned.contains("scanned"), "{scanned}");
    let again = printed(&tidewell(&place, &["catalog", "scan", "lake", "--store", "store"], ""));
    assert!(again.contains("unchanged"), "{again}");
    let found = printed(&tidewell(&place, &["catalog", "search", "--store", "store", "temperaturs", "harbor"], ""));
    assert!(found.contains("weather hourly"), "{found}");
    let args = ["catalog", "search", "--store", "store", "--register", "-m", "weather", "weather"];
    printed(&tidewell(&place, &args, ""));
    let count = [
        "query",
        "--store",
        "store",
        "--format",
        "csv",
        "SELECT count(*) AS n, count(DISTINCT sensor) AS s FROM weather",
    ];
    assert_eq!(printed(&tidewell(&place, &count, "")), "n,s\n600,6\n");
    let scan = ["catalog", "scan", "lake", "--store", &place.store()];
    printed(&tidewell(&place, &scan, ""));
    let server = place.serve("wal", ServerFlags::new());
    let reply = get(&server, "api/v1/catalog/search?q=wether").await;
    assert!(reply.contains("weather hourly"), "{reply}");
}
