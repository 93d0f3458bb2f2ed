//! The uptime's text; the routes are tested with the router.

use super::*;

#[test]
fn span_text_leaves_out_leading_zeros() {
    let texts = [59, 62, 3600, 3723].map(|seconds| span_text(Duration::from_secs(seconds)));
    assert_eq!(texts, ["59s", "1m2s", "1h0m0s", "1h2m3s"]);
}
