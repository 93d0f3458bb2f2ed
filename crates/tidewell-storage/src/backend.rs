//! What a kind of store must be able to do, one attempt at a time.

use std::fmt;
use std::fs::Metadata;
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tidewell_types::WriteId;

use crate::error::Cause;
use crate::meter::Meter;

/// What is asked of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Opening it.
    Open,
    /// Reading an object.
    Get,
    /// Reading parts of an object.
    GetRanges,
    /// Asking for an object's size or metadata.
    Head,
    /// Writing an object whatever is there.
    Put,
    /// Writing an object only where there is none.
    Create,
    /// Writing an object only over a given version of it.
    Replace,
    /// Deleting objects.
    Delete,
    /// Listing.
    List,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "opening",
            Self::Get => "get",
            Self::GetRanges => "ranged get",
            Self::Head => "head",
            Self::Put => "put",
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::List => "list",
        })
    }
}

/// What a store calls one content of an object (S3: its entity tag). Equal contents may have equal tags.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag(pub(crate) String);

impl Tag {
    /// A tag as it was printed before.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Tag {
    /// Files that nobody has read are told apart by what the file system says of them: which file it is, and when it was last
    /// written. A copy that keeps its times is another file; only a write in place that also sets the time back goes unseen.
    pub(crate) fn of_file(metadata: &Metadata) -> Self {
        let (seconds, ns, inode) = (metadata.mtime(), metadata.mtime_nsec(), metadata.ino());
        Self(format!("{seconds}.{ns:09}-{inode:x}"))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One content of an object: it must be read in no other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pin {
    /// The length of the object.
    pub bytes: u64,
    /// What its store calls the content.
    pub tag: Tag,
}

impl Pin {
    /// The content that a file of this machine has, by what its file system says of it.
    #[must_use]
    pub fn of_file(metadata: &Metadata) -> Self {
        Self { bytes: metadata.len(), tag: Tag::of_file(metadata) }
    }
}

/// An object that a listing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name, relative to the root of the store.
    pub key: String,
    /// Its size.
    pub bytes: u64,
    /// What the store calls its content, where the listing says; see [`Pin`].
    pub tag: Option<Tag>,
}

impl Listed {
    /// What pins the content that was listed; `None` where the store gives no tags.
    #[must_use]
    pub fn pin(&self) -> Option<Pin> {
        Some(Pin { bytes: self.bytes, tag: self.tag.clone()? })
    }
}

/// What a read found.
#[derive(Clone, Debug)]
pub(crate) enum Fetched {
    Missing,
    Unchanged,
    Found { body: Bytes, tag: Option<Tag> },
}

/// When a conditional put may write.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    /// Only where no object is.
    Absent,
    /// Only over the content with this tag.
    Current(Tag),
}

/// What one attempt of a conditional put came to, where the store gave an answer.
#[derive(Clone, Debug)]
pub(crate) enum Attempt {
    /// Written; the tag where the store told it.
    Done(Option<Tag>),
    /// The condition does not hold: another object, or an earlier attempt's own, is there.
    Refused,
    /// The store settled nothing and asks to try again.
    Conflict,
}

/// Whether a failed write may have happened all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    No,
    Maybe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    NotFound,
    Denied,
    Unavailable,
    Full,
    Unsupported,
    Corrupt,
    Changed,
}

/// A request that got no answer, or one that is an error.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) applied: Applied,
    pub(crate) cause: Cause,
}

impl Failure {
    /// The object is not the pinned one any more.
    pub(crate) fn changed(pin: &Pin, bytes: u64, tag: Option<&Tag>) -> Self {
        let found = tag.map_or_else(|| "no tag".to_owned(), ToString::to_string);
        let Pin { bytes: known, tag: known_tag } = pin;
        let reason = format!("it had {known} bytes and the tag {known_tag}, and has {bytes} bytes and {found}");
        Self::before(FailureKind::Changed, reason)
    }

