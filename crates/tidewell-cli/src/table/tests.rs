//! How rows are laid out.
#![allow(clippy::unwrap_used)]

use super::write_table;

#[test]
fn table_columns_are_as_wide_as_their_widest_cell() {
    let mut out = Vec::new();
    let rows = vec![vec!["größer".into(), "1".into()], vec!["b".into(), "20".into()]];
    write_table(&mut out, &["db", "rows"], &rows).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "db      rows\ngrößer  1\nb       20\n");
}
