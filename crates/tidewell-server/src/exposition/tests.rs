//! The text format.

use super::*;

#[test]
fn exposition_is_heads_and_samples_with_escaped_labels() {
    let mut page = Exposition::default();
    page.counter("tidewell_a_total", "All a.", 3);
    page.family("tidewell_b", "gauge", "Some b.");
    page.sample("tidewell_b", &[("db", "x\"\\\n"), ("kind", "k")], 0.25);
    page.sample("tidewell_b", &[("db", "y")], f64::INFINITY);
    let wanted = "# HELP tidewell_a_total All a.\n# TYPE tidewell_a_total counter\ntidewell_a_total 3\n\
        # HELP tidewell_b Some b.\n# TYPE tidewell_b gauge\n\
        tidewell_b{db=\"x\\\"\\\\\\n\",kind=\"k\"} 0.25\ntidewell_b{db=\"y\"} +Inf\n";
    assert_eq!(page.finish(), wanted);
}
