//! Which encryption costs.

use aws_sdk_s3::types::{ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionRule};

use super::judge;
use crate::finding::Severity;

fn severity(algorithm: ServerSideEncryption, bucket_key: Option<bool>) -> Severity {
    let by = ServerSideEncryptionByDefault::builder().sse_algorithm(algorithm).build().expect("an algorithm");
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(by);
    judge(&[rule.set_bucket_key_enabled(bucket_key).build()]).severity
}

#[test]
fn encryption_costs_only_by_kms_without_a_bucket_key() {
    assert_eq!(judge(&[]).severity, Severity::Ok);
    assert_eq!(severity(ServerSideEncryption::Aes256, None), Severity::Ok);
    assert_eq!(severity(ServerSideEncryption::AwsKms, Some(true)), Severity::Note);
    assert_eq!(severity(ServerSideEncryption::AwsKms, Some(false)), Severity::Warning);
    assert_eq!(severity(ServerSideEncryption::AwsKms, None), Severity::Warning);
    assert_eq!(severity(ServerSideEncryption::AwsKmsDsse, Some(true)), Severity::Warning);
}
