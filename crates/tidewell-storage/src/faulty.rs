//! A store that fails by a script, to test what is built upon stores.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, pending};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use tidewell_env::Env;
use tidewell_types::WriteId;

use crate::backend::{
    Applied, Attempt, Backend, Condition, Failure, FailureKind, Fetched, Listed, Operation, Patience, Tag,
};
use crate::meter::{Meter, RequestKind};
use crate::store::Store;

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

/// What becomes of a request.
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
    /// The store answers a conditional put with 409: nothing is settled. Other requests fail as with `FailBefore`.
    Conflict409,
    /// The store refuses, with nothing done.
    Denied,
    /// It succeeds after this span, unless the caller gives up before it is carried out.
    Delay(Duration),
    /// It is not carried out and never answered.
    Hang,
    /// A conditional put is carried out whatever is there, as by a store that does not know conditions.
    IgnoreCondition,
}

type Decide = dyn Fn(&Attempted<'_>) -> Fault + Send + Sync;

struct FaultyBackend {
    inner: Arc<dyn Backend>,
    env: Env,
    decide: Box<Decide>,
    attempts: Mutex<HashMap<(Operation, String), u32>>,
}

impl fmt::Debug for FaultyBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyBackend").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl Store {
    /// The same objects, through a network that fails as `decide` says; this store stays as it is. Counters start at zero.
    #[must_use]
    pub fn with_faults(&self, decide: impl Fn(&Attempted<'_>) -> Fault + Send + Sync + 'static) -> Self {
        let env = self.shared.env.clone();
        let backend = FaultyBackend {
            inner: Arc::clone(&self.shared.backend),
            env: env.clone(),
            decide: Box::new(decide),
            attempts: Mutex::default(),
        };
        Self::over(Arc::new(backend), self.url().clone(), env, self.shared.options.clone())
    }
}

fn lost(kind: FailureKind, applied: Applied) -> Failure {
    let reason: Box<dyn std::error::Error + Send + Sync> = "scripted fault".into();
    Failure { kind, applied, cause: reason.into() }
}

/// How a scripted request ends: with the answer of the real one, or with the fault's.
enum Answer<T> {
    Real(Result<T, Failure>),
    Conflict,
}

impl<T> Answer<T> {
    fn without_conflict(self) -> Result<T, Failure> {
        match self {
            Self::Real(answer) => answer,
            Self::Conflict => Err(lost(FailureKind::Unavailable, Applied::Maybe)),
        }
    }
}

impl FaultyBackend {
    fn fault(&self, operation: Operation, key: &str) -> Fault {
        let attempt = {
            let mut attempts = self.attempts.lock();
            let attempt = attempts.entry((operation, key.to_owned())).or_default();
            *attempt += 1;
            *attempt
        };
        (self.decide)(&Attempted { operation, key, attempt })
    }

    /// Carries a request out as the script says; `request` is what it would be. Requests that do not get through count too,
    /// as they do on the wire.
    async fn play<T, F>(&self, fault: Fault, operation: Operation, meter: &Meter, request: F) -> Answer<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let unclear = || Answer::Real(Err(lost(FailureKind::Unavailable, Applied::Maybe)));
        if matches!(fault, Fault::FailBefore | Fault::Conflict409 | Fault::Denied | Fault::Hang) {
            meter.count(kind_of(operation), 1);
        }
        match fault {
            Fault::Pass | Fault::IgnoreCondition => Answer::Real(request.await),
            Fault::FailBefore => unclear(),
            Fault::ApplyThenLose => {
                let _ = request.await;
                unclear()
            }
            Fault::ApplyLater(span) => {
                let env = self.env.clone();
                // Detached on purpose: the write is in the network, out of anyone's hands.
                drop(self.env.spawn(async move {
                    env.sleep(span).await;
                    request.await.is_ok()
                }));
                unclear()
            }
            Fault::Conflict409 => Answer::Conflict,
            Fault::Denied => Answer::Real(Err(lost(FailureKind::Denied, Applied::No))),
            Fault::Delay(span) => {
                self.env.sleep(span).await;
                Answer::Real(request.await)
            }
            Fault::Hang => pending().await,
        }
    }
}

fn kind_of(operation: Operation) -> RequestKind {
    match operation {
        Operation::Get | Operation::GetRanges | Operation::Open => RequestKind::Get,
        Operation::Head => RequestKind::Head,
        Operation::Put | Operation::Create | Operation::Replace => RequestKind::Put,
        Operation::Delete => RequestKind::Delete,
        Operation::List => RequestKind::List,
    }
}

