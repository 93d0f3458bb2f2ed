//! What making a bucket asks for, and what it makes of answers that no test server gives.

use std::sync::Mutex;

use crate::admin::tests::admin;
use crate::admin::tests::canned::{Canned, Reply, Request};
use crate::{BucketError, InitOptions, InitReport, Notify, StepState};

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:work";

fn everything() -> InitOptions {
    InitOptions {
        block_public_access: true,
        abort_uploads_days: Some(7),
        notify: Some(Notify::new(FUNCTION.parse().expect("a target"))),
        dry_run: false,
    }
}

fn states(report: &InitReport) -> Vec<StepState> {
    report.steps.iter().map(|step| step.state.clone()).collect()
}

/// A bucket that is not there; whatever is put succeeds.
fn missing(request: &Request) -> Reply {
    match request.method.as_str() {
        "HEAD" => Reply::new(404, ""),
        "PUT" => Reply::new(200, ""),
        _ => Reply::error(404, "NoSuchBucket"),
    }
}

/// A bucket that may not be looked at; what is put is answered as given.
fn hidden(put: Reply) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    move |request| match request.method.as_str() {
        "HEAD" => Reply::new(403, ""),
        "PUT" => put.clone(),
        _ => Reply::error(403, "AccessDenied"),
    }
}

/// A bucket that is there, with nothing set.
fn bare(request: &Request) -> Reply {
    match request.asks().as_str() {
        "HEAD" => Reply::new(200, ""),
        "GET lifecycle" => Reply::error(404, "NoSuchLifecycleConfiguration"),
        "GET publicAccessBlock" => Reply::error(404, "NoSuchPublicAccessBlockConfiguration"),
        "GET notification" => Reply::new(200, "<NotificationConfiguration/>"),
        "PUT lifecycle" | "PUT publicAccessBlock" | "PUT notification" => Reply::new(200, ""),
        _ => Reply::error(400, "NotScripted"),
    }
}

fn but(
    asks: &'static str,
    reply: Reply,
    script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    move |request| if request.asks() == asks { reply.clone() } else { script(request) }
}

async fn refused(
    script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    options: &InitOptions,
) -> (BucketError, Canned) {
    let server = Canned::start(script).await;
    let error = admin(&server, "eu-west-1").await.init(options).await.expect_err("a refusal");
    (error, server)
}

#[tokio::test]
async fn bucket_is_made_in_the_region_and_everything_is_set() {
    // What was put shows afterwards, as on a server that keeps it.
    let kept: Mutex<Option<String>> = Mutex::default();
    let server = Canned::start(move |request| match request.asks().as_str() {
        "PUT notification" => {
            *kept.lock().expect("a lock") = Some(request.body.clone());
            Reply::new(200, "")
        }
        "GET notification" => Reply::new(200, kept.lock().expect("a lock").clone().unwrap_or_default()),
        _ => missing(request),
    })
    .await;
    let report = admin(&server, "eu-west-1").await.init(&everything()).await.expect("a report");
    assert_eq!(states(&report), vec![StepState::Done; 4], "{report:#?}");
    let asked = server.asked().join(",");
    assert_eq!(asked, "HEAD,PUT,PUT publicAccessBlock,PUT lifecycle,PUT notification,GET notification");
    let requests = server.requests();
    assert!(requests[1].body.contains("<LocationConstraint>eu-west-1</LocationConstraint>"), "{}", requests[1].body);
    assert!(requests[3].body.contains("<Prefix>p/</Prefix>"), "{}", requests[3].body);
    let rules = &requests[4].body;
    assert_eq!(rules.matches(FUNCTION).count(), 3, "{rules}");
    assert!(rules.contains("<Value>import/</Value>") && rules.contains("<Value>.csv.gz</Value>"), "{rules}");
}

#[tokio::test]
async fn bucket_in_the_first_region_is_made_without_saying_where() {
    let server = Canned::start(missing).await;
    admin(&server, "us-east-1").await.init(&InitOptions::default()).await.expect("a report");
    assert_eq!(server.asked().join(","), "HEAD,PUT");
    assert!(!server.requests()[1].body.contains("LocationConstraint"));
}

#[tokio::test]
async fn bucket_of_ours_that_appeared_meanwhile_is_already_so() {
    let server = Canned::start(but("PUT", Reply::error(409, "BucketAlreadyOwnedByYou"), missing)).await;
    let report = admin(&server, "eu-west-1").await.init(&InitOptions::default()).await.expect("a report");
    assert_eq!(states(&report), [StepState::AlreadySo]);
}

#[tokio::test]
async fn bucket_of_others_is_taken_whether_it_shows_or_not() {
    let taken = Reply::error(409, "BucketAlreadyExists");
    let (error, _) = refused(but("PUT", taken.clone(), missing), &InitOptions::default()).await;
    assert!(matches!(error, BucketError::Taken { .. }), "{error}");
    let (error, server) = refused(hidden(taken), &InitOptions::default()).await;
    assert!(matches!(error, BucketError::Taken { .. }), "{error}");
    assert_eq!(server.asked().join(","), "HEAD,GET list-type,PUT");
}

#[tokio::test]
async fn bucket_that_may_not_be_looked_at_is_not_made_again_where_that_has_side_effects() {
    let server = Canned::start(hidden(Reply::new(200, ""))).await;
    let error = admin(&server, "us-east-1").await.init(&InitOptions::default()).await.expect_err("a refusal");
    assert!(matches!(error, BucketError::Denied { .. }), "{error}");
    assert!(error.to_string().contains("another account") && error.remedy().contains("s3:ListBucket"), "{error}");
    assert_eq!(server.asked().join(","), "HEAD,GET list-type");
}

