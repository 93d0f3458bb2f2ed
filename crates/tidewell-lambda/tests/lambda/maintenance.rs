//! Maintenance by schedule.

use serde_json::{Value, json};
use tidewell_testkit::lambda::{all_due, function_url, schedule};

use crate::cloud::{Cloud, DATABASE, number, rows, stats, stored};

const ALL: &str = "SELECT time, room, temp FROM climate ORDER BY time, room";
const HOURLY: &str = "SELECT room, mean_temp, count_temp FROM climate_1h ORDER BY time, room";

fn verbs(reply: &Value) -> Vec<&str> {
    reply["reports"].as_array().unwrap().iter().map(|report| report["verb"].as_str().unwrap()).collect()
}

fn segment_rows(stats: &Value) -> u64 {
    let mut databases = stats["databases"].as_array().unwrap().iter();
    databases.find(|database| database["name"] == DATABASE).unwrap()["segment_rows"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn fold_in_one_environment_leaves_the_answers_of_another() {
    let Some(cloud) = Cloud::find() else { return };
    let (api, work) = (cloud.environment(), cloud.environment());
    for at in 0..5 {
        stored(&api, &format!("climate,room=a temp={at} {at}\nclimate,room=b temp={at} {at}")).await;
    }
    let before = rows(&api, ALL).await;
    let reply = work.invoke(&schedule(&["fold"])).await.unwrap();
    assert_eq!(reply["done"], true, "{reply}");
    assert_eq!(verbs(&reply), ["fold"], "{reply}");
    let report = &reply["reports"][0];
    assert_eq!((&report["db"], &report["figures"]["rows"]), (&json!(DATABASE), &json!(10)), "{reply}");
    assert_eq!(rows(&api, ALL).await, before);
    assert_eq!(rows(&work, ALL).await, before);
    assert_eq!(segment_rows(&stats(&api).await), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn scheduled_event_runs_every_verb_in_order_and_nothing_is_lost() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    for round in 0..3 {
        stored(&environment, &format!("climate,room=a temp=1 {round}\nclimate,room=b temp=2 {round}")).await;
        let reply = environment.invoke(&all_due()).await.unwrap();
        assert_eq!(reply["done"], true, "{reply}");
        let order = ["fold", "rollup", "compact", "tier", "expire", "gc"];
        let places: Vec<_> =
            verbs(&reply).iter().map(|verb| order.iter().position(|known| known == verb).unwrap()).collect();
        assert!(places.is_sorted() && places.first() == Some(&0), "{reply}");
    }
    assert_eq!(number(&cloud.environment(), "SELECT count(*) AS n FROM climate").await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn rollup_made_by_url_is_kept_by_the_schedule() {
    let Some(cloud) = Cloud::find() else { return };
    let (api, work) = (cloud.environment(), cloud.environment());
    let second_hour = 3_600_000_000_000_u64;
    stored(&api, "climate,room=a temp=1 1\nclimate,room=a temp=2 2\nclimate,room=b temp=8.5 2").await;
    stored(&api, &format!("climate,room=a temp=3.5 {second_hour}")).await;
    let rollup = json!({
        "name": "hourly",
        "from": "climate",
        "into": "climate_1h",
        "every": "1h",
        "settle": "0s",
        "aggregates": ["mean", "count"],
    });
    let (path, of, headers) = ("/api/v1/rollups", format!("db={DATABASE}"), [("content-type", "application/json")]);
    let made = api.request(&function_url("POST", path, &of, &headers, rollup.to_string().as_bytes())).await;
    assert!(matches!(made.status, 200 | 201), "{}: {}", made.status, made.text());
    let event = schedule(&["fold", "rollup"]);
    let reply = work.invoke(&event).await.unwrap();
    assert_eq!((&reply["done"], verbs(&reply)), (&json!(true), vec!["fold", "rollup"]), "{reply}");
    assert_eq!(reply["reports"][1]["figures"]["rows"], 3, "{reply}");
    let row = |room: &str, mean: f64, count: u64| json!({"room": room, "mean_temp": mean, "count_temp": count});
    let hourly = json!([row("a", 1.5, 2), row("b", 8.5, 1), row("a", 3.5, 1)]);
    assert_eq!(rows(&api, HOURLY).await, hourly);

    let reply = work.invoke(&event).await.unwrap();
    assert_eq!((&reply["done"], &reply["reports"][1]["figures"]["rows"]), (&json!(true), &json!(0)), "{reply}");
    assert_eq!(rows(&api, HOURLY).await, hourly);

    // A late row: its bucket is computed anew, by whichever environment.
    stored(&api, "climate,room=b temp=9.5 3").await;
    let reply = cloud.environment().invoke(&all_due()).await.unwrap();
    assert_eq!(reply["done"], true, "{reply}");
    assert_eq!(rows(&api, HOURLY).await, json!([row("a", 1.5, 2), row("b", 9.0, 2), row("a", 3.5, 1)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_in_several_environments_at_once_does_no_harm() {
    let Some(cloud) = Cloud::find() else { return };
    let environments: Vec<_> = (0..3).map(|_| cloud.environment()).collect();
    for at in 0..10 {
        stored(&environments[0], &format!("climate,room=a temp={at} {at}")).await;
    }
    let event = schedule(&["fold", "compact"]);
    let [one, two, three] = &environments[..] else { unreachable!() };
    let replies = tokio::join!(one.invoke(&event), two.invoke(&event), three.invoke(&event));
    for reply in [replies.0, replies.1, replies.2] {
        assert_eq!(reply.as_ref().unwrap()["done"], true, "{reply:?}");
    }
    assert_eq!(number(one, "SELECT count(*) AS n FROM climate").await, 10);
    assert_eq!(segment_rows(&stats(one).await), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn database_and_verbs_are_those_that_were_asked_for() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    stored(&environment, "climate,room=a temp=1 1").await;
    let reply = environment.invoke(&json!({"tidewell": {"verbs": ["fold"], "db": "other"}})).await;
    // Whether a database that does not exist is an error or nothing to do, it must not touch another one.
    assert_eq!(segment_rows(&stats(&environment).await), 0, "{reply:?}");
    let reply = environment.invoke(&json!({"tidewell": {"verbs": ["fold"], "db": DATABASE}})).await.unwrap();
    assert_eq!(verbs(&reply), ["fold"]);
    for event in
        [json!({"tidewell": {"verbs": ["fold", "shrink"]}}), json!({"tidewell": {"verbs": ["fold"], "bd": "a"}})]
    {
        let (kind, message) = environment.invoke(&event).await.unwrap_err().expect_function();
        assert_eq!(kind, "Invalid", "{message}");
        assert!(message.contains("shrink") || message.contains("bd"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_without_time_says_that_it_is_not_done() {
    let Some(cloud) = Cloud::find() else { return };
    let api = cloud.environment();
    stored(&api, "climate,room=a temp=1 1").await;
    // Less time than is to be left over.
    let hurried =
        cloud.environment_of(&cloud.function().timeout_s(60).variable("TIDEWELL_LAMBDA_RESERVE_MS", "120000"));
    let reply = hurried.invoke(&schedule(&["fold", "compact"])).await.unwrap();
    assert_eq!(reply["done"], false, "{reply}");
    assert_eq!(number(&api, "SELECT count(*) AS n FROM climate").await, 1);
    let reply = cloud.environment().invoke(&schedule(&["fold"])).await.unwrap();
    assert_eq!((&reply["done"], &reply["reports"][0]["figures"]["rows"]), (&json!(true), &json!(1)), "{reply}");
}
