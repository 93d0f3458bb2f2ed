//! The files' rows in the order of the files, decoded some parts ahead.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::RecordBatch;
use tidewell_csv::CsvPlan;
use tidewell_env::Env;
use tidewell_types::TableSchema;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use crate::budget::Budget;
use crate::csv::{CsvFile, is_without_rows};
use crate::error::FileError;
use crate::file::SourceFile;
use crate::lane::{CsvFound, LaneContext, Message};
use crate::options::{Format, ImportOptions};
use crate::parquet::ParquetFile;
use crate::progress::Progress;

/// What reading takes, whatever becomes of the rows.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) env: Env,
    pub(crate) options: ImportOptions,
    pub(crate) progress: Arc<Progress>,
    pub(crate) budget: Arc<Budget>,
    /// Parts of CSV files that are decoded at once.
    decoders: Arc<Semaphore>,
}

impl Reading {
    pub(crate) fn new(env: &Env, options: &ImportOptions, progress: &Arc<Progress>) -> Arc<Self> {
        let budget = Budget::new(options.read_bytes_max());
        let decoders = Arc::new(Semaphore::new(options.concurrency));
        Arc::new(Self { env: env.clone(), options: options.clone(), progress: Arc::clone(progress), budget, decoders })
    }
}

/// A file whose columns are known.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) index: usize,
    pub(crate) source: SourceFile,
    pub(crate) kind: Kind,
    /// Its columns; of CSV as far as they are known before it was read.
    pub(crate) schema: TableSchema,
    /// Whether its rows are stored, and only its values of the dedup column are wanted.
    pub(crate) is_stored: bool,
}

impl Opened {
    /// The same CSV file, to be read by a plan that knows all of it.
    pub(crate) fn settled(&self, csv: &CsvFile, plan: CsvPlan) -> Result<Self, FileError> {
        let schema = csv.schema_of(&plan)?;
        Ok(Self { schema, kind: Kind::Csv(CsvFile { plan, ..csv.clone() }), ..self.clone() })
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Parquet(ParquetFile),
    Csv(CsvFile),
    /// A header and nothing else.
    NoRows,
}

/// A file that is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Todo {
    pub(crate) index: usize,
    pub(crate) source: SourceFile,
    pub(crate) is_stored: bool,
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Event {
    Begin(Arc<Opened>),
    Batch(RecordBatch),
    End(Option<Box<CsvFound>>),
    /// Nothing of this file is to be kept; it may not have begun.
    Failed(SourceFile, FileError),
}

struct Lane {
    file: Arc<Opened>,
    number: u64,
    is_first: bool,
    is_last: bool,
    receiver: mpsc::Receiver<Message>,
}

enum Part {
    RowGroups(Vec<usize>),
    WholeCsv,
    Nothing,
}

type Opening = JoinHandle<Result<Opened, FileError>>;

/// Opens files and decodes parts of them ahead, and gives everything out in order.
pub(crate) struct Feed {
    reading: Arc<Reading>,
    table: Arc<TableSchema>,
    todo: VecDeque<Todo>,
    opens: VecDeque<(usize, SourceFile, Opening)>,
    parts: VecDeque<(Arc<Opened>, Part, bool, bool)>,
    lanes: VecDeque<Lane>,
    next_lane: u64,
}

impl Feed {
    pub(crate) fn new(reading: Arc<Reading>, table: Arc<TableSchema>, files: Vec<Todo>) -> Self {
        Self {
            reading,
            table,
            todo: files.into(),
            opens: VecDeque::new(),
            parts: VecDeque::new(),
            lanes: VecDeque::new(),
            next_lane: 0,
        }
    }

