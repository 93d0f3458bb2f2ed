//! Which rows of an entry belong to a request with an idempotency key.

use arrow_schema::ArrowError;
use tidewell_buffer::{EntryToken, RowSpan};
use tidewell_types::{Batch, TokenId};

use super::EntryError;
use super::fields::Fields;
use crate::error::WalError;

/// Writes the number of tokens, then each with its spans.
pub(super) fn encode(tokens: &[EntryToken], batch: &Batch, out: &mut Vec<u8>) -> Result<(), WalError> {
    out.extend_from_slice(&count(tokens.len())?);
    for token in tokens {
        out.extend_from_slice(token.id.as_bytes());
        out.extend_from_slice(&count(token.spans.len())?);
        for span in &token.spans {
            if !is_inside(span, batch) {
                return Err(misfit(format!("{:?} names rows that are not there", token.id)));
            }
            for number in [span.table, span.start, span.count] {
                out.extend_from_slice(&number.to_le_bytes());
            }
        }
    }
    Ok(())
}

fn count(number: usize) -> Result<[u8; 4], WalError> {
    let number = u32::try_from(number).map_err(|_| misfit("more tokens or spans than fit 4 bytes".to_owned()))?;
    Ok(number.to_le_bytes())
}

fn misfit(problem: String) -> WalError {
    WalError::Encode { table: "(all)".to_owned(), source: ArrowError::InvalidArgumentError(problem) }
}

/// Reads what [`encode`] wrote; every span lies within its table's rows.
pub(super) fn decode(fields: &mut Fields<'_>, batch: &Batch) -> Result<Vec<EntryToken>, EntryError> {
    let token_count = u32::from_le_bytes(fields.take()?);
    let mut tokens = Vec::new();
    for _ in 0..token_count {
        let id = TokenId::from_bytes(fields.take()?);
        let span_count = u32::from_le_bytes(fields.take()?);
        let mut spans = Vec::new();
        for _ in 0..span_count {
            let mut number = || fields.take().map(u32::from_le_bytes);
            let span = RowSpan { table: number()?, start: number()?, count: number()? };
            if !is_inside(&span, batch) {
                return Err(EntryError::Damaged("token"));
            }
            spans.push(span);
        }
        tokens.push(EntryToken { id, spans });
    }
    Ok(tokens)
}

fn is_inside(span: &RowSpan, batch: &Batch) -> bool {
    let table = batch.tables.get(span.table as usize);
    table.is_some_and(|table| u64::from(span.start) + u64::from(span.count) <= table.rows.num_rows() as u64)
}
