//! Texts given out and taken back.

use std::ffi::CStr;

use super::Texts;

#[test]
#[allow(unsafe_code)]
fn texts_are_whole_until_they_are_taken_back_once() {
    let texts = Texts::new();
    let (a, b) = (texts.give("a\0b".to_owned()), texts.give(String::new()));
    // SAFETY: the text is out, and ends with NUL.
    assert_eq!(unsafe { CStr::from_ptr(a) }.to_str(), Ok("a\u{fffd}b"));
    assert_eq!(texts.take_back(a), Ok(()));
    assert!(texts.take_back(a).is_err());
    assert!(texts.take_back(b.wrapping_add(1)).is_err());
    assert_eq!(texts.take_back(b), Ok(()));
    assert_eq!(texts.take_back(std::ptr::null()), Ok(()));
}
