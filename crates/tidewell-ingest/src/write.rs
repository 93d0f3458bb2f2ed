//! One request, from bytes to acknowledgement.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tidewell_buffer::Buffer;
use tidewell_cost::{Cadence, Ledger, TablePart};
use tidewell_env::Env;
use tidewell_line_protocol::Precision;
use tidewell_manifest::{CommitError, Manifest, Refusal, State};
use tidewell_storage::Usage;
use tidewell_types::{TableName, TableRows, TableSchema, TokenId, WriterId};
use tidewell_wal::{AckLevel, LogStores};

use crate::admit::{AdmitLimits, Admitted, admit};
use crate::admit_rows::admit_rows;
use crate::cost::WriteCost;
use crate::duplicate::{Duplicates, Earlier};
use crate::error::IngestError;
use crate::group::{Group, Logged};
use crate::key::Keys;
use crate::lane::{Lane, Process};
use crate::local_lane::{LocalLane, SharedLog};
use crate::look::Look;
use crate::memory_lane::MemoryLane;
use crate::object_lane::ObjectLane;
use crate::reject::Rejections;
use crate::schema;
use crate::together::Arrival;
use crate::token::SessionToken;

/// Bodies up to this size are parsed where they arrive; larger ones where they do not hold up others.
const INLINE_BODY_BYTES_MAX: usize = 64 << 10;
/// Where the buffer is full, a view that is older than this is read anew: others may have folded what is there.
const FULL_VIEW_AGE_MAX: Duration = Duration::from_secs(1);
/// How often a body is admitted anew because another process gave its new columns other types.
const ADMISSIONS_MAX: u32 = 3;

/// How the write path behaves.
#[derive(Clone, Debug)]
pub struct IngestConfig {
    /// The level of writes that ask for none.
    pub level: AckLevel,
    /// What tables may grow to.
    pub limits: AdmitLimits,
    /// The pace of log objects, shared with the process's other databases.
    pub cadence: Arc<Cadence>,
    /// Where what writes cost is booked, by table.
    pub ledger: Option<Arc<Ledger>>,
    /// What the buffer may hold, in bytes, before writes are told to come back.
    pub buffer_bytes_max: usize,
}

/// A body of line protocol.
#[derive(Clone, Debug)]
pub struct WriteRequest {
    /// The bytes, decompressed.
    pub body: Bytes,
    /// The unit of its timestamps.
    pub precision: Precision,
    /// At least this level; `None` for the server's.
    pub level: Option<AckLevel>,
    /// Whether the good lines of a body are stored when there are bad ones.
    pub accept_partial: bool,
    /// The request's idempotency key, as `token_of_key` gives it: of all requests with the same one, to any process, the
    /// rows of one count. Such a request is logged at level `object` at least. `None` where repeating the request only overwrites its points with themselves. A request is known
    /// for about a day after its rows were folded, and where very many have a key for a quarter of an hour; one that is
    /// repeated later is stored again.
    pub token: Option<TokenId>,
}

/// Rows of one table, as columns: all of them are stored, or none.
///
/// `time` is a timestamp in nanoseconds without NULL; columns that are dictionaries of text are tags, those of floats, 64-bit
/// integers, booleans and text are fields.
#[derive(Clone, Debug)]
pub struct RowsRequest {
    /// The rows, in write order.
    pub rows: TableRows,
    /// As [`WriteRequest::level`].
    pub level: Option<AckLevel>,
    /// As [`WriteRequest::token`].
    pub token: Option<TokenId>,
}

/// What a request brings.
enum Brought {
    Lines(Bytes, Precision),
    Rows(TableRows),
}

impl Brought {
    fn bytes(&self) -> usize {
        match self {
            Self::Lines(body, _) => body.len(),
            Self::Rows(rows) => rows.rows.get_array_memory_size(),
        }
    }
}

/// A request, whatever its form.
struct Posted {
    brought: Brought,
    level: Option<AckLevel>,
    accept_partial: bool,
    token: Option<TokenId>,
}

/// A body that was stored, all of it or its good lines.
#[derive(Clone, Debug)]
pub struct WriteOutcome {
    /// How many rows the body has that are stored.
    pub row_count: usize,
    /// The lines that were not.
    pub rejected: Rejections,
    /// Where the rows are; `None` for a body without lines, and for a duplicate whose rows are in segments already.
    pub token: Option<SessionToken>,
    /// Whether an earlier request with the same idempotency key has stored the rows, and this one none.
    pub is_duplicate: bool,
    /// What it cost.
    pub cost: WriteCost,
}

