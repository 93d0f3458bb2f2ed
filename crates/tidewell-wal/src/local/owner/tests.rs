//! A log folder belongs to one store, for ever.
#![allow(clippy::unwrap_used)]

use super::*;

const STORE: StoreId = StoreId::from_bytes([1; 16]);
const OTHER: StoreId = StoreId::from_bytes([2; 16]);

#[test]
fn folder_belongs_to_nobody_until_it_is_bound() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(store_of(folder.path()).unwrap(), None);
    assert_eq!(store_of(&folder.path().join("missing")).unwrap(), None);
    bind(folder.path(), STORE).unwrap();
    assert_eq!(store_of(folder.path()).unwrap(), Some(STORE));
}

#[test]
fn folder_bound_to_one_store_is_refused_to_another() {
    let folder = tempfile::tempdir().unwrap();
    bind(folder.path(), STORE).unwrap();
    bind(folder.path(), STORE).unwrap();
    let error = bind(folder.path(), OTHER).unwrap_err();
    assert!(matches!(error, WalError::OtherStore { .. }), "{error}");
    assert_eq!(store_of(folder.path()).unwrap(), Some(STORE));
}

#[test]
fn damaged_binding_is_an_error_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["", "not an id", "01010101010101010101010101010101 and more"] {
        std::fs::write(folder.path().join(STORE_FILE), text).unwrap();
        assert!(matches!(store_of(folder.path()), Err(WalError::Damaged { .. })), "{text:?}");
        assert!(matches!(bind(folder.path(), STORE), Err(WalError::Damaged { .. })), "{text:?}");
        assert_eq!(std::fs::read_to_string(folder.path().join(STORE_FILE)).unwrap(), text);
    }
}
