//! What encryption by default costs.

#[cfg(test)]
mod tests;

use aws_sdk_s3::types::{ServerSideEncryption, ServerSideEncryptionRule};

use crate::finding::{Aspect, Finding};

/// What the bucket's first rule says of new objects; a bucket has one at most.
pub(crate) fn judge(rules: &[ServerSideEncryptionRule]) -> Finding {
    let rule = rules.first();
    let algorithm = rule.and_then(|rule| rule.apply_server_side_encryption_by_default()).map(|by| by.sse_algorithm());
    match algorithm {
        None => Finding::ok(Aspect::Encryption, "no encryption is set: S3 itself uses its own keys then"),
        Some(ServerSideEncryption::AwsKms) if rule.and_then(|rule| rule.bucket_key_enabled()) == Some(true) => {
            Finding::note(
                Aspect::Encryption,
                "objects are encrypted with KMS, by a bucket key",
                "all that read and write need rights on the KMS key, too",
                "allow them kms:Decrypt and kms:GenerateDataKey",
            )
        }
        Some(kms @ (ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse)) => Finding::warning(
            Aspect::Encryption,
            format!("objects are encrypted with {}, without a bucket key", kms.as_str()),
            "each read and write is a request to KMS as well: several times the price of the read, and throttled by KMS's limits",
            "switch the bucket key on (aws:kms); allow kms:Decrypt and kms:GenerateDataKey",
        ),
        Some(other) => Finding::ok(Aspect::Encryption, format!("objects are encrypted with {}", other.as_str())),
    }
}
