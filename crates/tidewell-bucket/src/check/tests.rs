//! What a check says of answers that no test server gives, and what it asks for.

use crate::admin::tests::canned::{Canned, Reply, Request};
use crate::admin::tests::{admin, impatient, variables};
use crate::finding::{Aspect, Finding, Severity};
use crate::{BucketAdmin, CheckOptions};

/// A bucket on AWS as it is after its making, with the public access block on.
fn fresh(request: &Request) -> Reply {
    match request.asks().as_str() {
        "HEAD" => Reply::new(200, "").with("x-amz-bucket-region", "eu-west-1"),
        "GET versioning" => Reply::new(200, "<VersioningConfiguration/>"),
        "GET lifecycle" => Reply::error(404, "NoSuchLifecycleConfiguration"),
        "GET replication" => Reply::error(404, "ReplicationConfigurationNotFoundError"),
        "GET object-lock" => Reply::error(404, "ObjectLockConfigurationNotFoundError"),
        "GET encryption" => Reply::new(
            200,
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256\
             </SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
        ),
        "GET publicAccessBlock" => Reply::new(
            200,
            "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true\
             </IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true\
             </RestrictPublicBuckets></PublicAccessBlockConfiguration>",
        ),
        "GET policyStatus" => Reply::error(404, "NoSuchBucketPolicy"),
        "GET requestPayment" => {
            Reply::new(200, "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>")
        }
        "GET notification" => Reply::new(200, "<NotificationConfiguration/>"),
        _ => Reply::error(400, "NotScripted"),
    }
}

async fn check(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> (Vec<Finding>, Vec<String>) {
    let server = Canned::start(script).await;
    let findings = admin(&server, "eu-west-1").await.check(&CheckOptions::default()).await;
    (findings, server.asked())
}

/// The fresh bucket, but for the answer to one question.
async fn with(asks: &'static str, reply: Reply) -> Vec<Finding> {
    check(move |request| if request.asks() == asks { reply.clone() } else { fresh(request) }).await.0
}

fn of(findings: &[Finding], aspect: Aspect) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.aspect == aspect).collect()
}

#[tokio::test]
async fn fresh_bucket_has_no_warning_and_each_setting_is_asked_once() {
    let (findings, asked) = check(fresh).await;
    assert!(findings.iter().all(|finding| finding.severity <= Severity::Note), "{findings:#?}");
    let settings = "HEAD,GET versioning,GET lifecycle,GET replication,GET object-lock,GET encryption,\
                    GET publicAccessBlock,GET policyStatus,GET requestPayment,GET notification";
    assert_eq!(asked.join(","), settings);
    assert!(of(&findings, Aspect::Bucket)[0].what.contains("eu-west-1"));
}

#[tokio::test]
async fn replication_of_the_store_is_found_with_its_target() {
    let body = "<ReplicationConfiguration><Role>r</Role><Rule><ID>copy</ID><Priority>1</Priority><Status>Enabled</Status>\
                <Filter><Prefix>p/</Prefix></Filter><Destination><Bucket>arn:aws:s3:::other</Bucket></Destination>\
                <DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication></Rule></ReplicationConfiguration>";
    let findings = with("GET replication", Reply::new(200, body)).await;
    let finding = of(&findings, Aspect::Replication)[0];
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.what.contains("arn:aws:s3:::other"), "{finding:?}");
}

#[tokio::test]
async fn object_lock_with_a_default_retention_is_an_error() {
    let body = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
                <Mode>GOVERNANCE</Mode><Days>7</Days></DefaultRetention></Rule></ObjectLockConfiguration>";
    let findings = with("GET object-lock", Reply::new(200, body)).await;
    let finding = of(&findings, Aspect::ObjectLock)[0];
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.what.contains("7 days (GOVERNANCE)"), "{finding:?}");
}

