//! What clients write: a mark of each write that nobody overwrites, rows that all share, and rows that expire.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::dice::Dice;
use crate::host::Host;
use crate::oracle::{EVENTS, MARKS, MIXED, value_of};
use crate::rows::{Row, RowKey, Value};

/// Some days before the run begins, and the steps between the few instants that are written again and again.
pub(crate) const TIME_START_NS: i64 = crate::time::WALL_START_NS - 3 * 86_400_000_000_000;
pub(crate) const TIME_STEP_NS: i64 = 6 * 3_600_000_000_000;
pub(crate) const TIMES: u64 = 6;
const FIELDS: u64 = 3;
/// The resolution of the rows that expire.
const EVENT_STEP_NS: i64 = 1_000_000_000;

/// The rows of one write.
pub(super) struct Written {
    pub(super) rows: Vec<Row>,
    /// Whether one of them gives a column a type that others may give another.
    pub(super) is_odd: bool,
}

/// The rows of a write, in order.
pub(super) fn make(host: &Host, dice: &mut Dice, (client, may_be_odd): (u32, bool), write: u64) -> Written {
    let mark = key(MARKS, "write", &write.to_string(), TIME_START_NS);
    let mut rows = vec![Row { key: mark, fields: vec![("n".into(), Value::Integer(value_of(write, 0)))] }];
    let own = format!("{}-{client}-{}", host.name(), host.incarnation);
    // A series of the process outlives its incarnations; one of an incarnation does not.
    let series = [own.as_str(), host.name(), "shared", "shared"];
    let mut place = 0;
    for _ in 0..dice.between(1, 4) {
        let time_ns = TIME_START_NS + TIME_STEP_NS * dice.between(0, TIMES) as i64;
        let series = dice.pick(&series).unwrap_or("shared");
        let mut fields = BTreeMap::new();
        for _ in 0..dice.between(1, 3) {
            place += 1;
            fields.insert(format!("f{}", dice.between(0, FIELDS)), Value::Integer(value_of(write, place)));
        }
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
        rows.push(Row { key: key(MIXED, "c", series, time_ns), fields });
    }
    if dice.chance(0.4) {
        place += 1;
        let time_ns = host.env.now().as_ns() / EVENT_STEP_NS * EVENT_STEP_NS;
        let fields = vec![("v".into(), Value::Integer(value_of(write, place)))];
        rows.push(Row { key: key(EVENTS, "c", &own, time_ns), fields });
    }
    let is_odd = may_be_odd && dice.chance(0.05);
    if is_odd {
        let value = if dice.chance(0.5) {
            Value::Integer(value_of(write, place + 1))
        } else {
            Value::Text(format!("{write}.{}", place + 1))
        };
        let name = format!("odd{}", dice.between(0, 3)).into();
        rows.push(Row { key: key(MIXED, "c", &own, TIME_START_NS), fields: vec![(name, value)] });
    }
    Written { rows, is_odd }
}

fn key(table: &str, tag: &str, value: &str, time_ns: i64) -> Arc<RowKey> {
    Arc::new(RowKey { table: table.into(), tags: vec![(tag.into(), value.to_owned())], time_ns })
}

pub(super) fn lines(rows: &[Row]) -> String {
    let mut lines = String::new();
    for Row { key, fields } in rows {
        lines.push_str(&key.table);
        for (tag, value) in &key.tags {
            // Writing to a text cannot fail.
            _ = write!(lines, ",{tag}={value}");
        }
        for (index, (field, value)) in fields.iter().enumerate() {
            lines.push(if index == 0 { ' ' } else { ',' });
            _ = match value {
                Value::Integer(number) => write!(lines, "{field}={number}i"),
                Value::Text(text) => write!(lines, "{field}=\"{text}\""),
            };
        }
        _ = writeln!(lines, " {}", key.time_ns);
    }
    lines
}
