//! A segment that is open: its footer, and its bytes where they are few.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tidewell_segment::Footer;
use tidewell_storage::ObjectName;

/// Objects up to this many bytes are read with one request and kept whole.
pub const WHOLE_BYTES_MAX: u64 = 4 << 20;

/// A segment that is open. Cheap to clone; it stays readable whatever the cache drops.
#[derive(Clone, Debug)]
pub struct CachedSegment {
    pub(crate) object: ObjectName,
    pub(crate) footer: Arc<Footer>,
    pub(crate) whole: Option<Bytes>,
}

impl CachedSegment {
    /// Its name.
    #[must_use]
    pub fn object(&self) -> &ObjectName {
        &self.object
    }

    /// Its footer.
    #[must_use]
    pub fn footer(&self) -> &Arc<Footer> {
        &self.footer
    }

    /// Whether all of its bytes are in memory, so that reading it makes no request.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole.is_some()
    }

    /// The bytes of `ranges` where all of the object is in memory and long enough.
    pub(crate) fn slices(&self, ranges: &[Range<u64>]) -> Option<Vec<Bytes>> {
        let whole = self.whole.as_ref()?;
        ranges.iter().map(|range| slice(whole, range)).collect()
    }
}

fn slice(whole: &Bytes, range: &Range<u64>) -> Option<Bytes> {
    let (start, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
    (start <= end && end <= whole.len()).then(|| whole.slice(start..end))
}
