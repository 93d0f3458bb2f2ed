//! Filter expressions to the box of identities that they allow.

use std::collections::BTreeSet;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};
use tidewell_types::{ColumnKind, TableSchema};

use crate::key_span::{KeySpan, TagSpan};

/// Whether an expression looks at tags and time alone, so that all versions of one identity give it the same value.
pub(crate) fn is_on_key(schema: &TableSchema, filter: &Expr) -> bool {
    let columns = filter.column_refs();
    !filter.is_volatile()
        && columns.iter().all(|column| matches!(schema.kind(column.name()), Some(ColumnKind::Time | ColumnKind::Tag)))
}

/// A box around the identities for which all `filters` can be true.
pub(crate) fn key_span(schema: &TableSchema, filters: &[Expr]) -> KeySpan {
    filters.iter().fold(KeySpan::all(), |span, filter| span.and(span_of(schema, filter)))
}

fn span_of(schema: &TableSchema, filter: &Expr) -> KeySpan {
    match filter {
        Expr::Alias(alias) => span_of(schema, &alias.expr),
        Expr::BinaryExpr(binary) => span_of_binary(schema, binary),
        Expr::Between(Between { expr, negated: false, low, high }) => {
            let at_least = span_of_comparison(schema, expr, Operator::GtEq, low);
            at_least.and(span_of_comparison(schema, expr, Operator::LtEq, high))
        }
        Expr::InList(InList { expr, list, negated: false }) => list
            .iter()
            .map(|item| span_of_comparison(schema, expr, Operator::Eq, item))
            .fold(KeySpan::none(), KeySpan::or),
        Expr::IsNull(expr) => {
            tag_of(schema, expr).map_or_else(KeySpan::all, |tag| KeySpan::tag(tag, TagSpan::absent()))
        }
        Expr::IsNotNull(expr) => {
            tag_of(schema, expr).map_or_else(KeySpan::all, |tag| KeySpan::tag(tag, TagSpan::present()))
        }
        Expr::Literal(ScalarValue::Boolean(Some(false) | None), _) => KeySpan::none(),
        _ => KeySpan::all(),
    }
}

fn span_of_binary(schema: &TableSchema, binary: &BinaryExpr) -> KeySpan {
    let BinaryExpr { left, op, right } = binary;
    match op {
        Operator::And => span_of(schema, left).and(span_of(schema, right)),
        Operator::Or => span_of(schema, left).or(span_of(schema, right)),
        _ if matches!(**left, Expr::Literal(..)) => match op.swap() {
            Some(op) => span_of_comparison(schema, right, op, left),
            None => KeySpan::all(),
        },
        _ => span_of_comparison(schema, left, *op, right),
    }
}

/// `column op literal`; everything else allows all.
fn span_of_comparison(schema: &TableSchema, column: &Expr, op: Operator, literal: &Expr) -> KeySpan {
    let Expr::Literal(value, _) = literal else { return KeySpan::all() };
    if let Some(tag) = tag_of(schema, column) {
        return match value.try_as_str() {
            Some(Some(text)) => span_of_tag(tag, op, text),
            _ => KeySpan::all(),
        };
    }
    match (is_time(schema, column), time_of(value)) {
        (true, Some(ns)) => span_of_time(op, ns),
        _ => KeySpan::all(),
    }
}

fn span_of_tag(tag: &str, op: Operator, text: &str) -> KeySpan {
    let value = || Some(text.to_owned());
    let span = match op {
        Operator::Eq => TagSpan::among(BTreeSet::from([text.to_owned()])),
        Operator::Lt | Operator::LtEq => TagSpan { max: value(), ..TagSpan::present() },
        Operator::Gt | Operator::GtEq => TagSpan { min: value(), ..TagSpan::present() },
        Operator::NotEq => TagSpan::present(),
        _ => return KeySpan::all(),
    };
    KeySpan::tag(tag, span)
}

fn span_of_time(op: Operator, ns: i64) -> KeySpan {
    match op {
        Operator::Eq => KeySpan::time(ns, ns),
        Operator::LtEq => KeySpan::time(i64::MIN, ns),
        Operator::GtEq => KeySpan::time(ns, i64::MAX),
        Operator::Lt => ns.checked_sub(1).map_or_else(KeySpan::none, |max| KeySpan::time(i64::MIN, max)),
        Operator::Gt => ns.checked_add(1).map_or_else(KeySpan::none, |min| KeySpan::time(min, i64::MAX)),
        _ => KeySpan::all(),
    }
}

/// The tag that an expression is, through casts that keep its text.
fn tag_of<'a>(schema: &TableSchema, expr: &'a Expr) -> Option<&'a str> {
    let column = match expr {
        Expr::Column(column) => column,
        Expr::Cast(cast) if is_text(cast.field.data_type()) => return tag_of(schema, &cast.expr),
        Expr::TryCast(cast) if is_text(cast.field.data_type()) => return tag_of(schema, &cast.expr),
        _ => return None,
    };
    (schema.kind(column.name()) == Some(ColumnKind::Tag)).then_some(column.name())
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

fn is_time(schema: &TableSchema, expr: &Expr) -> bool {
    matches!(expr, Expr::Column(column) if schema.kind(column.name()) == Some(ColumnKind::Time))
}

/// Nanoseconds of an instant without a zone, the type that comparisons with the time column are brought to.
fn time_of(value: &ScalarValue) -> Option<i64> {
    match value {
        ScalarValue::TimestampNanosecond(ns, None) => *ns,
        _ => None,
    }
}

#[cfg(test)]
mod tests;