    /// What comes next; `None` after the last file.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            self.fill().await;
            let lane = self.lanes.front_mut()?;
            self.reading.budget.set_head(lane.number);
            if std::mem::take(&mut lane.is_first) {
                self.reading.progress.begin(lane.file.source.url());
                return Some(Event::Begin(Arc::clone(&lane.file)));
            }
            match lane.receiver.recv().await {
                Some(Message::Batch(rows, held)) => {
                    drop(held);
                    return Some(Event::Batch(rows));
                }
                Some(Message::End(found)) => {
                    let is_last = lane.is_last;
                    self.lanes.pop_front();
                    if is_last {
                        return Some(Event::End(found));
                    }
                }
                Some(Message::Failed(error)) => return Some(self.fail(error)),
                None => return Some(self.fail(FileError::Cancelled)),
            }
        }
    }

    fn fail(&mut self, error: FileError) -> Event {
        let source = self.lanes.front().map(|lane| lane.file.source.clone());
        self.skip();
        match source {
            Some(source) => Event::Failed(source, error),
            None => Event::End(None),
        }
    }

    /// Leaves out the rest of the file at hand.
    pub(crate) fn skip(&mut self) {
        let Some(index) = self.lanes.front().map(|lane| lane.file.index) else { return };
        self.lanes.retain(|lane| lane.file.index != index);
        self.parts.retain(|(file, ..)| file.index != index);
    }

    /// Reads a CSV file, all of whose rows were given out, once more.
    pub(crate) fn again(&mut self, file: &Arc<Opened>) {
        let number = self.lanes.front().map_or(self.next_lane, |lane| lane.number);
        let lane = self.start(Arc::clone(file), Part::WholeCsv, number, (false, true));
        self.lanes.push_front(lane);
    }

    /// Opens files and starts lanes, up to the concurrency; waits only where nothing else could go on.
    async fn fill(&mut self) {
        let ahead = self.reading.options.lanes_max();
        while self.lanes.len() < ahead {
            while self.opens.len() < ahead
                && let Some(todo) = self.todo.pop_front()
            {
                let (index, source) = (todo.index, todo.source.clone());
                let (reading, table) = (Arc::clone(&self.reading), Arc::clone(&self.table));
                let opening = self.reading.env.spawn(async move { open(&reading, todo, &table).await });
                self.opens.push_back((index, source, opening));
            }
            if let Some((file, part, is_first, is_last)) = self.parts.pop_front() {
                self.next_lane += 1;
                let lane = self.start(file, part, self.next_lane, (is_first, is_last));
                self.lanes.push_back(lane);
                continue;
            }
            let is_ready = self.opens.front().is_some_and(|(_, _, opening)| opening.is_finished());
            if !self.lanes.is_empty() && !is_ready {
                return;
            }
            let Some((index, source, opening)) = self.opens.pop_front() else { return };
            match opening.await {
                Ok(Ok(opened)) => self.push_parts(opened),
                Ok(Err(error)) => {
                    self.next_lane += 1;
                    self.lanes.push_back(failed(index, source, error, self.next_lane));
                }
                Err(join) => std::panic::resume_unwind(join.into_panic()),
            }
        }
    }

    fn push_parts(&mut self, opened: Opened) {
        let parts = match &opened.kind {
            Kind::Parquet(file) => file.parts().into_iter().map(Part::RowGroups).collect(),
            Kind::Csv(_) => vec![Part::WholeCsv],
            Kind::NoRows => vec![Part::Nothing],
        };
        let (file, count) = (Arc::new(opened), parts.len());
        let numbered = parts.into_iter().enumerate();
        self.parts.extend(numbered.map(|(at, part)| (Arc::clone(&file), part, at == 0, at + 1 == count)));
    }

    fn start(&self, file: Arc<Opened>, part: Part, number: u64, (is_first, is_last): (bool, bool)) -> Lane {
        let (sender, receiver) = LaneContext::channel();
        let context = LaneContext {
            env: self.reading.env.clone(),
            budget: Arc::clone(&self.reading.budget),
            progress: Arc::clone(&self.reading.progress),
            number,
            batch_rows: self.reading.options.batch_rows,
            concurrency: self.reading.options.concurrency,
            decoders: Arc::clone(&self.reading.decoders),
            sender,
        };
        match (&file.kind, part) {
            (Kind::Parquet(parquet), Part::RowGroups(groups)) => {
                self.reading.env.spawn(parquet.clone().decode(groups, context));
            }
            (Kind::Csv(csv), Part::WholeCsv) => {
                self.reading.env.spawn(csv.clone().decode(context));
            }
            _ => {
                self.reading.env.spawn(async move { context.send(Message::End(None)).await });
            }
        }
        Lane { file, number, is_first, is_last, receiver }
    }
}

/// A lane that says in its turn that a file cannot be opened.
fn failed(index: usize, source: SourceFile, error: FileError, number: u64) -> Lane {
    let (sender, receiver) = mpsc::channel(1);
    // There is room for one.
    let _ = sender.try_send(Message::Failed(error));
    let file = Arc::new(Opened { index, source, kind: Kind::NoRows, schema: TableSchema::new(), is_stored: false });
    Lane { file, number, is_first: false, is_last: true, receiver }
}

/// Reads what says which columns a file has.
pub(crate) async fn open(reading: &Reading, todo: Todo, table: &TableSchema) -> Result<Opened, FileError> {
    let Todo { index, source, is_stored } = todo;
    let path_tags = if reading.options.hive { source.hive_tags()? } else { Vec::new() };
    let (kind, schema) = match &reading.options.format {
        Format::Parquet(options) => {
            let mut options = options.clone();
            options.path_tags.extend(path_tags);
            let file = ParquetFile::open(&source, &reading.env, &options, table).await?;
            file.plan.check()?;
            let schema = file.plan.schema().clone();
            (Kind::Parquet(file), schema)
        }
        Format::Csv(options) => {
            let mut options = options.clone();
            options.batch_rows_max = reading.options.batch_rows;
            options.batch_bytes_max =
                options.batch_bytes_max.min(usize::try_from(reading.budget.share() / 4).unwrap_or(1)).max(1);
            options.rejected_listed_max = reading.options.rejected_listed_max;
            match CsvFile::open(&source, &reading.env, &options, path_tags, table).await {
                Err(error) if is_without_rows(&error) => (Kind::NoRows, TableSchema::new()),
                Err(error) => return Err(error),
                Ok(file) => {
                    let schema = file.schema_of(&file.plan)?;
                    (Kind::Csv(file), schema)
                }
            }
        }
    };
    Ok(Opened { index, source, kind, schema, is_stored })
}
