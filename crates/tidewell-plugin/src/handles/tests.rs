//! Handles that are alive, freed, invented and another's.

use super::{HandleKind, Handles};

#[test]
fn handles_give_their_value_until_they_are_freed() {
    let handles = Handles::new(HandleKind::Reader);
    let (a, b) = (handles.add(1).unwrap(), handles.add(2).unwrap());
    assert_ne!(a, b);
    handles
        .with(a, |value| {
            *value += 10;
            Ok(())
        })
        .unwrap();
    assert_eq!(handles.with(a, |value| Ok(*value)), Ok(11));
    assert_eq!(handles.remove(a), Ok(Some(11)));
    assert_eq!(handles.with(b, |value| Ok(*value)), Ok(2));
    let freed = handles.remove(a).unwrap_err();
    assert!(freed.contains("it was freed"), "{freed}");
    assert_ne!(handles.add(3).unwrap(), a, "a number is used once");
}

#[test]
fn handles_that_are_null_invented_or_anothers_are_errors() {
    let readers = Handles::<u8>::new(HandleKind::Reader);
    let writers = Handles::<u8>::new(HandleKind::Writer);
    let writer = writers.add(1).unwrap();
    for (handle, wanted) in [
        (std::ptr::null_mut(), "the reader is NULL"),
        (std::ptr::without_provenance_mut(0xdead_beef), "of no reader that is alive"),
        (writer, "that of a writer, where a reader is wanted"),
    ] {
        let error = readers.with(handle, |_| Ok(())).unwrap_err();
        assert!(error.contains(wanted), "{error}");
        assert!(readers.remove(handle).is_err());
    }
    assert_eq!(writers.remove(writer), Ok(Some(1)));
}

#[test]
fn handle_whose_call_panicked_is_refused_and_can_be_freed() {
    let handles = Handles::new(HandleKind::Writer);
    let handle = handles.add(5).unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        handles.with(handle, |_| -> Result<(), String> { panic!("half way") })
    }));
    assert!(panicked.is_err());
    let error = handles.with(handle, |_| Ok(())).unwrap_err();
    assert!(error.contains("internal error"), "{error}");
    assert_eq!(handles.remove(handle), Ok(Some(5)));
}

#[test]
fn handle_freed_during_a_call_lives_until_its_end() {
    let handles = Handles::new(HandleKind::Reader);
    let handle = handles.add(vec![1, 2]).unwrap();
    let held = handles.with(handle, |value| {
        assert_eq!(handles.remove(handle), Ok(None));
        value.push(3);
        Ok(value.len())
    });
    assert_eq!(held, Ok(3));
    assert!(handles.with(handle, |_| Ok(())).is_err());
}
