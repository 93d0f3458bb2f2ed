//! Tag columns: dictionaries that differ from batch to batch.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow_buffer::NullBufferBuilder;
use hashbrown::HashMap;

use crate::SegmentError;
use crate::assemble::Stretch;

pub(crate) type TagArray = DictionaryArray<Int32Type>;

/// A slice keeps the dictionary of its batch where that has at most this many values, or one for every row.
const KEPT_VALUES_MAX: usize = 1024;

/// A column as a tag column.
pub(crate) fn tag_array(column: &dyn Array) -> Result<&TagArray, SegmentError> {
    column.as_dictionary_opt::<Int32Type>().ok_or_else(|| SegmentError::internal("a tag column is not a dictionary"))
}

/// The values of a tag column's dictionary.
pub(crate) fn tag_values(tags: &TagArray) -> Result<&StringArray, SegmentError> {
    tags.values().as_string_opt::<i32>().ok_or_else(|| SegmentError::internal("a tag column does not hold text"))
}

/// The value of one row; `None` for NULL.
pub(crate) fn tag_at(tags: &TagArray, row: usize) -> Result<Option<&str>, SegmentError> {
    let values = tag_values(tags)?;
    Ok(tags.key(row).filter(|key| values.is_valid(*key)).map(|key| values.value(key)))
}

/// Where batches share a dictionary (slices of one batch, pages of one row group) the address of it is the same.
pub(crate) fn dictionary_address(tags: &TagArray) -> *const () {
    Arc::as_ptr(tags.values()).cast()
}

/// A tag column whose dictionary itself holds NULLs, with the NULLs moved to the rows.
pub(crate) fn without_null_values(column: &ArrayRef) -> Result<ArrayRef, SegmentError> {
    let tags = tag_array(column)?;
    let values = tag_values(tags)?;
    if values.null_count() == 0 {
        return Ok(Arc::clone(column));
    }
    let rows = (0..tags.len()).map(|row| tags.key(row).filter(|key| values.is_valid(*key)).map(|key| key as i32));
    let keys: Int32Array = rows.collect();
    let values = StringArray::from_iter_values(values.iter().map(Option::unwrap_or_default));
    Ok(Arc::new(TagArray::try_new(keys, Arc::new(values))?))
}

/// Copies stretches of tag columns into one column whose dictionary holds exactly the values that its rows use.
pub(crate) fn gather_tags(
    columns: &[&ArrayRef],
    stretches: &[Stretch],
    row_count: usize,
) -> Result<ArrayRef, SegmentError> {
    if let [only] = stretches {
        let tags = tag_array(columns[only.slot])?;
        if tags.values().len() <= KEPT_VALUES_MAX.max(row_count) {
            return Ok(columns[only.slot].slice(only.start, only.len));
        }
    }
    let mut output = TagBuilder::new(row_count);
    let mut remaps = Remaps::new(columns.len());
    for stretch in stretches {
        let tags = tag_array(columns[stretch.slot])?;
        output.append(tags, remaps.of(stretch.slot, tags), stretch)?;
    }
    output.finish()
}

/// For each dictionary, the key that its values have in the output; -1 where they have none yet.
struct Remaps {
    by_slot: Vec<Option<usize>>,
    by_address: HashMap<*const (), usize>,
    tables: Vec<Vec<i32>>,
}

impl Remaps {
    fn new(slot_count: usize) -> Self {
        Self { by_slot: vec![None; slot_count], by_address: HashMap::new(), tables: Vec::new() }
    }

    fn of(&mut self, slot: usize, tags: &TagArray) -> &mut [i32] {
        let table = *self.by_slot[slot].get_or_insert_with(|| {
            *self.by_address.entry(dictionary_address(tags)).or_insert_with(|| {
                self.tables.push(vec![-1; tags.values().len()]);
                self.tables.len() - 1
            })
        });
        &mut self.tables[table]
    }
}

struct TagBuilder<'a> {
    keys: Vec<i32>,
    nulls: NullBufferBuilder,
    ids: HashMap<&'a str, i32>,
    values: StringBuilder,
}

impl<'a> TagBuilder<'a> {
    fn new(row_count: usize) -> Self {
        Self {
            keys: Vec::with_capacity(row_count),
            nulls: NullBufferBuilder::new(row_count),
            ids: HashMap::new(),
            values: StringBuilder::new(),
        }
    }

    fn append(&mut self, tags: &'a TagArray, remap: &mut [i32], stretch: &Stretch) -> Result<(), SegmentError> {
        let values = tag_values(tags)?;
        let keys = tags.keys();
        let no_nulls = keys.null_count() == 0;
        for row in stretch.start..stretch.start + stretch.len {
            if !no_nulls && keys.is_null(row) {
                self.keys.push(0);
                self.nulls.append_null();
                continue;
            }
            let key = keys.value(row) as usize;
            let slot =
                remap.get_mut(key).ok_or_else(|| SegmentError::internal("a tag's key is beyond its dictionary"))?;
            if *slot < 0 {
                *slot = self.intern(values.value(key))?;
            }
            self.keys.push(*slot);
            self.nulls.append_non_null();
        }
        Ok(())
    }

    fn intern(&mut self, value: &'a str) -> Result<i32, SegmentError> {
        if let Some(id) = self.ids.get(value) {
            return Ok(*id);
        }
        let id =
            i32::try_from(self.ids.len()).map_err(|_| SegmentError::internal("over 2^31 tag values in a batch"))?;
        self.ids.insert(value, id);
        self.values.append_value(value);
        Ok(id)
    }

    fn finish(mut self) -> Result<ArrayRef, SegmentError> {
        let keys = Int32Array::try_new(self.keys.into(), self.nulls.finish())?;
        Ok(Arc::new(TagArray::try_new(keys, Arc::new(self.values.finish()))?))
    }
}

#[cfg(test)]
mod tests;
