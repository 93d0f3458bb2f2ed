//! Who gets in, and who pays.

#[cfg(test)]
mod tests;

use aws_sdk_s3::types::{Payer, PolicyStatus, PublicAccessBlockConfiguration};

use crate::finding::{Aspect, Finding};

/// The four switches of a public access block, by their names.
fn switches(block: &PublicAccessBlockConfiguration) -> [(&'static str, bool); 4] {
    let is_on = |switch: Option<bool>| switch == Some(true);
    [
        ("BlockPublicAcls", is_on(block.block_public_acls())),
        ("IgnorePublicAcls", is_on(block.ignore_public_acls())),
        ("BlockPublicPolicy", is_on(block.block_public_policy())),
        ("RestrictPublicBuckets", is_on(block.restrict_public_buckets())),
    ]
}

/// Whether all public access is blocked.
pub(crate) fn is_blocked(block: Option<&PublicAccessBlockConfiguration>) -> bool {
    block.is_some_and(|block| switches(block).iter().all(|(_, is_on)| *is_on))
}

/// A block of all public access.
pub(crate) fn all_blocked() -> PublicAccessBlockConfiguration {
    PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true)
        .build()
}

/// Whether a careless policy could open the bucket.
pub(crate) fn judge_block(block: Option<&PublicAccessBlockConfiguration>) -> Finding {
    let off: Vec<&str> = match block {
        None => vec!["all of it"],
        Some(block) => switches(block).iter().filter(|(_, is_on)| !is_on).map(|(name, _)| *name).collect(),
    };
    if off.is_empty() {
        return Finding::ok(Aspect::PublicAccess, "public access is blocked");
    }
    Finding::warning(
        Aspect::PublicAccess,
        format!("the block of public access is off: {}", off.join(", ")),
        "one careless policy or ACL opens the rows to everyone, unless the account blocks it",
        "`tidewell bucket init --block-public-access`",
    )
}

/// Whether the policy opens the bucket. `None` stands for no policy.
pub(crate) fn judge_policy(status: Option<&PolicyStatus>) -> Finding {
    if status.and_then(|status| status.is_public()) == Some(true) {
        return Finding::error(
            Aspect::PublicAccess,
            "the bucket's policy lets everyone in",
            "strangers can read the rows, and delete them if the policy lets them",
            "remove the statement with Principal \"*\", or block public access",
        );
    }
    Finding::ok(Aspect::PublicAccess, "no policy lets strangers in")
}

/// Whether requests have to say that they pay.
pub(crate) fn judge_payer(payer: Option<&Payer>) -> Finding {
    if payer == Some(&Payer::Requester) {
        return Finding::warning(
            Aspect::RequestPayment,
            "requesters pay",
            "S3 refuses requests of other accounts that do not say that they pay",
            "set AWS_REQUEST_PAYER=true for processes of other accounts, or let the owner pay",
        );
    }
    Finding::ok(Aspect::RequestPayment, "the bucket's owner pays")
}
