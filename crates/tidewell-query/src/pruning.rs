//! What a scan leaves out: segments by the manifest, row groups by the footer.

use std::collections::BTreeSet;
use std::sync::Arc;

use tidewell_manifest::SegmentEntry;
use tidewell_segment::Footer;

use crate::key_span::KeySpan;

/// What a scan leaves out; it never looks at fields, for an older version of a row may match where the newest does not.
#[derive(Clone, Debug)]
pub(crate) struct Pruning {
    pub(crate) span: KeySpan,
    tag_values: Vec<(String, BTreeSet<String>)>,
}

impl Pruning {
    /// Leaves out what has no identity within `span`.
    pub(crate) fn new(span: KeySpan) -> Self {
        let tag_values = span.tag_values();
        Self { span, tag_values }
    }

    /// The segments to read, in their order.
    pub(crate) fn segments(&self, segments: Vec<Arc<SegmentEntry>>) -> Vec<Arc<SegmentEntry>> {
        segments.into_iter().filter(|segment| self.span.meets(segment)).collect()
    }

    /// The row groups to read, in their order.
    pub(crate) fn row_groups(&self, footer: &Footer) -> Vec<usize> {
        self.span.time.map(|time| footer.prune(time, &self.tag_values)).unwrap_or_default()
    }
}