#[async_trait]
impl Backend for FaultyBackend {
    async fn get(
        &self,
        key: &str,
        if_none_match: Option<&Tag>,
        patience: Patience,
        meter: &Meter,
    ) -> Result<Fetched, Failure> {
        let (inner, own_meter) = (Arc::clone(&self.inner), meter.clone());
        let (own_key, known) = (key.to_owned(), if_none_match.cloned());
        let request = async move { inner.get(&own_key, known.as_ref(), patience, &own_meter).await };
        self.play(self.fault(Operation::Get, key), Operation::Get, meter, request).await.without_conflict()
    }

    async fn get_ranges(&self, key: &str, ranges: &[Range<u64>], meter: &Meter) -> Result<Vec<Bytes>, Failure> {
        let (inner, own_meter) = (Arc::clone(&self.inner), meter.clone());
        let (own_key, ranges) = (key.to_owned(), ranges.to_vec());
        let request = async move { inner.get_ranges(&own_key, &ranges, &own_meter).await };
        self.play(self.fault(Operation::GetRanges, key), Operation::GetRanges, meter, request).await.without_conflict()
    }

    async fn head(&self, key: &str, meter: &Meter) -> Result<Option<u64>, Failure> {
        let (inner, own_meter, own_key) = (Arc::clone(&self.inner), meter.clone(), key.to_owned());
        let request = async move { inner.head(&own_key, &own_meter).await };
        self.play(self.fault(Operation::Head, key), Operation::Head, meter, request).await.without_conflict()
    }

    async fn written_by(&self, key: &str, meter: &Meter) -> Result<Option<String>, Failure> {
        let (inner, own_meter, own_key) = (Arc::clone(&self.inner), meter.clone(), key.to_owned());
        let request = async move { inner.written_by(&own_key, &own_meter).await };
        self.play(self.fault(Operation::Head, key), Operation::Head, meter, request).await.without_conflict()
    }

    async fn put(&self, key: &str, body: Bytes, meter: &Meter) -> Result<(), Failure> {
        let (inner, own_meter, own_key) = (Arc::clone(&self.inner), meter.clone(), key.to_owned());
        let request = async move { inner.put(&own_key, body, &own_meter).await };
        self.play(self.fault(Operation::Put, key), Operation::Put, meter, request).await.without_conflict()
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        condition: &Condition,
        write_id: Option<WriteId>,
        meter: &Meter,
    ) -> Result<Attempt, Failure> {
        let (inner, own_meter) = (Arc::clone(&self.inner), meter.clone());
        let (own_key, condition) = (key.to_owned(), condition.clone());
        let operation = match (&condition, write_id) {
            (Condition::Absent, Some(_)) => Operation::Create,
            _ => Operation::Replace,
        };
        let fault = self.fault(operation, key);
        let request = async move {
            if fault == Fault::IgnoreCondition {
                return inner.put(&own_key, body, &own_meter).await.map(|()| Attempt::Done(None));
            }
            inner.put_if(&own_key, body, &condition, write_id, &own_meter).await
        };
        match self.play(fault, operation, meter, request).await {
            Answer::Real(answer) => answer,
            Answer::Conflict => Ok(Attempt::Conflict),
        }
    }

    async fn delete(&self, keys: &[String], meter: &Meter) -> Result<Vec<(String, String)>, Failure> {
        let (inner, own_meter, keys) = (Arc::clone(&self.inner), meter.clone(), keys.to_vec());
        let first = keys.first().cloned().unwrap_or_default();
        let request = async move { inner.delete(&keys, &own_meter).await };
        self.play(self.fault(Operation::Delete, &first), Operation::Delete, meter, request).await.without_conflict()
    }

    async fn list(&self, folder: &str, meter: &Meter) -> Result<Vec<Listed>, Failure> {
        let (inner, own_meter, own_folder) = (Arc::clone(&self.inner), meter.clone(), folder.to_owned());
        let request = async move { inner.list(&own_folder, &own_meter).await };
        self.play(self.fault(Operation::List, folder), Operation::List, meter, request).await.without_conflict()
    }

    async fn list_first(&self, folder: &str, meter: &Meter) -> Result<Option<Listed>, Failure> {
        let (inner, own_meter, own_folder) = (Arc::clone(&self.inner), meter.clone(), folder.to_owned());
        let request = async move { inner.list_first(&own_folder, &own_meter).await };
        self.play(self.fault(Operation::List, folder), Operation::List, meter, request).await.without_conflict()
    }

    async fn list_folders(&self, folder: &str, meter: &Meter) -> Result<Vec<String>, Failure> {
        let (inner, own_meter, own_folder) = (Arc::clone(&self.inner), meter.clone(), folder.to_owned());
        let request = async move { inner.list_folders(&own_folder, &own_meter).await };
        self.play(self.fault(Operation::List, folder), Operation::List, meter, request).await.without_conflict()
    }
}