#[tokio::test]
async fn expiration_by_an_and_filter_over_the_store_is_an_error() {
    let body = "<LifecycleConfiguration><Rule><ID>big</ID><Status>Enabled</Status><Filter><And><Prefix>p/db/</Prefix>\
                <ObjectSizeGreaterThan>1000</ObjectSizeGreaterThan></And></Filter><Expiration><Days>90</Days></Expiration>\
                </Rule></LifecycleConfiguration>";
    let findings = with("GET lifecycle", Reply::new(200, body)).await;
    assert_eq!(of(&findings, Aspect::Lifecycle)[0].severity, Severity::Error, "{findings:#?}");
}

#[tokio::test]
async fn versioning_is_found_on() {
    let body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let findings = with("GET versioning", Reply::new(200, body)).await;
    assert_eq!(of(&findings, Aspect::Versioning)[0].severity, Severity::Warning);
    assert!(of(&findings, Aspect::Replication).iter().any(|finding| finding.what.contains("cannot be seen")));
}

#[tokio::test]
async fn denied_setting_is_a_warning_that_names_the_right_and_the_rest_is_looked_at() {
    let (findings, asked) = check(|request| match request.asks().as_str() {
        "HEAD" => Reply::new(403, ""),
        "GET notification" => fresh(request),
        _ => Reply::error(403, "AccessDenied"),
    })
    .await;
    assert_eq!(asked.len(), 11);
    let rights: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Warning)
        .filter_map(|finding| finding.remedy.strip_prefix("allow ")?.split(' ').next())
        .collect();
    let expected = [
        "s3:ListBucket",
        "s3:GetBucketVersioning",
        "s3:GetLifecycleConfiguration",
        "s3:GetReplicationConfiguration",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetEncryptionConfiguration",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketPolicyStatus",
        "s3:GetBucketRequestPayment",
    ];
    assert_eq!(rights, expected);
    assert!(findings.iter().all(|finding| finding.severity != Severity::Error), "{findings:#?}");
}

#[tokio::test]
async fn wrong_credentials_are_one_error() {
    for (status, code) in [(403, "InvalidAccessKeyId"), (400, "ExpiredToken")] {
        let (findings, asked) = check(move |request| match request.method.as_str() {
            "HEAD" => Reply::new(status, ""),
            _ => Reply::error(status, code),
        })
        .await;
        assert_eq!(asked, ["HEAD", "GET list-type"], "nothing is asked in vain");
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert_eq!(findings[0].severity, Severity::Error);
        assert!(findings[0].what.contains(code) && findings[0].remedy.contains("AWS_ACCESS_KEY_ID"), "{findings:#?}");
    }
}

#[tokio::test]
async fn bucket_in_another_region_is_an_error_that_says_which_and_is_looked_at_there() {
    let (findings, asked) = check(|request| {
        if request.is_for("ap-south-1") {
            return fresh(request);
        }
        Reply::new(301, "").with("x-amz-bucket-region", "ap-south-1")
    })
    .await;
    assert_eq!(findings[0].severity, Severity::Error);
    assert!(findings[0].what.contains("ap-south-1") && findings[0].what.contains("eu-west-1"), "{findings:#?}");
    assert_eq!(findings[0].remedy, "set AWS_REGION=ap-south-1");
    assert_eq!(asked.len(), 11);
    assert!(of(&findings, Aspect::Notifications).len() == 1);
}

#[tokio::test]
async fn region_that_only_the_body_names_is_found() {
    let body =
        "<Error><Code>AuthorizationHeaderMalformed</Code><Message>wrong</Message><Region>ap-south-1</Region></Error>";
    let (findings, _) = check(move |request| match request.method.as_str() {
        _ if request.is_for("ap-south-1") => fresh(request),
        "HEAD" => Reply::new(400, ""),
        _ => Reply::new(400, body),
    })
    .await;
    assert_eq!(findings[0].remedy, "set AWS_REGION=ap-south-1", "{findings:#?}");
    assert!(findings.len() > 5, "{findings:#?}");
}