    /// A failure that certainly wrote nothing.
    pub(crate) fn before(kind: FailureKind, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind, applied: Applied::No, cause: cause.into().into() }
    }

    /// A failure that may have come after the write.
    pub(crate) fn maybe_after(kind: FailureKind, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind, applied: Applied::Maybe, cause: cause.into().into() }
    }
}

/// Whether a read tries again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Until the options say stop.
    Retry,
    /// One attempt, for callers that have a loop of their own.
    Once,
}

/// What an object is, for whoever fetches it by a link. Stores that keep no such thing leave it out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// `Content-Type`.
    pub content_type: Option<&'static str>,
    /// `Content-Encoding`.
    pub content_encoding: Option<&'static str>,
}

/// An object that goes to the store in parts and is there once all have come.
#[async_trait]
pub(crate) trait Parts: fmt::Debug + Send {
    /// The next part; all but the last are of at least 5 MiB.
    async fn put(&mut self, part: Bytes) -> Result<(), Failure>;

    async fn finish(&mut self) -> Result<(), Failure>;

    /// Gives up what was put; the store forgets it.
    async fn abort(&mut self) -> Result<(), Failure>;
}

/// A kind of store. Every method counts the requests that it makes with the meter it is given.
///
/// Creates and replaces are atomic among all processes; listings are strongly consistent, a key that is neither written nor
/// deleted meanwhile is listed exactly once.
#[async_trait]
pub(crate) trait Backend: fmt::Debug + Send + Sync + 'static {
    async fn get(
        &self,
        key: &str,
        if_none_match: Option<&Tag>,
        patience: Patience,
        meter: &Meter,
    ) -> Result<Fetched, Failure>;

    /// One body a range, in order and of the range's length; of the pinned content, where there is a pin.
    async fn get_ranges(
        &self,
        key: &str,
        ranges: &[Range<u64>],
        pin: Option<&Pin>,
        meter: &Meter,
    ) -> Result<Vec<Bytes>, Failure>;

    /// The size, and what pins the content where the store can: not by the tags of [`Fetched`], but by those of listings.
    async fn head(&self, key: &str, meter: &Meter) -> Result<Option<(u64, Option<Tag>)>, Failure>;

    /// The write id in an object's metadata.
    async fn written_by(&self, key: &str, meter: &Meter) -> Result<Option<String>, Failure>;

    async fn put(&self, key: &str, body: Bytes, meter: &Meter) -> Result<(), Failure>;

    /// The same with what it is.
    async fn put_as(&self, key: &str, body: Bytes, _media: Media, meter: &Meter) -> Result<(), Failure> {
        self.put(key, body, meter).await
    }

    /// One attempt, never repeated by the backend.
    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        condition: &Condition,
        write_id: Option<WriteId>,
        meter: &Meter,
    ) -> Result<Attempt, Failure>;

    /// The keys that could not be deleted, with reasons; a key that is not there counts as deleted.
    async fn delete(&self, keys: &[String], meter: &Meter) -> Result<Vec<(String, String)>, Failure>;

    /// The objects below a folder (without a slash at its end; empty for all), in the order of their keys.
    async fn list(&self, folder: &str, meter: &Meter) -> Result<Vec<Listed>, Failure>;

    async fn list_first(&self, folder: &str, meter: &Meter) -> Result<Option<Listed>, Failure>;

    /// Begins an object in parts; `None` where the store takes objects only as a whole.
    async fn parts(&self, _key: &str, _media: Media, _meter: &Meter) -> Result<Option<Box<dyn Parts>>, Failure> {
        Ok(None)
    }

    /// A link for reading an object; `None` where the store has none.
    async fn presign(&self, _key: &str, _valid_for: Duration) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    /// The names of the folders directly below a folder, sorted.
    async fn list_folders(&self, folder: &str, meter: &Meter) -> Result<Vec<String>, Failure>;
}