#[tokio::test]
async fn bucket_in_another_region_is_named_with_it() {
    let moved = Reply::new(301, "").with("x-amz-bucket-region", "ap-south-1");
    let (error, _) = refused(but("HEAD", moved, missing), &InitOptions::default()).await;
    assert!(matches!(error, BucketError::NotFound { .. }), "{error}");
    assert_eq!(error.remedy(), "set AWS_REGION=ap-south-1");
}

#[tokio::test]
async fn dry_run_changes_nothing_and_says_what_it_would() {
    for (script, asked) in [(missing as fn(&Request) -> Reply, 1), (bare, 4)] {
        let server = Canned::start(script).await;
        let options = InitOptions { dry_run: true, ..everything() };
        let report = admin(&server, "eu-west-1").await.init(&options).await.expect("a report");
        assert_eq!(states(&report)[1..], vec![StepState::WouldDo; 3]);
        assert_eq!(server.asked().len(), asked);
        assert!(server.asked().iter().all(|asks| !asks.starts_with("PUT")), "{:?}", server.asked());
    }
}

#[tokio::test]
async fn rules_of_others_are_put_back_with_ours() {
    let theirs = "<LifecycleConfiguration><Rule><ID>logs</ID><Status>Enabled</Status><Filter><And><Prefix>logs/</Prefix><Tag>\
                  <Key>team</Key><Value>x</Value></Tag></And></Filter><NoncurrentVersionExpiration><NoncurrentDays>3\
                  </NoncurrentDays></NoncurrentVersionExpiration></Rule></LifecycleConfiguration>";
    let minimum = "varies_by_storage_class";
    let given = Reply::new(200, theirs).with("x-amz-transition-default-minimum-object-size", minimum);
    let server = Canned::start(but("GET lifecycle", given, bare)).await;
    let options = InitOptions { abort_uploads_days: Some(7), ..InitOptions::default() };
    admin(&server, "eu-west-1").await.init(&options).await.expect("a report");
    let put = server.requests().pop().expect("a request");
    assert_eq!(put.asks(), "PUT lifecycle");
    for part in ["<ID>logs</ID>", "<Key>team</Key>", "<NoncurrentDays>3</NoncurrentDays>", "tidewell-abandoned-uploads"]
    {
        assert!(put.body.contains(part), "{part} in {}", put.body);
    }
    assert_eq!(put.header("x-amz-transition-default-minimum-object-size"), Some(minimum), "it would be reset");
}

#[tokio::test]
async fn conflict_of_notifications_is_found_before_anything_is_changed() {
    let theirs = "<NotificationConfiguration><TopicConfiguration><Id>theirs</Id><Topic>arn:aws:sns:eu-west-1:1:t</Topic>\
                  <Event>s3:ObjectCreated:Put</Event></TopicConfiguration></NotificationConfiguration>";
    let (error, server) = refused(but("GET notification", Reply::new(200, theirs), bare), &everything()).await;
    assert!(matches!(error, BucketError::Invalid { .. }) && error.to_string().contains("\"theirs\""), "{error}");
    assert!(server.asked().iter().all(|asks| !asks.starts_with("PUT")), "{:?}", server.asked());
}

#[tokio::test]
async fn target_that_the_server_refuses_is_named_with_what_to_allow() {
    let (error, _) = refused(but("PUT notification", Reply::error(400, "InvalidArgument"), bare), &everything()).await;
    assert!(matches!(error, BucketError::Invalid { .. }), "{error}");
    assert!(error.to_string().contains(FUNCTION) && error.remedy().contains("s3.amazonaws.com"), "{error}");
}

#[tokio::test]
async fn right_that_is_missing_is_named() {
    for (asks, right) in [
        ("GET lifecycle", "s3:GetLifecycleConfiguration"),
        ("PUT lifecycle", "s3:PutLifecycleConfiguration"),
        ("GET publicAccessBlock", "s3:GetBucketPublicAccessBlock"),
        ("PUT publicAccessBlock", "s3:PutBucketPublicAccessBlock"),
        ("GET notification", "s3:GetBucketNotification"),
        ("PUT notification", "s3:PutBucketNotification"),
    ] {
        let (error, _) = refused(but(asks, Reply::error(403, "AccessDenied"), bare), &everything()).await;
        assert!(matches!(error, BucketError::Denied { .. }) && error.remedy().contains(right), "{asks}: {error}");
    }
}

#[tokio::test]
async fn setting_that_the_server_does_not_know_is_unsupported_and_the_rest_is_done() {
    let server = Canned::start(but("GET publicAccessBlock", Reply::error(501, "NotImplemented"), bare)).await;
    let options = InitOptions { notify: None, ..everything() };
    let report = admin(&server, "eu-west-1").await.init(&options).await.expect("a report");
    assert!(matches!(report.steps[1].state, StepState::Unsupported(_)), "{report:#?}");
    assert_eq!(report.steps[2].state, StepState::Done);
}

#[tokio::test]
async fn notification_that_is_taken_and_forgotten_is_unsupported() {
    let server = Canned::start(bare).await;
    let options = InitOptions { notify: everything().notify, ..InitOptions::default() };
    let report = admin(&server, "eu-west-1").await.init(&options).await.expect("a report");
    assert!(matches!(report.steps[1].state, StepState::Unsupported(_)), "{report:#?}");
}
