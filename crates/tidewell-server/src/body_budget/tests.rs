//! Shares of the budget.

use super::*;

#[test]
fn share_beyond_the_budget_is_refused_until_others_end() {
    let budget = Arc::new(BodyBudget::new(10));
    let (mut first, mut second) = (budget.share(), budget.share());
    assert!(first.grow(6));
    assert!(!second.grow(5));
    assert!(second.grow(4));
    assert_eq!(budget.bytes(), 10);
    drop(first);
    assert_eq!(budget.bytes(), 4);
    assert!(second.grow(6));
    assert!(!second.grow(usize::MAX));
    drop(second);
    assert_eq!(budget.bytes(), 0);
}
