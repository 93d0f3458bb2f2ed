//! Reads files and parts of files.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use bytes::Bytes;

use super::failed;
use crate::backend::{Failure, Pin, Tag};
use crate::ranges::too_short;

/// Whether a failure to open says that no object has the name: nothing there, or a folder instead of a file or the other
/// way round.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)
}

fn open(file: &Path) -> Result<Option<File>, Failure> {
    match File::open(file) {
        Ok(opened) if opened.metadata().map_err(failed)?.is_dir() => Ok(None),
        Ok(opened) => Ok(Some(opened)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// The whole content, or `None` where no such file is.
pub(super) fn whole(file: &Path) -> Result<Option<Bytes>, Failure> {
    let Some(mut opened) = open(file)? else { return Ok(None) };
    let mut body = Vec::new();
    opened.read_to_end(&mut body).map_err(failed)?;
    Ok(Some(body.into()))
}

fn check(opened: &File, pin: Option<&Pin>) -> Result<u64, Failure> {
    let metadata = opened.metadata().map_err(failed)?;
    let (size, tag) = (metadata.len(), Tag::of_file(&metadata));
    match pin.filter(|pin| pin.bytes != size || pin.tag != tag) {
        Some(pin) => Err(Failure::changed(pin, size, Some(&tag))),
        None => Ok(size),
    }
}

/// The content of each range. The file is opened once, so all are of the same content even if it is replaced meanwhile; with
/// a pin, a file that is written in place meanwhile is noticed too.
pub(super) fn ranges(file: &Path, ranges: &[Range<u64>], pin: Option<&Pin>) -> Result<Vec<Bytes>, Failure> {
    let opened = open(file)?.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    let size = check(&opened, pin)?;
    let read = |range: &Range<u64>| {
        // Checked before the buffer is made: a damaged footer may ask for more than there is memory.
        if range.end > size {
            return Err(too_short(range));
        }
        let mut body = vec![0; usize::try_from(range.end - range.start).map_err(|_| too_short(range))?];
        opened.read_exact_at(&mut body, range.start).map_err(failed)?;
        Ok(body.into())
    };
    let bodies = ranges.iter().map(read).collect::<Result<_, _>>()?;
    if pin.is_some() {
        check(&opened, pin)?;
    }
    Ok(bodies)
}

/// The size and the tag, or `None` where no such file is.
pub(super) fn size(file: &Path) -> Result<Option<(u64, Option<Tag>)>, Failure> {
    match std::fs::metadata(file) {
        Ok(metadata) => Ok((!metadata.is_dir()).then(|| (metadata.len(), Some(Tag::of_file(&metadata))))),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}
