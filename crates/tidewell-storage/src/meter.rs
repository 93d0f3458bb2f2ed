//! Counts the requests and bytes that go to a store.

#[cfg(test)]
mod tests;

use std::ops::{Add, Sub};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A kind of request, as S3 bills them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// Reading an object or a part of it.
    Get,
    /// Asking for an object's size or metadata.
    Head,
    /// Writing an object.
    Put,
    /// One page of a listing.
    List,
    /// Deleting up to 1000 objects.
    Delete,
    /// Anything else.
    Other,
}

impl RequestKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [Self::Get, Self::Head, Self::Put, Self::List, Self::Delete, Self::Other];
}

#[derive(Debug, Default)]
struct Counters {
    requests: [AtomicU64; RequestKind::ALL.len()],
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    parent: Option<Meter>,
}

/// Counters that rise with each request; clones share them. On S3 they count every request on the wire, retries included;
/// on other stores each call counts as the requests that it would be on S3.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Counters>);

impl Meter {
    /// Counters at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counters at zero whose counts go to these as well.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(Arc::new(Counters { parent: Some(self.clone()), ..Counters::default() }))
    }

    fn chain(&self) -> impl Iterator<Item = &Counters> {
        std::iter::successors(Some(&*self.0), |counters| counters.parent.as_ref().map(|parent| &*parent.0))
    }

    pub(crate) fn count(&self, kind: RequestKind, requests: u64) {
        self.chain().for_each(|counters| {
            counters.requests[kind as usize].fetch_add(requests, Ordering::Relaxed);
        });
    }

    pub(crate) fn count_bytes_in(&self, bytes: usize) {
        self.chain().for_each(|counters| {
            counters.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
        });
    }

    pub(crate) fn count_bytes_out(&self, bytes: usize) {
        self.chain().for_each(|counters| {
            counters.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
        });
    }

    /// The counts so far. Each is exact; requests that run meanwhile may show in some of them only.
    #[must_use]
    pub fn snapshot(&self) -> Usage {
        let requests = |kind: RequestKind| self.0.requests[kind as usize].load(Ordering::Relaxed);
        Usage {
            gets: requests(RequestKind::Get),
            heads: requests(RequestKind::Head),
            puts: requests(RequestKind::Put),
            lists: requests(RequestKind::List),
            deletes: requests(RequestKind::Delete),
            others: requests(RequestKind::Other),
            bytes_in: self.0.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.0.bytes_out.load(Ordering::Relaxed),
        }
    }
}

/// Requests by kind, and the bytes of their bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Reads of objects and parts of them.
    pub gets: u64,
    /// Requests for sizes and metadata.
    pub heads: u64,
    /// Writes of objects.
    pub puts: u64,
    /// Pages of listings.
    pub lists: u64,
    /// Deletes, of up to 1000 objects each.
    pub deletes: u64,
    /// Other requests.
    pub others: u64,
    /// Bytes of bodies received.
    pub bytes_in: u64,
    /// Bytes of bodies sent.
    pub bytes_out: u64,
}

impl Usage {
    /// All requests.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.gets + self.heads + self.puts + self.lists + self.deletes + self.others
    }

    /// The requests of one kind.
    #[must_use]
    pub fn of(&self, kind: RequestKind) -> u64 {
        match kind {
            RequestKind::Get => self.gets,
            RequestKind::Head => self.heads,
            RequestKind::Put => self.puts,
            RequestKind::List => self.lists,
            RequestKind::Delete => self.deletes,
            RequestKind::Other => self.others,
        }
    }

    fn combine(self, other: Self, op: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            gets: op(self.gets, other.gets),
            heads: op(self.heads, other.heads),
            puts: op(self.puts, other.puts),
            lists: op(self.lists, other.lists),
            deletes: op(self.deletes, other.deletes),
            others: op(self.others, other.others),
            bytes_in: op(self.bytes_in, other.bytes_in),
            bytes_out: op(self.bytes_out, other.bytes_out),
        }
    }
}

impl Sub for Usage {
    type Output = Self;

    /// What came between two snapshots; zero where the order of the two is wrong.
    fn sub(self, earlier: Self) -> Self {
        self.combine(earlier, u64::saturating_sub)
    }
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.combine(other, u64::saturating_add)
    }
}
