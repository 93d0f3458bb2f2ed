//! A part of a file that is decoded ahead of being wanted: its rows come through a channel, within the byte budget.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use tidewell_csv::{CsvPlan, Rejections};
use tidewell_env::Env;
use tokio::sync::{Semaphore, mpsc};

use crate::budget::{Budget, Held};
use crate::error::FileError;
use crate::progress::Progress;

/// Batches that wait in a lane, besides what the budget allows.
const BATCHES_MAX: usize = 256;

/// What a lane gives.
#[derive(Debug)]
pub(crate) enum Message {
    /// The next rows, and the bytes that they take of the budget.
    Batch(RecordBatch, Held),
    /// There are no more, and all of them were good.
    End(Option<Box<CsvFound>>),
    /// The file cannot be imported.
    Failed(FileError),
}

/// What a CSV file turned out to be by its end.
#[derive(Debug)]
pub(crate) struct CsvFound {
    pub(crate) plan: CsvPlan,
    pub(crate) rejections: Rejections,
}

/// What decoding a part takes.
#[derive(Debug)]
pub(crate) struct LaneContext {
    pub(crate) env: Env,
    pub(crate) budget: Arc<Budget>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) number: u64,
    pub(crate) batch_rows: usize,
    /// How many parts of the lane may be on their way at once.
    pub(crate) concurrency: usize,
    /// A slot for each part, of all lanes, that may be decoded at once besides what each lane decodes itself.
    pub(crate) decoders: Arc<Semaphore>,
    pub(crate) sender: mpsc::Sender<Message>,
}

/// Nobody wants the lane's rows any more.
#[derive(Debug)]
pub(crate) struct Unwanted;

impl LaneContext {
    pub(crate) fn channel() -> (mpsc::Sender<Message>, mpsc::Receiver<Message>) {
        mpsc::channel(BATCHES_MAX)
    }

    /// Takes bytes of the budget.
    pub(crate) async fn take(&self, bytes: u64) -> Held {
        self.budget.take(self.number, bytes).await
    }

    /// Takes bytes of the budget if they are free.
    pub(crate) fn try_take(&self, bytes: u64) -> Option<Held> {
        self.budget.take_free(self.number, bytes)
    }

    /// Gives rows out that bytes were taken for before they were there.
    pub(crate) async fn give_within(&self, rows: RecordBatch, held: &mut Held) -> Result<(), Unwanted> {
        let held = held.split(rows_bytes(&rows));
        self.progress.rows.fetch_add(rows.num_rows() as u64, Ordering::Relaxed);
        self.send(Message::Batch(rows, held)).await
    }

    /// Gives rows out, once they fit into the budget.
    pub(crate) async fn give(&self, rows: RecordBatch) -> Result<(), Unwanted> {
        let held = self.take(rows_bytes(&rows)).await;
        self.progress.rows.fetch_add(rows.num_rows() as u64, Ordering::Relaxed);
        self.send(Message::Batch(rows, held)).await
    }

    pub(crate) async fn send(&self, message: Message) -> Result<(), Unwanted> {
        self.sender.send(message).await.map_err(|_| Unwanted)
    }

    pub(crate) fn check_cancelled(&self) -> Result<(), FileError> {
        if self.progress.is_cancelled() { Err(FileError::Cancelled) } else { Ok(()) }
    }
}

/// What a batch's values take, in bytes; of a tag its keys and its dictionary.
pub(crate) fn rows_bytes(rows: &RecordBatch) -> u64 {
    let bytes = rows.columns().iter().map(|column| match column.data_type() {
        DataType::Dictionary(_, _) => {
            let values = column.as_any().downcast_ref::<arrow_array::DictionaryArray<arrow_array::types::Int32Type>>();
            let dictionary = values.map(|tags| tags.values().to_data().get_slice_memory_size().unwrap_or_default());
            column.len() * size_of::<i32>() + dictionary.unwrap_or_default()
        }
        _ => column.to_data().get_slice_memory_size().unwrap_or_default(),
    });
    bytes.sum::<usize>() as u64
}