/// The write path of one database.
#[derive(Debug)]
pub struct Ingest {
    config: IngestConfig,
    process: Process,
    duplicates: Duplicates,
    keys: Keys,
    look: Arc<Look>,
    writer: WriterId,
    /// Memory or the local log, for levels below `object`; `None` where the server's level is `object`.
    local: Option<Group>,
    objects: Group,
}

impl Ingest {
    /// Starts the write path on the log in `log`; `local` must be there exactly when the level is a local one.
    #[must_use]
    pub fn start(
        config: IngestConfig,
        manifest: Manifest,
        log: LogStores,
        buffer: Arc<Buffer>,
        local: Option<SharedLog>,
        env: Env,
    ) -> Self {
        let look = Arc::new(Look::new(manifest.clone(), Arc::clone(&buffer), env.clone()));
        let keys = Keys::new(manifest.clone(), Arc::clone(&buffer), Arc::clone(&look));
        let duplicates = Duplicates { manifest: manifest.clone(), buffer: Arc::clone(&buffer), level: config.level };
        let process =
            Process { env: env.clone(), manifest, log, stamps: Arc::default(), buffer, ledger: config.ledger.clone() };
        let local = match (config.level, local) {
            (AckLevel::None, _) => Some(Lane::Memory(MemoryLane::new(process.clone()))),
            (_, Some(log)) => Some(Lane::Local(LocalLane::new(process.clone(), log))),
            (_, None) => None,
        };
        let objects = Lane::Objects(Box::new(ObjectLane::new(process.clone(), config.cadence.pacer())));
        Self {
            writer: env.writer_id(),
            local: local.map(|lane| Group::start(lane, duplicates.clone(), &env)),
            objects: Group::start(objects, duplicates.clone(), &env),
            config,
            process,
            duplicates,
            keys,
            look,
        }
    }

    /// Stores a body; when this returns, its rows are as safe as the level says and in the buffer.
    ///
    /// New columns cost a commit first; then one frame or one object (on each replica), shared with other requests. A body
    /// whose token is known to be stored at the level costs nothing, and is answered as the first one was; two GETs where the
    /// view is older than a minute.
    ///
    /// # Errors
    /// [`IngestError`]: for all but `Unknown` nothing of the body is stored.
    pub async fn write(&self, request: WriteRequest) -> Result<WriteOutcome, IngestError> {
        self.write_with(request, None).await
    }

    /// As [`Ingest::write`], for one of several requests that come together: none is logged before all can be (within five
    /// seconds), so that they share log objects.
    ///
    /// # Errors
    /// As [`Ingest::write`].
    pub async fn write_with(
        &self,
        request: WriteRequest,
        arrival: Option<Arrival>,
    ) -> Result<WriteOutcome, IngestError> {
        let WriteRequest { body, precision, level, accept_partial, token } = request;
        let posted = Posted { brought: Brought::Lines(body, precision), level, accept_partial, token };
        self.store(posted, arrival).await
    }

    /// Stores rows, as [`Ingest::write`] does.
    ///
    /// # Errors
    /// [`IngestError`]: `Invalid` names the column that has no place in the table; for all but `Unknown` nothing is stored.
    pub async fn write_rows(&self, request: RowsRequest) -> Result<WriteOutcome, IngestError> {
        let RowsRequest { rows, level, token } = request;
        self.store(Posted { brought: Brought::Rows(rows), level, accept_partial: false, token }, None).await
    }

    async fn store(&self, request: Posted, arrival: Option<Arrival>) -> Result<WriteOutcome, IngestError> {
        let level = self.level(&request)?;
        let key = match request.token {
            Some(token) => Some(self.keys.take(token).await),
            None => None,
        };
        let view = self.process.manifest.state();
        let earlier = key.and_then(|key| self.duplicates.find(&view, &key.token, level));
        let mut own = Usage::default();
        let Admitted { batch, rejected, .. } = match earlier {
            Some(_) => self.admit_once(&request).await?,
            None => {
                self.make_room(request.brought.bytes()).await?;
                key.map_or(Ok(()), |_| self.keys.check_room(&view))?;
                self.admit(&request, &mut own).await?
            }
        };
        if !rejected.is_empty() && (!request.accept_partial || batch.tables.is_empty()) {
            return Err(IngestError::Rejected(Arc::new(rejected)));
        }
        let row_count = batch.row_count();
        if row_count == 0 {
            let cost = WriteCost { own, ..WriteCost::default() };
            return Ok(WriteOutcome { row_count, rejected, token: None, is_duplicate: false, cost });
        }
        let logged = match earlier {
            Some(earlier) => Logged::Before(earlier),
            None => self.group(level).append(batch, key, level, arrival).await?,
        };
        let (token, is_duplicate, cost) = match logged {
            Logged::Here(token, cost) => (Some(token), false, cost),
            Logged::Before(Earlier { session }) => (session, true, WriteCost::default()),
        };
        let cost = WriteCost { own, ..cost };
        Ok(WriteOutcome { row_count, rejected, token, is_duplicate, cost })
    }

