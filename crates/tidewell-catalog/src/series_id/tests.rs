//! Ids as texts.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

#[test]
fn id_of_one_column_is_its_value() {
    assert_eq!(print(&["a".to_owned()], &[Some("x=1,y")]), "x=1,y");
    assert_eq!(print(&["a".to_owned()], &[None]), "");
    assert_eq!(print(&[], &[]), "");
}

#[test]
fn values_of_a_composite_id_are_where_they_stand() {
    let text = print(&["a".to_owned(), "b=".to_owned()], &[Some("1,2"), Some("x")]);
    assert_eq!(text, "a=1\\,2,b\\==x");
    assert_eq!(values(&text, true), [(2, "1\\,2"), (11, "x")]);
    assert_eq!(values("a=b", false), [(0, "a=b")]);
    assert_eq!(values("", true), []);
}

proptest! {
    #[test]
    fn ids_of_different_values_are_different_texts(
        a in prop::collection::vec(prop::option::of("[ab,=\\\\]{1,4}"), 3), b in prop::collection::vec(prop::option::of("[ab,=\\\\]{1,4}"), 3),
    ) {
        let columns = ["a", "a=", "b,"].map(str::to_owned);
        let text = |values: &[Option<String>]| {
            let values: Vec<Option<&str>> = values.iter().map(Option::as_deref).collect();
            print(&columns, &values)
        };
        prop_assert_eq!(text(&a) == text(&b), a == b);
        let count = a.iter().flatten().count();
        prop_assert_eq!(values(&text(&a), true).len(), count);
    }
}
