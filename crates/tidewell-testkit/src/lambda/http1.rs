//! As much of HTTP/1.1 as a Runtime API needs: requests with a length or in chunks, answers with a length.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};

/// A head or a body above this is an error.
const HEAD_BYTES_MAX: u64 = 64 * 1024;
const BODY_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A request, read to its end.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) path: String,
    /// The headers and, after a body in chunks, its trailers; names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

/// The next request; `None` where the client has closed the connection instead.
///
/// # Errors
/// When the connection breaks off within the request, or it is not HTTP.
pub(super) fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let line = read_line(reader)?;
    if line.is_empty() {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).ok_or_else(|| malformed(&line))?.to_owned();
    let mut headers = read_headers(reader)?;
    let is_chunked = headers.get("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    let body = if is_chunked {
        let body = read_chunks(reader)?;
        headers.extend(read_headers(reader)?);
        body
    } else {
        let length = headers.get("content-length").map_or(Ok(0), |value| value.parse());
        read_exactly(reader, length.map_err(|_| malformed(&line))?)?
    };
    Ok(Some(Request { path, headers, body }))
}

/// Answers with JSON.
///
/// # Errors
/// When the connection breaks off.
pub(super) fn write_reply(
    writer: &mut impl Write,
    head: &str,
    headers: &[(&str, String)],
    body: &[u8],
) -> io::Result<()> {
    let mut text = format!("HTTP/1.1 {head}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    writer.write_all(text.as_bytes())?;
    writer.write_all(body)?;
    writer.flush()
}

/// Headers or trailers up to the empty line.
fn read_headers(reader: &mut impl BufRead) -> io::Result<BTreeMap<String, String>> {
    let mut headers = BTreeMap::new();
    loop {
        let line = read_line(reader)?;
        if line.trim_end().is_empty() {
            return Ok(headers);
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed(&line))?;
        headers.insert(name.trim().to_lowercase(), value.trim().to_owned());
    }
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| malformed(&line))?;
        if size == 0 {
            return Ok(body);
        }
        if body.len() + size > BODY_BYTES_MAX {
            return Err(malformed("a body above the limit"));
        }
        body.extend(read_exactly(reader, size)?);
        read_line(reader)?;
    }
}

/// One line with its end; empty at the end of the connection.
fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.take(HEAD_BYTES_MAX).read_line(&mut line)?;
    Ok(line)
}

fn read_exactly(reader: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    if length > BODY_BYTES_MAX {
        return Err(malformed("a body above the limit"));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("no HTTP: {what}"))
}

#[cfg(test)]
mod tests;
