//! The dictionary of a column in the file, checked once for all the batches that share it.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, BinaryArray, DictionaryArray, Int32Array, StringArray};
use arrow_buffer::NullBufferBuilder;
use hashbrown::HashMap;

use super::cast::Bad;
use super::text::checked;

/// A value that is no text: an error for the row that has it.
const BAD: i32 = -2;
/// A value that is none: NULL, or as a tag no text.
const NULL: i32 = -1;

/// The last dictionary of a column, as texts.
#[derive(Debug, Default)]
pub(crate) struct KnownDictionary(Option<Known>);

#[derive(Debug)]
struct Known {
    /// What it was made of; held, so that no other has its address.
    source: BinaryArray,
    /// As the file has them, where all are text.
    texts: Option<StringArray>,
    /// Each text once, none empty.
    tags: ArrayRef,
    /// The place of each value of the source among the tags; `None` where all of them stay where they are.
    places: Option<Vec<i32>>,
}

impl KnownDictionary {
    /// A tag column of the file's keys. Its values are shared by all batches of one dictionary.
    pub(crate) fn tags(&mut self, column: &DictionaryArray<Int32Type>, values: &BinaryArray) -> Result<ArrayRef, Bad> {
        let known = self.of(values)?;
        let keys = match &known.places {
            None => column.keys().clone(),
            Some(places) => moved(column.keys(), places, values)?,
        };
        let tags = DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(&known.tags));
        Ok(Arc::new(tags.map_err(|error| Bad { row: 0, problem: error.to_string() })?))
    }

    /// The dictionary's values, where all of them are text.
    pub(crate) fn texts(&mut self, values: &BinaryArray) -> Result<Option<&StringArray>, Bad> {
        Ok(self.of(values)?.texts.as_ref())
    }

    fn of(&mut self, values: &BinaryArray) -> Result<&Known, Bad> {
        let known = match self.0.take().filter(|known| is_same(&known.source, values)) {
            Some(known) => known,
            None => Known::new(values)?,
        };
        Ok(self.0.insert(known))
    }
}

fn is_same(a: &BinaryArray, b: &BinaryArray) -> bool {
    a.len() == b.len()
        && a.offsets().inner().as_ptr() == b.offsets().inner().as_ptr()
        && a.values().as_ptr() == b.values().as_ptr()
        && a.null_count() == b.null_count()
}

impl Known {
    fn new(source: &BinaryArray) -> Result<Self, Bad> {
        let texts = checked(source);
        let mut places = Vec::with_capacity(source.len());
        let mut ids: HashMap<&[u8], i32> = HashMap::with_capacity(source.len());
        for value in source {
            let Some(value) = value.filter(|value| !value.is_empty()) else {
                places.push(NULL);
                continue;
            };
            if texts.is_none() && std::str::from_utf8(value).is_err() {
                places.push(BAD);
                continue;
            }
            let next = i32::try_from(ids.len());
            let next = next.map_err(|_| Bad { row: 0, problem: "over 2^31 values in a dictionary".to_owned() })?;
            places.push(*ids.entry(value).or_insert(next));
        }
        if let Some(texts) = &texts
            && ids.len() == source.len()
        {
            let tags = Arc::new(texts.clone());
            return Ok(Self { source: source.clone(), texts: Some(texts.clone()), tags, places: None });
        }
        let mut tags: Vec<(&[u8], i32)> = ids.into_iter().collect();
        tags.sort_unstable_by_key(|(_, id)| *id);
        let tags = tags.iter().map(|(value, _)| std::str::from_utf8(value).unwrap_or_default());
        let tags = Arc::new(StringArray::from_iter_values(tags));
        Ok(Self { source: source.clone(), texts, tags, places: Some(places) })
    }
}

/// Keys of the file as keys of the tags.
fn moved(keys: &Int32Array, places: &[i32], values: &BinaryArray) -> Result<Int32Array, Bad> {
    let mut output = Vec::with_capacity(keys.len());
    let mut nulls = NullBufferBuilder::new(keys.len());
    for row in 0..keys.len() {
        let key = usize::try_from(keys.value(row)).ok().filter(|_| keys.is_valid(row));
        match key.map(|key| (key, places.get(key).copied())) {
            None | Some((_, Some(NULL))) => {
                output.push(0);
                nulls.append_null();
            }
            Some((_, Some(place))) if place >= 0 => {
                output.push(place);
                nulls.append_non_null();
            }
            Some((key, Some(_))) => return Err(super::text::no_text(row, values.value(key))),
            Some((_, None)) => {
                return Err(Bad { row, problem: "its key is beyond the dictionary".to_owned() });
            }
        }
    }
    Ok(Int32Array::new(output.into(), nulls.finish()))
}

#[cfg(test)]
mod tests;
