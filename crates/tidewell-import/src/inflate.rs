//! Compressed CSV: a file of ours without a name takes its bytes, so that they can be read in parts like any other file's.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::PathBuf;

use flate2::write::MultiGzDecoder;
use tidewell_env::Env;

use crate::error::FileError;
use crate::file::OpenFile;

/// What gzip begins with.
const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// What is read at once.
const CHUNK_BYTES: u64 = 1 << 20;
/// How much more a file may become: CSV becomes some ten times as much, a bomb a thousand times.
const GROWTH_MAX: u64 = 200;
/// What any file may become.
const BYTES_ALLOWED: u64 = 64 << 20;

/// The file itself, or where it is gzip what it holds, in a temporary file that is gone with the last handle.
///
/// # Errors
/// [`FileError::Other`] for damaged gzip and for more than 200 times its size, [`FileError::Io`] where the disk for temporary
/// files (`TMPDIR`) is full.
pub(crate) async fn inflated(packed: OpenFile, env: &Env) -> Result<OpenFile, FileError> {
    let start = read(&packed, 0..packed.file_bytes().min(MAGIC.len() as u64)).await?;
    if *start != MAGIC {
        return Ok(packed);
    }
    let name = format!("tidewell-{}.csv", env.write_id());
    let file = env.blocking(move || nameless(&std::env::temp_dir().join(name))).await?;
    let bytes_max = packed.file_bytes().saturating_mul(GROWTH_MAX).max(BYTES_ALLOWED);
    let mut decoder = MultiGzDecoder::new(Limited { file: BufWriter::new(file.try_clone()?), left_bytes: bytes_max });
    let mut at = 0;
    while at < packed.file_bytes() {
        let range = at..packed.file_bytes().min(at + CHUNK_BYTES);
        at = range.end;
        let bytes = read(&packed, range).await?;
        let written = env.blocking(move || {
            let written = decoder.write_all(&bytes);
            (decoder, written)
        });
        let written = written.await;
        decoder = written.0;
        written.1.map_err(|error| failed(error, bytes_max))?;
    }
    let ended = env.blocking(move || decoder.finish().and_then(|mut limited| limited.file.flush())).await;
    ended.map_err(|error| failed(error, bytes_max))?;
    packed.check_unchanged().await?;
    packed.replaced_by(file)
}

async fn read(file: &OpenFile, range: Range<u64>) -> Result<bytes::Bytes, FileError> {
    Ok(file.read(vec![range]).await?.into_iter().next().unwrap_or_default())
}

/// A new file that nobody else can open.
fn nameless(path: &PathBuf) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

fn failed(error: io::Error, bytes_max: u64) -> FileError {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            FileError::Other(format!("its gzip is damaged: {error}"))
        }
        io::ErrorKind::FileTooLarge => {
            FileError::Other(format!("it inflates to more than {bytes_max} bytes: unpack it first if that is right"))
        }
        _ => FileError::Io(error),
    }
}

/// A file that takes no more than so many bytes.
struct Limited {
    file: BufWriter<File>,
    left_bytes: u64,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left_bytes = self.left_bytes.checked_sub(bytes.len() as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        self.file.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests;
