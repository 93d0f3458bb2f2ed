//! What a network may do to a request, and what a store did with it.

use std::time::Duration;

use bytes::Bytes;
use tidewell_types::WriteId;

use crate::backend::Operation;

/// A request that is about to be made. Overwrites are [`Operation::Put`]; the reads that settle a create or a replace are
/// [`Operation::Get`]; a delete goes by its first key and a listing by its folder.
#[derive(Clone, Copy, Debug)]
pub struct Attempted<'a> {
    /// What is asked.
    pub operation: Operation,
    /// Of which object or folder.
    pub key: &'a str,
    /// How often this was asked of this key, this time included: 1, 2, …
    pub attempt: u32,
}

/// What becomes of a request. A fault that does not concern the kind of request lets it pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It succeeds.
    Pass,
    /// It is not carried out, and the caller cannot tell (a 503, a reset connection).
    FailBefore,
    /// It is carried out, and the answer is lost.
    ApplyThenLose,
    /// The answer is lost at once, and a write is carried out after this span.
    ApplyLater(Duration),
    /// It succeeds, and a write or delete is carried out once more after this span (a resent request).
    Twice(Duration),
    /// The store answers a conditional put with 409: nothing is settled. Other requests fail as with `FailBefore`.
    Conflict409,
    /// The store refuses, with nothing done.
    Denied,
    /// It succeeds after this span, unless the caller gives up before it is carried out.
    Delay(Duration),
    /// It is not carried out and never answered.
    Hang,
    /// A read's body ends early: this many thousandths of it arrive. A ranged read, whose length is known, fails.
    CutBody(u16),
    /// A read's body has one bit flipped, at this place modulo its length.
    FlipBit(u64),
    /// A delete leaves some of its keys, chosen by this seed, and says so.
    LeaveSome(u64),
    /// A listing takes this long, and its second half sees what happened meanwhile while its first half does not.
    RaceList(Duration),
    /// A conditional put is carried out whatever is there, as by a store that does not know conditions.
    IgnoreCondition,
    /// A write is answered as done and is not, as by a store that forgets.
    Forget,
    /// A read of one object finds nothing, whatever is there, as by a caller who does not look or a store that lags.
    Blind,
}

/// What becomes of a request, and how long it is on its way. With a span of either kind the request is out of the caller's
/// hands as soon as it is sent: it goes on whatever becomes of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Journey {
    /// From the caller to the store.
    pub there: Duration,
    /// What happens there.
    pub fault: Fault,
    /// From the store to the caller.
    pub back: Duration,
}

impl From<Fault> for Journey {
    fn from(fault: Fault) -> Self {
        Self { there: Duration::ZERO, fault, back: Duration::ZERO }
    }
}

/// Something that a store did, at the moment at which it did it.
#[derive(Clone, Copy, Debug)]
pub struct Effect<'a> {
    /// How the request was treated.
    pub fault: Fault,
    /// Whether this is the second delivery of one request.
    pub is_repeat: bool,
    /// What was done.
    pub did: Did<'a>,
}

/// What a store did.
#[derive(Clone, Copy, Debug)]
pub enum Did<'a> {
    /// Answered a read of an object, its size or its metadata.
    Read {
        /// The object.
        key: &'a str,
        /// Whether it is there.
        found: bool,
    },
    /// Wrote an object.
    Wrote {
        /// The object.
        key: &'a str,
        /// Its content.
        body: &'a Bytes,
        /// The id of the create that it was.
        write_id: Option<WriteId>,
        /// Whether it was to be written only under a condition.
        is_conditional: bool,
    },
    /// Refused a conditional put.
    Refused {
        /// The object.
        key: &'a str,
        /// What was to be its content.
        body: &'a Bytes,
        /// The id of the create that it was.
        write_id: Option<WriteId>,
    },
    /// Deleted objects.
    Deleted {
        /// Those that are gone.
        keys: &'a [String],
    },
    /// Answered a listing.
    Listed {
        /// The folder.
        folder: &'a str,
        /// How many names it gave.
        count: usize,
    },
}

/// Decides the fate of every request of one process, and hears of everything that the store does for it.
pub trait Network: Send + Sync + 'static {
    /// What becomes of a request that is about to be sent.
    fn journey(&self, attempted: &Attempted<'_>) -> Journey;

    /// Called at the moment of each effect, late and repeated ones included.
    fn carried_out(&self, effect: &Effect<'_>);
}

/// A network that only decides.
pub(super) struct Decided<F>(pub(super) F);

impl<J, F> Network for Decided<F>
where
    J: Into<Journey>,
    F: Fn(&Attempted<'_>) -> J + Send + Sync + 'static,
{
    fn journey(&self, attempted: &Attempted<'_>) -> Journey {
        (self.0)(attempted).into()
    }

    fn carried_out(&self, _: &Effect<'_>) {}
}