    fn level(&self, request: &Posted) -> Result<AckLevel, IngestError> {
        let asked = request.level.unwrap_or(self.config.level).max(self.config.level);
        // Keys are forgotten by generations, and only entries in the store have one: a frame that lay in a local log for longer
        // could count beside a repetition that another process took.
        let level = if request.token.is_some() { asked.max(AckLevel::Object) } else { asked };
        if level == AckLevel::Quorum && !self.process.log.has_replicas() {
            let advice = "this server writes to one store, so it cannot acknowledge at `quorum`: ask for `object`";
            return Err(IngestError::Invalid(advice.to_owned()));
        }
        Ok(level)
    }

    /// The log for a level: what is stronger than the local one, or than none, goes to the store.
    fn group(&self, level: AckLevel) -> &Group {
        match &self.local {
            Some(local) if level == self.config.level || (level.is_local() && self.config.level.is_local()) => local,
            _ => &self.objects,
        }
    }

    /// Refuses a body for which the buffer has no room, even without what other processes have folded.
    async fn make_room(&self, body_bytes: usize) -> Result<(), IngestError> {
        let max = self.config.buffer_bytes_max;
        let held = || self.duplicates.buffer.totals().bytes;
        let has_room = |bytes: usize| bytes == 0 || bytes + body_bytes <= max;
        if has_room(held()) {
            return Ok(());
        }
        self.look.renew(FULL_VIEW_AGE_MAX).await;
        match held() {
            bytes if has_room(bytes) => Ok(()),
            bytes => Err(IngestError::Busy(format!(
                "{bytes} bytes of recent rows wait to be folded and {max} fit in memory: try again in a second"
            ))),
        }
    }

    /// Admits a request, and commits its new columns; what that took is added to `own`.
    async fn admit(&self, request: &Posted, own: &mut Usage) -> Result<Admitted, IngestError> {
        for _ in 0..ADMISSIONS_MAX {
            let mut admitted = self.admit_once(request).await?;
            let is_refused = !admitted.rejected.is_empty() && !request.accept_partial;
            if admitted.growth.is_empty() || is_refused {
                return Ok(admitted);
            }
            let growth = std::mem::take(&mut admitted.growth);
            match self.grow(growth, own).await {
                Ok(_) => return Ok(admitted),
                Err(CommitError::Refused(Refusal::Schema { .. })) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(IngestError::Busy("other processes keep changing these tables' columns: try again in a second".to_owned()))
    }

    async fn grow(&self, growth: Vec<(TableName, TableSchema)>, own: &mut Usage) -> Result<Arc<State>, CommitError> {
        let Process { log, manifest, env, .. } = &self.process;
        let store = log.main().metered();
        let tables: Vec<TablePart> =
            growth.iter().map(|(table, _)| TablePart { table: table.clone(), bytes: 0 }).collect();
        let grown = schema::grow(&manifest.through(store.clone()), self.writer, growth).await;
        let used = store.meter().snapshot();
        *own = *own + used;
        self.config.cadence.charge_other(env.monotonic(), &used);
        self.process.book(&tables, &used);
        grown
    }

    async fn admit_once(&self, request: &Posted) -> Result<Admitted, IngestError> {
        let state = self.process.manifest.state();
        let limits = self.config.limits;
        let (body, precision) = match &request.brought {
            Brought::Lines(body, precision) => (body.clone(), *precision),
            Brought::Rows(rows) => {
                let known = state.tables.get(&rows.table).map(|table| Arc::clone(&table.schema));
                return admit_rows(rows, known, &limits)
                    .map_err(|misfit| IngestError::Invalid(format!("table {:?}: {misfit}", rows.table.as_str())));
            }
        };
        let now = self.process.env.now();
        let body_bytes = body.len();
        let admit = move || {
            let schema_of = |table: &str| state.tables.get(table).map(|table| Arc::clone(&table.schema));
            admit(&body, precision, now, schema_of, &limits)
        };
        let admitted = match body_bytes {
            ..=INLINE_BODY_BYTES_MAX => admit(),
            _ => self.process.env.blocking(admit).await,
        };
        admitted.map_err(|error| IngestError::Invalid(format!("the body cannot be stored at once ({error}): split it")))
    }
}

#[cfg(test)]
mod tests;
