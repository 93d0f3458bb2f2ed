//! Tests of copying rows.
#![allow(clippy::unwrap_used)]

use super::{Plan, Stretch};
use crate::MergeKey;
use crate::sample::{Row, batch, row, rows, schema};

fn assemble(plan: &Plan) -> Vec<Row> {
    let arrow = schema().arrow();
    rows(&plan.assemble(&arrow, &MergeKey::new(&schema()).marks(&arrow)).unwrap())
}

#[test]
fn plan_adjoining_rows_become_one_stretch() {
    let mut plan = Plan::default();
    let slot = plan.add_slot(batch(&[row("eu", "a", 1, 1.0), row("eu", "a", 2, 2.0), row("eu", "a", 3, 3.0)]));
    plan.copy(slot, 0, 1);
    plan.copy(slot, 1, 2);
    assert_eq!(plan.stretches, [Stretch { slot, start: 0, len: 3 }]);
}

#[test]
fn plan_row_after_a_tie_does_not_join_it() {
    let mut plan = Plan::default();
    let newer = Row { float: None, ..row("eu", "a", 1, 0.0) };
    let old = plan.add_slot(batch(&[row("eu", "a", 1, 1.0)]));
    let new = plan.add_slot(batch(&[newer, row("eu", "a", 2, 2.0)]));
    plan.copy_merged((new, 0), [(old, 0)].into_iter());
    plan.copy(new, 1, 1);
    assert_eq!(assemble(&plan), [row("eu", "a", 1, 1.0), row("eu", "a", 2, 2.0)]);
}

#[test]
fn plan_without_rows_gives_an_empty_batch() {
    assert_eq!(assemble(&Plan::default()), []);
}

#[test]
fn plan_long_and_short_stretches_copy_the_same_rows() {
    let many: Vec<Row> = (0..100).map(|time| row("eu", "a", time, time as f64)).collect();
    for len in [1, 3, 50] {
        let mut plan = Plan::default();
        let a = plan.add_slot(batch(&many));
        let b = plan.add_slot(batch(&many));
        for start in (0..100 - len).step_by(len) {
            plan.copy(if start % 2 == 0 { a } else { b }, start, len);
            plan.copy(a, 0, len);
        }
        let expected: Vec<Row> = (0..100 - len)
            .step_by(len)
            .flat_map(|start| many[start..start + len].iter().chain(&many[..len]).cloned())
            .collect();
        assert_eq!(assemble(&plan), expected);
    }
}