#[tokio::test]
async fn listing_that_is_allowed_below_the_prefix_alone_suffices() {
    let (findings, asked) = check(|request| match request.asks().as_str() {
        "HEAD" => Reply::new(403, ""),
        "GET list-type" => Reply::new(200, "<ListBucketResult><Name>bucket</Name></ListBucketResult>"),
        _ => fresh(request),
    })
    .await;
    assert!(findings.iter().all(|finding| finding.severity <= Severity::Note), "{findings:#?}");
    assert_eq!(asked[1], "GET list-type");
}

#[tokio::test]
async fn redirect_without_a_region_ends_the_check() {
    let (findings, asked) = check(|_| Reply::error(301, "PermanentRedirect")).await;
    assert_eq!((findings.len(), asked.len()), (1, 1));
    assert!(findings[0].what.contains("another region"), "{findings:#?}");
}

#[tokio::test]
async fn bucket_that_is_not_there_ends_the_check() {
    let (findings, asked) = check(|_| Reply::new(404, "")).await;
    assert_eq!((findings.len(), asked.len()), (1, 1));
    assert_eq!(findings[0].severity, Severity::Error);
    assert!(findings[0].remedy.contains("bucket init"));
}

#[tokio::test]
async fn setting_that_the_server_does_not_know_is_a_note() {
    let unknown = [
        Reply::error(501, "NotImplemented"),
        Reply::error(405, "MethodNotAllowed"),
        Reply::error(400, "InvalidArgument"),
        Reply::new(404, "no page"),
        Reply::new(200, "<ListBucketResult><Name>bucket</Name></ListBucketResult>"),
    ];
    for reply in unknown {
        for (asks, aspect) in [("GET replication", Aspect::Replication), ("GET policyStatus", Aspect::PublicAccess)] {
            let findings = with(asks, reply.clone()).await;
            assert!(findings.iter().all(|finding| finding.severity <= Severity::Note), "{reply:?} {findings:#?}");
            let finding = of(&findings, aspect).into_iter().find(|finding| finding.what.contains("cannot be asked"));
            assert!(finding.is_some(), "{reply:?} {findings:#?}");
        }
    }
}

#[tokio::test]
async fn overloaded_server_is_asked_again_and_then_a_warning() {
    let findings = with("GET encryption", Reply::error(503, "SlowDown")).await;
    let finding = of(&findings, Aspect::Encryption)[0];
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.what.contains("SlowDown"), "{finding:?}");
}

#[tokio::test]
async fn server_out_of_reach_is_one_error() {
    let variables = variables("http://127.0.0.1:1", "us-east-1");
    let admin = BucketAdmin::connect_by("bucket", "p", &variables, &impatient()).await.expect("a client");
    let findings = admin.check(&CheckOptions::default()).await;
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0].severity, Severity::Error);
    assert!(findings[0].remedy.contains("AWS_ENDPOINT_URL"));
}

#[tokio::test]
async fn directory_bucket_is_refused_without_a_request() {
    let server = Canned::start(fresh).await;
    let variables = variables(&server.endpoint(), "us-east-1");
    let admin =
        BucketAdmin::connect_by("metrics--use1-az4--x-s3", "p", &variables, &impatient()).await.expect("a client");
    let findings = admin.check(&CheckOptions::default()).await;
    assert_eq!((findings.len(), server.asked().len()), (1, 0));
    assert_eq!(findings[0].severity, Severity::Error);
}

#[tokio::test]
async fn public_policy_and_requester_pays_are_found() {
    let body = "<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>";
    let findings = with("GET policyStatus", Reply::new(200, body)).await;
    assert!(
        of(&findings, Aspect::PublicAccess).iter().any(|finding| finding.severity == Severity::Error),
        "{findings:#?}"
    );
    let body = "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>";
    let findings = with("GET requestPayment", Reply::new(200, body)).await;
    assert_eq!(of(&findings, Aspect::RequestPayment)[0].severity, Severity::Warning);
}
