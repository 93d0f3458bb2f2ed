//! One number a series, in sort order, so that sorting rows compares integers and not tags.

use arrow_array::{Array, RecordBatch};
use hashbrown::HashMap;
use tidewell_types::TableSchema;

use crate::SegmentError;
use crate::dictionary::{TagArray, dictionary_address, tag_array, tag_values};

/// For each batch a code a row: equal for equal tag sets, and ordered like them (by the schema's tags in their order, NULL
/// first, then by bytes). Codes compare across the batches of one call only. The batches have all the schema's columns.
pub(crate) fn series_codes(schema: &TableSchema, batches: &[RecordBatch]) -> Result<Vec<Vec<u64>>, SegmentError> {
    let mut codes: Vec<Vec<u64>> = batches.iter().map(|batch| vec![0; batch.num_rows()]).collect();
    let mut code_count: u64 = 1;
    for tag in schema.tags() {
        let columns: Result<Vec<&TagArray>, SegmentError> = batches
            .iter()
            .map(|batch| {
                let column =
                    batch.column_by_name(tag).ok_or_else(|| SegmentError::internal("a tag column is missing"))?;
                tag_array(column)
            })
            .collect();
        let columns = columns?;
        let ranks = TagRanks::of(&columns)?;
        if ranks.rank_count == 1 {
            continue;
        }
        if code_count.checked_mul(ranks.rank_count).is_none() {
            code_count = densify(&mut codes);
        }
        code_count = code_count
            .checked_mul(ranks.rank_count)
            .ok_or_else(|| SegmentError::internal("too many series to sort at once"))?;
        for (index, (column, codes)) in columns.iter().zip(&mut codes).enumerate() {
            ranks.append_digit(index, column, codes)?;
        }
    }
    Ok(codes)
}

/// Replaces the codes by 0, 1, 2, … in the same order; returns how many there are.
fn densify(codes: &mut [Vec<u64>]) -> u64 {
    let mut distinct: Vec<u64> = codes.iter().flatten().copied().collect();
    distinct.sort_unstable();
    distinct.dedup();
    for code in codes.iter_mut().flatten() {
        *code = distinct.partition_point(|other| other < code) as u64;
    }
    distinct.len() as u64
}

/// The rank of every dictionary value of one tag among the values of all batches: 0 is NULL, the values follow from 1.
struct TagRanks {
    /// Which of `tables` a batch uses; batches often share a dictionary.
    table_of_batch: Vec<usize>,
    /// Rank by dictionary key.
    tables: Vec<Vec<u64>>,
    /// One more than the highest rank.
    rank_count: u64,
}

impl TagRanks {
    fn of(columns: &[&TagArray]) -> Result<Self, SegmentError> {
        let mut by_address = HashMap::new();
        let mut dictionaries = Vec::new();
        let mut table_of_batch = Vec::with_capacity(columns.len());
        for column in columns {
            let table = *by_address.entry(dictionary_address(column)).or_insert(dictionaries.len());
            if table == dictionaries.len() {
                dictionaries.push(tag_values(column)?);
            }
            table_of_batch.push(table);
        }
        let mut ranks: HashMap<&str, u64> = HashMap::new();
        for values in &dictionaries {
            ranks.extend(values.iter().flatten().map(|value| (value, 0)));
        }
        let mut sorted: Vec<&str> = ranks.keys().copied().collect();
        sorted.sort_unstable();
        for (rank, value) in (1..).zip(sorted) {
            ranks.insert(value, rank);
        }
        let rank = |value: Option<&str>| value.and_then(|value| ranks.get(value)).copied().unwrap_or_default();
        let tables = dictionaries.iter().map(|values| values.iter().map(rank).collect()).collect();
        Ok(Self { table_of_batch, tables, rank_count: ranks.len() as u64 + 1 })
    }

    /// Makes each code `code * rank_count + rank`.
    fn append_digit(&self, batch: usize, column: &TagArray, codes: &mut [u64]) -> Result<(), SegmentError> {
        let table = &self.tables[self.table_of_batch[batch]];
        let keys = column.keys();
        let no_nulls = keys.null_count() == 0;
        for (row, code) in codes.iter_mut().enumerate() {
            let rank = if no_nulls || keys.is_valid(row) {
                let rank = table.get(keys.value(row) as usize);
                *rank.ok_or_else(|| SegmentError::internal("a tag's key is beyond its dictionary"))?
            } else {
                0
            };
            *code = *code * self.rank_count + rank;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
