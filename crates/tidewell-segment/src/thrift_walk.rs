//! Walking a Thrift compact structure without building anything from it.
//!
//! The Parquet library reserves memory for as many elements as a list says it has. Walking first makes sure that what is
//! announced is there, so that no announced number costs more memory than the bytes that carry it.

/// Structures and lists within each other beyond this are refused; Parquet's own need 8.
const DEPTH_MAX: usize = 16;

/// A value on the way: its place is the ids of the fields from the outermost structure down; lists do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// An integer of any width.
    Integer(i64),
    /// A boolean of a structure.
    Boolean(bool),
    /// A list or set, before its elements.
    List(u64),
    /// A structure within a list, before its fields.
    Element,
    /// A structure that is a field, before its fields.
    Structure,
}

/// What a walk shows its values to; an error ends the walk.
pub(crate) type See<'a> = dyn FnMut(&[i16], Value) -> Result<(), String> + 'a;

/// Walks one structure at the start of `bytes`, shows its integers, booleans, lists and structures to `see`, and
/// returns its length in bytes.
pub(crate) fn walk(bytes: &[u8], see: &mut See<'_>) -> Result<usize, String> {
    let mut walker = Walker { rest: bytes, path: Vec::with_capacity(DEPTH_MAX), depth: 0, see };
    walker.structure()?;
    Ok(bytes.len() - walker.rest.len())
}

struct Walker<'a, 'b> {
    rest: &'a [u8],
    path: Vec<i16>,
    depth: usize,
    see: &'a mut See<'b>,
}

impl Walker<'_, '_> {
    fn structure(&mut self) -> Result<(), String> {
        self.deeper()?;
        let mut id: i16 = 0;
        loop {
            let header = self.byte()?;
            if header == 0 {
                self.depth -= 1;
                return Ok(());
            }
            id = match header >> 4 {
                0 => i16::try_from(self.zigzag()?).map_err(|_| "a field id is out of range".to_owned())?,
                delta => id.checked_add(i16::from(delta)).ok_or("a field id is out of range")?,
            };
            self.path.push(id);
            self.value(header & 0x0f, false)?;
            self.path.pop();
        }
    }

    fn value(&mut self, kind: u8, in_list: bool) -> Result<(), String> {
        match kind {
            // Within a structure a boolean is its type; within a list it is a byte.
            1 | 2 if in_list => self.skip(1),
            1 | 2 => (self.see)(&self.path, Value::Boolean(kind == 1)),
            3 => {
                let value = i64::from(self.byte()? as i8);
                (self.see)(&self.path, Value::Integer(value))
            }
            4..=6 => {
                let value = self.zigzag()?;
                (self.see)(&self.path, Value::Integer(value))
            }
            7 => self.skip(8),
            8 => {
                let len = self.varint()?;
                self.skip(len)
            }
            9 | 10 => self.list(),
            12 if in_list => {
                (self.see)(&self.path, Value::Element)?;
                self.structure()
            }
            12 => {
                (self.see)(&self.path, Value::Structure)?;
                self.structure()
            }
            other => Err(format!("there is no Thrift type {other} in Parquet")),
        }
    }

    fn list(&mut self) -> Result<(), String> {
        let header = self.byte()?;
        let count = match header >> 4 {
            15 => self.varint()?,
            count => u64::from(count),
        };
        // Every element takes at least a byte.
        if count > self.rest.len() as u64 {
            return Err(format!("a list announces {count} elements in {} bytes", self.rest.len()));
        }
        (self.see)(&self.path, Value::List(count))?;
        self.deeper()?;
        (0..count).try_for_each(|_| self.value(header & 0x0f, true))?;
        self.depth -= 1;
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX { Err("it is nested too deep".to_owned()) } else { Ok(()) }
    }

    fn byte(&mut self) -> Result<u8, String> {
        let (first, rest) = self.rest.split_first().ok_or("it ends within a structure")?;
        self.rest = rest;
        Ok(*first)
    }

    fn skip(&mut self, len: u64) -> Result<(), String> {
        let len = usize::try_from(len).map_err(|_| "a text is longer than memory".to_owned())?;
        self.rest = self.rest.get(len..).ok_or("a text reaches beyond the end")?;
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut value: u64 = 0;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err("a number is longer than 64 bits".to_owned())
    }

    fn zigzag(&mut self) -> Result<i64, String> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }
}

#[cfg(test)]
mod tests;
