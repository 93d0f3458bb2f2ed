//! Checks on the Thrift form of foreign metadata, before the Parquet library reserves memory or descends by it.

use crate::thrift_walk::{Value, walk};

use super::ForeignError;

/// Most columns, the members of structures counted each.
const COLUMNS_MAX: usize = 10_000;
/// Structures and lists within each other beyond this are refused.
const SCHEMA_DEPTH_MAX: usize = 32;
/// Parquet numbers row groups with 16 bits.
const ROW_GROUPS_MAX: u64 = i16::MAX as u64;
/// Most elements of any other list: key and value pairs, encodings, names in a path.
const LIST_MAX: u64 = 16_384;

const SCHEMA: i16 = 2;
const CHILD_COUNT: i16 = 5;
const ROW_GROUPS: i16 = 4;
const ENCRYPTION_ALGORITHM: i16 = 8;
const ROW_GROUP_COLUMNS: i16 = 1;
const CHUNK_CRYPTO: i16 = 8;

#[derive(Default)]
struct Shape {
    /// The children that each schema element announces, in the order of the file.
    children: Vec<u64>,
    is_encrypted: bool,
}

impl Shape {
    fn see(&mut self, path: &[i16], value: Value) -> Result<(), String> {
        match (path, value) {
            ([ENCRYPTION_ALGORITHM] | [ROW_GROUPS, ROW_GROUP_COLUMNS, CHUNK_CRYPTO], Value::Structure) => {
                self.is_encrypted = true;
            }
            ([SCHEMA] | [ROW_GROUPS, ROW_GROUP_COLUMNS], Value::List(count)) if count > 2 * COLUMNS_MAX as u64 => {
                return Err(format!("it announces {count} columns, {COLUMNS_MAX} are allowed"));
            }
            ([ROW_GROUPS], Value::List(count)) if count > ROW_GROUPS_MAX => {
                return Err(format!("it announces {count} row groups, {ROW_GROUPS_MAX} are allowed"));
            }
            ([SCHEMA] | [ROW_GROUPS] | [ROW_GROUPS, ROW_GROUP_COLUMNS], Value::List(_)) => {}
            (_, Value::List(count)) if count > LIST_MAX => {
                return Err(format!("a list has {count} elements, {LIST_MAX} are allowed"));
            }
            ([SCHEMA], Value::Element) => self.children.push(0),
            ([SCHEMA, CHILD_COUNT], Value::Integer(count)) => {
                let count = u64::try_from(count).map_err(|_| format!("a structure has {count} members"))?;
                if let Some(children) = self.children.last_mut() {
                    *children = count;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Walks down the schema as the library will: every announced child must be there, and nothing be left.
    fn check_tree(&self) -> Result<(), String> {
        let mut open: Vec<u64> = Vec::with_capacity(SCHEMA_DEPTH_MAX);
        let mut leaves = 0;
        for (index, children) in self.children.iter().enumerate() {
            if index > 0 {
                let Some(left) = open.last_mut() else {
                    return Err("its schema has elements that belong to no structure".to_owned());
                };
                *left -= 1;
            }
            if *children > 0 {
                open.push(*children);
            } else {
                leaves += 1;
            }
            if open.len() > SCHEMA_DEPTH_MAX {
                return Err(format!("its schema is nested deeper than {SCHEMA_DEPTH_MAX}"));
            }
            while open.last() == Some(&0) {
                open.pop();
            }
        }
        if !open.is_empty() {
            return Err("its schema announces more elements than it has".to_owned());
        }
        if leaves > COLUMNS_MAX {
            return Err(format!("it has {leaves} columns, {COLUMNS_MAX} are allowed"));
        }
        Ok(())
    }
}

/// Checks that announced lengths are there, that the schema is a tree of bounded depth and width, and that nothing is
/// encrypted.
pub(crate) fn check_shape(bytes: &[u8]) -> Result<(), ForeignError> {
    let mut shape = Shape::default();
    let bad = |problem: String| ForeignError::corrupt(format!("its metadata is unreadable: {problem}"));
    walk(bytes, &mut |path, value| shape.see(path, value)).map_err(bad)?;
    if shape.is_encrypted {
        return Err(ForeignError::Encrypted { part: "a column of the file" });
    }
    shape.check_tree().map_err(bad)
}
