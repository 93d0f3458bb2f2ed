//! Columns by name and by place.

use super::*;

fn header(names: &[&str]) -> Result<Header, CsvError> {
    Header::new(1, names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn header_find_takes_a_name_before_a_place() {
    let header = header(&["2", "b", "B", "Temp", ""]).unwrap();
    assert_eq!(header.find("tags", "2").unwrap(), 0);
    assert_eq!(header.find("tags", "3").unwrap(), 2);
    assert_eq!(header.find("tags", "b").unwrap(), 1);
    assert_eq!(header.find("tags", "temp").unwrap(), 3);
    assert_eq!(header.find("tags", "5").unwrap(), 4);
    for unknown in ["0", "6", "", "c", "99999999999999999999"] {
        assert!(header.find("tags", unknown).is_err(), "{unknown}");
    }
}

#[test]
fn header_with_too_many_columns_is_refused() {
    assert!(Header::new(1, (0..COLUMNS_MAX).map(|n| n.to_string()).collect()).is_ok());
    assert!(Header::new(1, (0..=COLUMNS_MAX).map(|n| n.to_string()).collect()).is_err());
}
