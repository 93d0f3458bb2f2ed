//! The rows of an entry, one section a table.

use std::io::Cursor;
use std::panic::catch_unwind;

use arrow_array::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::ArrowError;
use tidewell_types::{Batch, TableName, TableRows};

use super::EntryError;
use super::fields::Fields;
use super::ipc_check::{self, ROWS_BYTES_MAX};
use crate::error::WalError;

/// Writes the number of sections, then each. Rows that [`decode`] would refuse are refused.
pub(super) fn encode(batch: &Batch, out: &mut Vec<u8>) -> Result<(), WalError> {
    let mut room = ROWS_BYTES_MAX;
    let sections = u32::try_from(batch.tables.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&sections.to_le_bytes());
    for table in &batch.tables {
        let of = |source| WalError::Encode { table: table.table.to_string(), source };
        encode_one(table, &mut room, out).map_err(of)?;
    }
    Ok(())
}

fn encode_one(table: &TableRows, room: &mut u64, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    let name = table.table.as_str().as_bytes();
    let too_long = |_| ArrowError::InvalidArgumentError("section above 4 GiB".to_owned());
    out.extend_from_slice(&u16::try_from(name.len()).map_err(too_long)?.to_le_bytes());
    out.extend_from_slice(name);
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), table.rows.schema_ref(), options)?;
    writer.write(&table.rows)?;
    let ipc = writer.into_inner()?;
    let unreadable =
        |problem: &str| ArrowError::InvalidArgumentError(format!("no reader would take the rows: {problem}"));
    ipc_check::check(&ipc, room).map_err(unreadable)?;
    out.extend_from_slice(&u32::try_from(ipc.len()).map_err(too_long)?.to_le_bytes());
    out.extend_from_slice(&ipc);
    Ok(())
}

/// Reads what [`encode`] wrote.
pub(super) fn decode(fields: &mut Fields<'_>) -> Result<Vec<TableRows>, EntryError> {
    let sections = u32::from_le_bytes(fields.take()?);
    let mut room = ROWS_BYTES_MAX;
    let mut tables = Vec::new();
    for _ in 0..sections {
        tables.push(decode_one(fields, &mut room)?);
    }
    Ok(tables)
}

fn decode_one(fields: &mut Fields<'_>, room: &mut u64) -> Result<TableRows, EntryError> {
    let damaged = EntryError::Damaged;
    let name_bytes = u16::from_le_bytes(fields.take()?);
    let name = std::str::from_utf8(fields.slice(name_bytes.into())?).map_err(|_| damaged("table name"))?;
    let table = TableName::new(name).map_err(|_| damaged("table name"))?;
    let ipc_bytes = u32::from_le_bytes(fields.take()?);
    let ipc = fields.slice(ipc_bytes as usize)?;
    ipc_check::check(ipc, room).map_err(|_| damaged("rows"))?;
    // What gets past the check is what Arrow expects; should it assert all the same, the entry is damaged and nothing else.
    let read = catch_unwind(|| read_rows(ipc)).map_err(|_| damaged("rows"))?;
    let rows = read.map_err(|_| damaged("rows"))?.ok_or(damaged("rows"))?;
    Ok(TableRows { table, rows })
}

fn read_rows(ipc: &[u8]) -> Result<Option<RecordBatch>, ArrowError> {
    StreamReader::try_new(Cursor::new(ipc), None)?.next().transpose()
}
