//! Tests of the S3 client against a server in this process.
#![allow(clippy::unwrap_used)]

mod server;

use std::sync::Arc;
use std::time::Duration;

use tidewell_env::Env;
use tidewell_types::{DatabaseName, Version};

use self::server::{Reply, Request, Server};
use super::S3Backend;
use crate::{Created, DatabaseLayout, ObjectName, Replaced, StorageError, Store, StoreOptions, StoreUrl, Usage};

fn options() -> StoreOptions {
    StoreOptions {
        settle_timeout: Duration::from_secs(1),
        attempt_timeout: Duration::from_millis(500),
        retries_max: 2,
        ..StoreOptions::default()
    }
}

fn variables(endpoint: &str) -> Vec<(String, String)> {
    [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "us-west-2"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_S3", endpoint),
        ("AWS_PAGER", "less"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn open(endpoint: &str, prefix: &str) -> Store {
    let backend = S3Backend::connect("bucket", prefix, &variables(endpoint), &options()).unwrap();
    let url = StoreUrl::S3 { bucket: "bucket".into(), prefix: prefix.into() };
    Store::over(Arc::new(backend), url, Env::system(), options())
}

fn layout() -> DatabaseLayout {
    DatabaseLayout::new(&DatabaseName::new("x").unwrap())
}

async fn create(store: &Store, body: &'static str) -> Result<Created, StorageError> {
    store.create(&layout().log(Version::new(1)), body.into(), Env::system().write_id()).await
}

#[tokio::test]
async fn store_in_a_bucket_conforms_with_and_without_a_prefix() {
    for prefix in ["", "deep/er"] {
        let server = Server::start(|_, _| None).await;
        crate::conformance(open(&server.endpoint(), prefix)).await;
    }
}

#[tokio::test]
async fn store_in_a_bucket_sends_the_region_and_the_write_id() {
    let server = Server::start(|_, _| None).await;
    let store = open(&server.endpoint(), "");
    let write_id = Env::system().write_id();
    store.create(&layout().log(Version::new(1)), "x".into(), write_id).await.unwrap();
    let request = server.requests().pop().unwrap();
    assert!(request.header("authorization").unwrap().contains("/eu-west-1/s3/"), "{request:?}");
    assert_eq!(request.header("x-amz-meta-tidewell-write-id"), Some(write_id.to_string().as_str()));
    assert_eq!(request.header("if-none-match"), Some("*"));
}

#[tokio::test]
async fn presigned_link_names_the_object_and_its_time_and_costs_no_request() {
    let server = Server::start(|_, _| None).await;
    let store = open(&server.endpoint(), "p");
    let name = ObjectName::foreign("answers/a b.json").unwrap();
    let link = store.presigned(&name, Duration::from_secs(600)).await.unwrap().unwrap();
    assert!(link.starts_with(&format!("{}/bucket/p/answers/a%20b.json?", server.endpoint())), "{link}");
    assert!(link.contains("X-Amz-Expires=600") && link.contains("X-Amz-Signature="), "{link}");
    assert_eq!(server.requests().len(), 0);
    assert_eq!(store.meter().snapshot(), Usage::default());
}

#[tokio::test]
async fn meter_counts_retries_on_the_wire() {
    let server =
        Server::start(|request, number| (request.method == "GET" && number < 2).then(|| Reply::status(503))).await;
    let store = open(&server.endpoint(), "");
    assert_eq!(store.get(&layout().hint()).await.unwrap(), None);
    let usage = store.meter().snapshot();
    assert_eq!((usage.gets, usage.requests()), (3, 3));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn meter_counts_each_kind_and_bodies_on_the_wire() {
    let server = Server::start(|_, _| None).await;
    let store = open(&server.endpoint(), "p");
    let query = store.metered();
    let hint = layout().hint();
    query.overwrite(&hint, "12345".into()).await.unwrap();
    query.get(&hint).await.unwrap();
    query.get_ranges(&hint, &[0..1, 3..5]).await.unwrap();
    query.head(&hint).await.unwrap();
    let before = query.meter().snapshot();
    assert_eq!(before, Usage { puts: 1, gets: 2, heads: 1, bytes_out: 5, bytes_in: 10, ..Usage::default() });
    query.list(&layout().prefix()).await.unwrap();
    query.list_first(&layout().prefix()).await.unwrap();
    query.delete(&[hint]).await.unwrap();
    let after = query.meter().snapshot() - before;
    assert_eq!((after.lists, after.deletes, after.requests()), (2, 1, 3));
    assert_eq!(store.meter().snapshot(), query.meter().snapshot());
}

#[tokio::test]
async fn create_with_the_connection_cut_after_it_was_stored_is_mine() {
    let server =
        Server::start(|request, number| (request.method == "PUT" && number == 0).then_some(Reply::StoreThenCut)).await;
    let store = open(&server.endpoint(), "");
    assert_eq!(create(&store, "mine").await.unwrap(), Created::Mine);
    assert_eq!(store.meter().snapshot().puts, 1, "the client must not put again by itself");
}

/// arrow-rs-object-store #852; ravel #1354, #1365: 409 to a create, which settles nothing, passed for "exists".
#[tokio::test]
async fn create_answered_with_409_is_put_again_until_settled() {
    let server =
        Server::start(|request, number| (request.method == "PUT" && number == 0).then(|| Reply::status(409))).await;
    let store = open(&server.endpoint(), "");
    assert_eq!(create(&store, "mine").await.unwrap(), Created::Mine);
    assert_eq!(create(&store, "other").await.unwrap(), Created::Other("mine".into()));
}

/// arrow-rs-object-store #829, #830: of what stores answer to a create over an object, one was taken for another error.
#[tokio::test]
async fn create_over_anothers_object_is_lost_however_the_store_puts_it() {
    for status in [304, 412] {
        for body in
            ["", "<Error><Code>PreconditionFailed</Code></Error>", "<Error><Code>ObjectAlreadyExists</Code></Error>"]
        {
            let server = Server::start(move |request, number| {
                (request.method == "PUT" && number > 0).then(|| Reply::Status(status, body.into()))
            })
            .await;
            let store = open(&server.endpoint(), "");
            assert_eq!(create(&store, "first").await.unwrap(), Created::Mine);
            let second = create(&store, "second").await;
            assert_eq!(second.unwrap(), Created::Other("first".into()), "{status} {body}");
        }
    }
}

#[tokio::test]
async fn create_whose_body_did_not_arrive_is_put_again() {
    let body = "<Error><Code>RequestTimeout</Code></Error>";
    let server = Server::start(move |request, number| {
        (request.method == "PUT" && number == 0).then(|| Reply::Status(400, body.into()))
    })
    .await;
    let store = open(&server.endpoint(), "");
    assert_eq!(create(&store, "mine").await.unwrap(), Created::Mine);
    assert_eq!(store.meter().snapshot().requests(), 2, "a definite refusal needs no look");
}

#[tokio::test]
async fn create_answered_with_5xx_forever_is_unknown() {
    let server = Server::start(|request, _| (request.method == "PUT").then(|| Reply::status(500))).await;
    let error = create(&open(&server.endpoint(), ""), "mine").await.unwrap_err();
    assert!(error.is_unknown(), "{error:?}");
}

#[tokio::test]
async fn create_with_no_server_is_certainly_not_written() {
    let error = create(&open("http://127.0.0.1:1", ""), "mine").await.unwrap_err();
    assert!(matches!(error, StorageError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn requests_that_are_forbidden_are_denied_at_once() {
    let server = Server::start(|_, _| Some(Reply::status(403))).await;
    let store = open(&server.endpoint(), "");
    let error = create(&store, "mine").await.unwrap_err();
    assert!(matches!(error, StorageError::Denied { .. }), "{error:?}");
    let error = store.get(&layout().hint()).await.unwrap_err();
    assert!(matches!(error, StorageError::Denied { .. }), "{error:?}");
    let error = store.delete(&[layout().hint()]).await.unwrap_err();
    assert!(matches!(error, StorageError::Denied { .. }), "{error:?}");
    assert_eq!(store.meter().snapshot().requests(), 3);
}

#[tokio::test]
async fn bucket_that_is_missing_is_not_an_empty_one() {
    let body = "<Error><Code>NoSuchBucket</Code></Error>";
    let server = Server::start(move |_, _| Some(Reply::Status(404, body.into()))).await;
    let store = open(&server.endpoint(), "");
    for error in [
        store.get(&layout().hint()).await.unwrap_err(),
        create(&store, "mine").await.unwrap_err(),
        store.list(&layout().prefix()).await.unwrap_err(),
    ] {
        assert!(matches!(error, StorageError::Denied { .. }), "{error:?}");
        assert!(error.to_string().contains("NoSuchBucket"), "{error}");
    }
}

#[tokio::test]
async fn replace_with_the_connection_cut_after_it_was_stored_is_done() {
    let cut = |request: &Request, number: usize| {
        (request.header("if-match").is_some() && number < 2).then_some(Reply::StoreThenCut)
    };
    let server = Server::start(cut).await;
    let store = open(&server.endpoint(), "");
    let floor = layout().floor();
    let Replaced::Done(tag) = store.replace(&floor, "1".into(), None).await.unwrap() else {
        panic!("nothing is there")
    };
    assert!(matches!(store.replace(&floor, "2".into(), Some(&tag)).await.unwrap(), Replaced::Done(_)));
    assert_eq!(store.replace(&floor, "3".into(), Some(&tag)).await.unwrap(), Replaced::Changed);
}

/// slatedb #1742, #1756: deletes in batches, whose errors come key by key.
#[tokio::test]
async fn delete_with_errors_for_some_keys_names_them() {
    let body = "<DeleteResult><Deleted><Key>db/x/hint</Key></Deleted><Error><Key>db/x/floor</Key><Code>InternalError\
                </Code><Message>we are sorry</Message></Error></DeleteResult>";
    let server =
        Server::start(move |request, _| (request.method == "POST").then(|| Reply::Status(200, body.into()))).await;
    let error = open(&server.endpoint(), "").delete(&[layout().hint(), layout().floor()]).await.unwrap_err();
    let StorageError::Undeleted { failures, .. } = error else { panic!("{error:?}") };
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].0, "db/x/floor");
}

#[tokio::test]
async fn list_first_goes_past_an_object_named_like_the_folder() {
    let server = Server::start(|_, _| None).await;
    let store = open(&server.endpoint(), "p");
    store.put(&layout().log(Version::new(1)), "x".into()).await.unwrap();
    server.store_raw("p/db/x/log/", "");
    let first = store.list_first(&layout().log_prefix()).await.unwrap().unwrap();
    assert_eq!(layout().parse_log(&first.key), Some(Version::new(1)));
    let listed = store.list(&layout().log_prefix()).await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
}

#[tokio::test]
async fn get_ranges_of_a_body_cut_short_is_an_error_or_retried_whole() {
    let server =
        Server::start(|request, number| (request.header("range").is_some() && number == 1).then_some(Reply::CutBody))
            .await;
    let store = open(&server.endpoint(), "");
    let name = ObjectName::foreign("a").unwrap();
    store.put(&name, "0123456789".into()).await.unwrap();
    let bodies = store.get_ranges(&name, std::slice::from_ref(&(2..8))).await.unwrap();
    assert_eq!(bodies, ["234567"]);
}

#[test]
fn connect_without_any_credentials_where_none_can_be_found_says_so() {
    let variables = [("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned())];
    let failure = S3Backend::connect("bucket", "", &variables, &options()).unwrap_err();
    assert!(failure.cause.to_string().contains("AWS_ACCESS_KEY_ID"), "{failure:?}");
}

#[test]
fn backend_debug_output_holds_no_secret() {
    let mut variables = variables("http://localhost:1");
    variables.push(("AWS_SESSION_TOKEN".to_owned(), "hush-hush".to_owned()));
    let backend = S3Backend::connect("bucket", "", &variables, &options()).unwrap();
    assert!(!format!("{backend:?}").contains("hush-hush"));
}
