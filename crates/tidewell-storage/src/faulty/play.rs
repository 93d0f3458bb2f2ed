//! How one request travels: there, what befalls it, and back.

use std::future::pending;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use tidewell_env::Env;

use super::fault::{Did, Effect, Fault, Journey, Network};
use crate::backend::{Applied, Failure, FailureKind, Operation};
use crate::meter::{Meter, RequestKind};

pub(super) fn lost(kind: FailureKind, applied: Applied) -> Failure {
    let reason: Box<dyn std::error::Error + Send + Sync> = "scripted fault".into();
    Failure { kind, applied, cause: reason.into() }
}

/// How a scripted request ends: with the answer of the real one, or with the fault's.
pub(super) enum Answer<T> {
    Real(Result<T, Failure>),
    Conflict,
}

impl<T> Answer<T> {
    fn unclear() -> Self {
        Self::Real(Err(lost(FailureKind::Unavailable, Applied::Maybe)))
    }

    pub(super) fn without_conflict(self) -> Result<T, Failure> {
        match self {
            Self::Real(answer) => answer,
            Self::Conflict => Err(lost(FailureKind::Unavailable, Applied::Maybe)),
        }
    }
}

/// One request, to be carried out once or twice.
pub(super) struct Request<T> {
    pub(super) operation: Operation,
    pub(super) run: Arc<dyn Fn(Report) -> BoxFuture<'static, Result<T, Failure>> + Send + Sync>,
    /// The answer of a store that forgets; `None` where there is nothing to forget.
    pub(super) forgotten: Option<fn() -> T>,
}

impl<T> Clone for Request<T> {
    fn clone(&self) -> Self {
        Self { operation: self.operation, run: Arc::clone(&self.run), forgotten: self.forgotten }
    }
}

/// Where a carried-out request says what the store did.
#[derive(Clone)]
pub(super) struct Report {
    network: Arc<dyn Network>,
    pub(super) fault: Fault,
    is_repeat: bool,
}

impl Report {
    pub(super) fn tell(&self, did: Did<'_>) {
        self.network.carried_out(&Effect { fault: self.fault, is_repeat: self.is_repeat, did });
    }
}

/// The way of one process to the store.
#[derive(Clone)]
pub(super) struct Road {
    /// The network's own doors: what is on its way outlives the process that sent it.
    pub(super) env: Env,
    pub(super) network: Arc<dyn Network>,
}

impl Road {
    /// Carries a request out as the journey says. Requests that do not get through count too, as they do on the wire.
    pub(super) async fn travel<T: Send + 'static>(
        &self,
        journey: Journey,
        meter: &Meter,
        request: Request<T>,
    ) -> Answer<T> {
        let Journey { there, fault, back } = journey;
        if matches!(fault, Fault::FailBefore | Fault::Conflict409 | Fault::Denied | Fault::Hang | Fault::Forget) {
            meter.count(kind_of(request.operation), 1);
        }
        if there.is_zero() && back.is_zero() {
            return self.meet(fault, request).await;
        }
        let road = self.clone();
        let sent = self.env.spawn(async move {
            road.env.sleep(there).await;
            let answer = road.meet(fault, request).await;
            road.env.sleep(back).await;
            answer
        });
        sent.await.unwrap_or_else(|_| Answer::unclear())
    }

    async fn meet<T: Send + 'static>(&self, fault: Fault, request: Request<T>) -> Answer<T> {
        let report = Report { network: Arc::clone(&self.network), fault, is_repeat: false };
        match fault {
            Fault::Pass
            | Fault::IgnoreCondition
            | Fault::CutBody(_)
            | Fault::Blind
            | Fault::FlipBit(_)
            | Fault::LeaveSome(_)
            | Fault::RaceList(_) => Answer::Real((request.run)(report).await),
            Fault::FailBefore => Answer::unclear(),
            Fault::ApplyThenLose => {
                let _ = (request.run)(report).await;
                Answer::unclear()
            }
            Fault::ApplyLater(span) => {
                self.later(span, report, request);
                Answer::unclear()
            }
            Fault::Twice(span) => {
                let answer = (request.run)(report.clone()).await;
                if kind_of(request.operation).is_write() {
                    self.later(span, Report { is_repeat: true, ..report }, request);
                }
                Answer::Real(answer)
            }
            Fault::Forget => match request.forgotten {
                Some(forgotten) => Answer::Real(Ok(forgotten())),
                None => Answer::Real((request.run)(report).await),
            },
            Fault::Conflict409 => Answer::Conflict,
            Fault::Denied => Answer::Real(Err(lost(FailureKind::Denied, Applied::No))),
            Fault::Delay(span) => {
                self.env.sleep(span).await;
                Answer::Real((request.run)(report).await)
            }
            Fault::Hang => pending().await,
        }
    }

    fn later<T: Send + 'static>(&self, span: std::time::Duration, report: Report, request: Request<T>) {
        let env = self.env.clone();
        // Detached on purpose: the write is in the network, out of anyone's hands.
        drop(self.env.spawn(async move {
            env.sleep(span).await;
            (request.run)(report).await.is_ok()
        }));
    }
}

pub(super) fn kind_of(operation: Operation) -> RequestKind {
    match operation {
        Operation::Get | Operation::GetRanges | Operation::Open => RequestKind::Get,
        Operation::Head => RequestKind::Head,
        Operation::Put | Operation::Create | Operation::Replace => RequestKind::Put,
        Operation::Delete => RequestKind::Delete,
        Operation::List => RequestKind::List,
    }
}

impl RequestKind {
    fn is_write(self) -> bool {
        matches!(self, Self::Put | Self::Delete)
    }
}

/// A body as it arrives.
pub(super) fn arrived(fault: Fault, body: Bytes) -> Bytes {
    match fault {
        Fault::CutBody(thousandths) => body.slice(..body.len() * usize::from(thousandths.min(999)) / 1000),
        Fault::FlipBit(place) if !body.is_empty() => {
            let mut bytes = body.to_vec();
            let at = (place / 8 % bytes.len() as u64) as usize;
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << (place % 8);
            }
            bytes.into()
        }
        _ => body,
    }
}
