//! A backend that sends every request over the network.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt as _;
use parking_lot::Mutex;
use tidewell_env::Env;
use tidewell_types::WriteId;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::fault::{Attempted, Did, Fault, Journey};
use super::play::{Answer, Report, Request, Road, arrived, lost};
use crate::backend::{
    Applied, Attempt, Backend, Condition, Failure, FailureKind, Fetched, Listed, Operation, Patience, Pin, Tag,
};
use crate::meter::Meter;

pub(super) struct FaultyBackend {
    pub(super) inner: Arc<dyn Backend>,
    pub(super) road: Road,
    pub(super) attempts: Mutex<HashMap<(Operation, String), u32>>,
}

impl fmt::Debug for FaultyBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyBackend").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl FaultyBackend {
    fn journey(&self, operation: Operation, key: &str) -> Journey {
        let attempt = {
            let mut attempts = self.attempts.lock();
            let attempt = attempts.entry((operation, key.to_owned())).or_default();
            *attempt += 1;
            *attempt
        };
        self.road.network.journey(&Attempted { operation, key, attempt })
    }

    /// A read of one object, of which `found` says whether it is there.
    async fn read<T: Send + 'static, F>(
        &self,
        journey: Journey,
        (operation, key): (Operation, &str),
        meter: &Meter,
        (found, run): (fn(&T) -> bool, impl Fn(Arc<dyn Backend>, Meter) -> F + Send + Sync + 'static),
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let (inner, own_meter, key) = (Arc::clone(&self.inner), meter.clone(), key.to_owned());
        let run = move |report: Report| {
            let (reading, key) = (run(Arc::clone(&inner), own_meter.clone()), key.clone());
            async move {
                let answer = reading.await;
                report.tell(Did::Read { key: &key, found: answer.as_ref().is_ok_and(found) });
                answer
            }
            .boxed()
        };
        let request = Request { operation, run: Arc::new(run), forgotten: None };
        self.road.travel(journey, meter, request).await.without_conflict()
    }

    async fn listing<T: Send + 'static, F>(
        &self,
        folder: &str,
        meter: &Meter,
        count: fn(&T) -> usize,
        run: impl Fn(Fault, Env, Arc<dyn Backend>, Meter, String) -> F + Send + Sync + 'static,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let (inner, own_meter, own_folder) = (Arc::clone(&self.inner), meter.clone(), folder.to_owned());
        let env = self.road.env.clone();
        let run = move |report: Report| {
            let folder = own_folder.clone();
            let listing = run(report.fault, env.clone(), Arc::clone(&inner), own_meter.clone(), folder.clone());
            async move {
                let answer = listing.await?;
                report.tell(Did::Listed { folder: &folder, count: count(&answer) });
                Ok(answer)
            }
            .boxed()
        };
        let request = Request { operation: Operation::List, run: Arc::new(run), forgotten: None };
        self.road.travel(self.journey(Operation::List, folder), meter, request).await.without_conflict()
    }
}

/// A listing whose pages are not of one moment: the first half of the names as of its start, the rest as of its end.
async fn raced(
    span: Duration,
    env: &Env,
    inner: &dyn Backend,
    meter: &Meter,
    folder: &str,
) -> Result<Vec<Listed>, Failure> {
    let mut early = inner.list(folder, meter).await?;
    env.sleep(span).await;
    let late = inner.list(folder, meter).await?;
    early.truncate(early.len().div_ceil(2));
    let Some(last) = early.last().map(|listed| listed.key.clone()) else { return Ok(late) };
    early.extend(late.into_iter().filter(|listed| listed.key > last));
    Ok(early)
}

