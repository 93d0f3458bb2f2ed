//! User-given names as one part of an object name.

use std::fmt::Write;

use tidewell_types::TableName;
use xxhash_rust::xxh3::xxh3_64;

/// The longest folder of a table, in characters; a longer one is cut and ends in a hash.
pub const TABLE_FOLDER_CHARS_MAX: usize = 120;

/// The characters that `!!` and the 16 hex digits of a hash take.
const HASH_CHARS: usize = 18;

fn is_kept(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// Every byte outside `[A-Za-z0-9._-]` as `!` and two hex digits; the names `.` and `..` too, which no part may be.
pub(super) fn escape(name: &str) -> String {
    let hide_dots = matches!(name, "." | "..");
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        if is_kept(byte) && !hide_dots {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "!{byte:02x}");
        }
    }
    escaped
}

/// Undoes [`escape`]; `None` for a text that it does not print.
pub(super) fn unescape(escaped: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'!' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = tail.get(2..)?;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    let name = String::from_utf8(bytes).ok()?;
    (escape(&name) == escaped).then_some(name)
}

/// The folder of a table: its escaped name, or where that is over [`TABLE_FOLDER_CHARS_MAX`], the start of it, `!!` and 16
/// hex digits of the name's xxh3. One way: the manifest and each file carry the real name.
#[must_use]
pub fn table_folder(table: &TableName) -> String {
    let mut folder = escape(table.as_str());
    if folder.len() <= TABLE_FOLDER_CHARS_MAX {
        return folder;
    }
    let mut cut = TABLE_FOLDER_CHARS_MAX - HASH_CHARS;
    // Not through an escaped byte, so that what is left of the name stays readable.
    if let Some(mark) = folder[..cut].rfind('!').filter(|mark| mark + 3 > cut) {
        cut = mark;
    }
    folder.truncate(cut);
    let _ = write!(folder, "!!{:016x}", xxh3_64(table.as_str().as_bytes()));
    folder
}

/// Whether a text can be the folder of a table.
pub(super) fn is_table_folder(folder: &str) -> bool {
    if let Some((start, hash)) = folder.split_once("!!") {
        let is_hash = hash.len() == 16 && hash.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let is_start = start.len() + 2 + HASH_CHARS >= TABLE_FOLDER_CHARS_MAX && is_escaped(start);
        return is_hash && is_start && folder.len() <= TABLE_FOLDER_CHARS_MAX;
    }
    folder.len() <= TABLE_FOLDER_CHARS_MAX && unescape(folder).is_some_and(|name| TableName::new(&name).is_ok())
}

/// Whether each byte is a kept one or an escape; the cut may have gone through a character, so this is not [`unescape`].
fn is_escaped(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'!' {
            let Some((digits, after)) = tail.split_at_checked(2) else { return false };
            if !digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
                return false;
            }
            rest = after;
        } else if !is_kept(*first) {
            return false;
        }
    }
    true
}
