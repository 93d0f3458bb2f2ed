//! Flags of rows, taken back too.

use super::Validity;

fn nulls(flags: &[bool], kept: usize, more: &[bool]) -> Option<Vec<bool>> {
    let mut validity = Validity::default();
    flags.iter().for_each(|flag| validity.push(*flag));
    validity.truncate(kept);
    more.iter().for_each(|flag| validity.push(*flag));
    validity.into_nulls().map(|nulls| nulls.iter().collect())
}

#[test]
fn validity_of_rows_with_values_is_none() {
    assert_eq!(nulls(&[], 0, &[]), None);
    assert_eq!(nulls(&[true, true], 1, &[true]), None);
    assert_eq!(nulls(&[true, false], 1, &[true]), None);
    assert_eq!(nulls(&[false], 0, &[true]), None);
}

#[test]
fn validity_has_a_flag_for_each_row() {
    assert_eq!(nulls(&[false], 1, &[]), Some(vec![false]));
    assert_eq!(nulls(&[true, true, false], 3, &[true]), Some(vec![true, true, false, true]));
    assert_eq!(nulls(&[true, true, false], 2, &[false]), Some(vec![true, true, false]));
    assert_eq!(nulls(&[false, true], 0, &[true, false]), Some(vec![true, false]));
}