fn always<T>(_: &T) -> bool {
    true
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
        let (own_key, known) = (key.to_owned(), if_none_match.cloned());
        let journey = self.journey(Operation::Get, key);
        let run = move |inner: Arc<dyn Backend>, meter: Meter| {
            let (key, known) = (own_key.clone(), known.clone());
            async move { inner.get(&key, known.as_ref(), patience, &meter).await }
        };
        let found = |fetched: &Fetched| !matches!(fetched, Fetched::Missing);
        let fetched = self.read(journey, (Operation::Get, key), meter, (found, run)).await?;
        Ok(match fetched {
            Fetched::Found { .. } if journey.fault == Fault::Blind => Fetched::Missing,
            Fetched::Found { body, tag } => Fetched::Found { body: arrived(journey.fault, body), tag },
            other => other,
        })
    }

    async fn get_ranges(
        &self,
        key: &str,
        ranges: &[Range<u64>],
        pin: Option<&Pin>,
        meter: &Meter,
    ) -> Result<Vec<Bytes>, Failure> {
        let (own_key, own_ranges, own_pin) = (key.to_owned(), ranges.to_vec(), pin.cloned());
        let journey = self.journey(Operation::GetRanges, key);
        let run = move |inner: Arc<dyn Backend>, meter: Meter| {
            let (key, ranges, pin) = (own_key.clone(), own_ranges.clone(), own_pin.clone());
            async move { inner.get_ranges(&key, &ranges, pin.as_ref(), &meter).await }
        };
        let bodies = self.read(journey, (Operation::GetRanges, key), meter, (always, run)).await?;
        let bodies: Vec<Bytes> = bodies.into_iter().map(|body| arrived(journey.fault, body)).collect();
        match ranges.iter().zip(&bodies).find(|(range, body)| range.end - range.start != body.len() as u64) {
            Some((range, _)) => Err(crate::ranges::too_short(range)),
            None => Ok(bodies),
        }
    }

    async fn head(&self, key: &str, meter: &Meter) -> Result<Option<(u64, Option<Tag>)>, Failure> {
        let own_key = key.to_owned();
        let run = move |inner: Arc<dyn Backend>, meter: Meter| {
            let key = own_key.clone();
            async move { inner.head(&key, &meter).await }
        };
        let journey = self.journey(Operation::Head, key);
        self.read(journey, (Operation::Head, key), meter, (Option::is_some, run)).await
    }

    async fn written_by(&self, key: &str, meter: &Meter) -> Result<Option<String>, Failure> {
        let own_key = key.to_owned();
        let run = move |inner: Arc<dyn Backend>, meter: Meter| {
            let key = own_key.clone();
            async move { inner.written_by(&key, &meter).await }
        };
        let journey = self.journey(Operation::Head, key);
        self.read(journey, (Operation::Head, key), meter, (Option::is_some, run)).await
    }

    async fn put(&self, key: &str, body: Bytes, meter: &Meter) -> Result<(), Failure> {
        let (inner, own_meter, own_key) = (Arc::clone(&self.inner), meter.clone(), key.to_owned());
        let run = move |report: Report| {
            let (inner, meter, key, body) = (Arc::clone(&inner), own_meter.clone(), own_key.clone(), body.clone());
            async move {
                inner.put(&key, body.clone(), &meter).await?;
                report.tell(Did::Wrote { key: &key, body: &body, write_id: None, is_conditional: false });
                Ok(())
            }
            .boxed()
        };
        let request = Request { operation: Operation::Put, run: Arc::new(run), forgotten: Some(|| ()) };
        self.road.travel(self.journey(Operation::Put, key), meter, request).await.without_conflict()
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
        let (own_key, own_condition) = (key.to_owned(), condition.clone());
        let operation = match (condition, write_id) {
            (Condition::Absent, Some(_)) => Operation::Create,
            _ => Operation::Replace,
        };
        let run = move |report: Report| {
            let (inner, meter, key, body) = (Arc::clone(&inner), own_meter.clone(), own_key.clone(), body.clone());
            let condition = own_condition.clone();
            async move {
                let attempt = match report.fault {
                    Fault::IgnoreCondition => inner.put(&key, body.clone(), &meter).await.map(|()| Attempt::Done(None)),
                    _ => inner.put_if(&key, body.clone(), &condition, write_id, &meter).await,
                }?;
                report.tell(match attempt {
                    Attempt::Done(_) => Did::Wrote { key: &key, body: &body, write_id, is_conditional: true },
                    Attempt::Refused | Attempt::Conflict => Did::Refused { key: &key, body: &body, write_id },
                });
                Ok(attempt)
            }
            .boxed()
        };
        let request = Request { operation, run: Arc::new(run), forgotten: Some(|| Attempt::Done(None)) };
        match self.road.travel(self.journey(operation, key), meter, request).await {
            Answer::Real(answer) => answer,
            Answer::Conflict => Ok(Attempt::Conflict),
        }
    }

    async fn delete(&self, keys: &[String], meter: &Meter) -> Result<Vec<(String, String)>, Failure> {
        let (inner, own_meter, own_keys) = (Arc::clone(&self.inner), meter.clone(), keys.to_vec());
        let first = keys.first().cloned().unwrap_or_default();
        let run = move |report: Report| {
            let (inner, meter) = (Arc::clone(&inner), own_meter.clone());
            let (left, keys): (Vec<String>, Vec<String>) =
                own_keys.iter().cloned().partition(|key| match report.fault {
                    Fault::LeaveSome(seed) => xxh3_64_with_seed(key.as_bytes(), seed).is_multiple_of(2),
                    _ => false,
                });
            async move {
                if keys.is_empty() && !left.is_empty() {
                    return Err(lost(FailureKind::Unavailable, Applied::Maybe));
                }
                let mut failures = inner.delete(&keys, &meter).await?;
                report.tell(Did::Deleted { keys: &keys });
                failures.extend(left.into_iter().map(|key| (key, "scripted fault".to_owned())));
                Ok(failures)
            }
            .boxed()
        };
        let request = Request { operation: Operation::Delete, run: Arc::new(run), forgotten: Some(Vec::new) };
        self.road.travel(self.journey(Operation::Delete, &first), meter, request).await.without_conflict()
    }

    async fn list(&self, folder: &str, meter: &Meter) -> Result<Vec<Listed>, Failure> {
        let run = |fault, env: Env, inner: Arc<dyn Backend>, meter: Meter, folder: String| async move {
            match fault {
                Fault::RaceList(span) => raced(span, &env, &*inner, &meter, &folder).await,
                _ => inner.list(&folder, &meter).await,
            }
        };
        self.listing(folder, meter, Vec::len, run).await
    }

    async fn list_first(&self, folder: &str, meter: &Meter) -> Result<Option<Listed>, Failure> {
        let run = |_, _, inner: Arc<dyn Backend>, meter: Meter, folder: String| async move {
            inner.list_first(&folder, &meter).await
        };
        self.listing(folder, meter, |first| usize::from(first.is_some()), run).await
    }

    async fn list_folders(&self, folder: &str, meter: &Meter) -> Result<Vec<String>, Failure> {
        let run = |_, _, inner: Arc<dyn Backend>, meter: Meter, folder: String| async move {
            inner.list_folders(&folder, &meter).await
        };
        self.listing(folder, meter, Vec::len, run).await
    }
}
