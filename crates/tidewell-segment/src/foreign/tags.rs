//! Decoded columns as tags: dictionaries with each text once. No text is no tag, as in line protocol.

use std::borrow::Cow;
use std::hash::Hash;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, Int32Array};
use arrow_buffer::NullBufferBuilder;
use hashbrown::HashMap;

use super::cast::{Bad, integers, unsigned};
use super::known_dictionary::KnownDictionary;
use super::text::Texts;

/// A column as a tag.
pub(crate) fn tags(column: &ArrayRef, dictionary: &mut KnownDictionary) -> Result<ArrayRef, Bad> {
    match Texts::of(column) {
        Some(Texts::Dictionary(keys, values)) => return dictionary.tags(keys, values),
        Some(texts) => {
            let bytes = |row| texts.bytes(row).filter(|bytes| !bytes.is_empty());
            let text = |row| texts.text(row).map(Option::unwrap_or_default);
            return each_once((0..texts.len()).map(bytes), text);
        }
        None => {}
    }
    if let Some(booleans) = column.as_boolean_opt() {
        return each_once(booleans.iter(), |row| Ok(booleans.value(row).to_string().into()));
    }
    if column.data_type().is_unsigned_integer() {
        let numbers = unsigned(column)?;
        return each_once(numbers.iter(), |row| Ok(numbers.value(row).to_string().into()));
    }
    let numbers = integers(column)?;
    each_once(numbers.iter(), |row| Ok(numbers.value(row).to_string().into()))
}

/// The same tag in `rows` rows.
pub(crate) fn constant_tag(value: Option<&str>, rows: usize) -> Result<ArrayRef, Bad> {
    let values = std::iter::repeat_n(value.filter(|value| !value.is_empty()), rows);
    each_once(values, |_| Ok(value.unwrap_or_default().into()))
}

/// A tag column of `values`; `text` is asked for the text of a value's first row.
fn each_once<'a, T: Copy + Eq + Hash>(
    values: impl Iterator<Item = Option<T>>,
    text: impl Fn(usize) -> Result<Cow<'a, str>, Bad>,
) -> Result<ArrayRef, Bad> {
    let mut keys = Vec::with_capacity(values.size_hint().0);
    let mut nulls = NullBufferBuilder::new(values.size_hint().0);
    let mut ids: HashMap<T, i32> = HashMap::new();
    let mut texts = StringBuilder::new();
    let mut last = None;
    for (row, value) in values.enumerate() {
        let Some(value) = value else {
            keys.push(0);
            nulls.append_null();
            continue;
        };
        nulls.append_non_null();
        // Series often come in runs.
        if let Some((run, id)) = last
            && run == value
        {
            keys.push(id);
            continue;
        }
        let id = match ids.get(&value) {
            Some(id) => *id,
            None => {
                let too_many = |_| Bad { row, problem: "over 2^31 tag values in a batch".to_owned() };
                let id = i32::try_from(ids.len()).map_err(too_many)?;
                ids.insert(value, id);
                texts.append_value(text(row)?);
                id
            }
        };
        last = Some((value, id));
        keys.push(id);
    }
    let keys = Int32Array::new(keys.into(), nulls.finish());
    let column = DictionaryArray::<Int32Type>::try_new(keys, Arc::new(texts.finish()));
    Ok(Arc::new(column.map_err(|error| Bad { row: 0, problem: error.to_string() })?))
}
