//! Bodies of answers: streams of bytes, collected up to a bound.

use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use futures::stream::{self, Stream, StreamExt};

/// The bytes of an answer as they come; an error means that the answer stays incomplete.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, lambda_runtime::Error>> + Send>>;

/// A body that is there already.
#[must_use]
pub fn body_of(bytes: Bytes) -> BodyStream {
    Box::pin(stream::iter((!bytes.is_empty()).then_some(Ok(bytes))))
}

/// What became of collecting a body.
pub(crate) enum Collected {
    /// All of it.
    All(Bytes),
    /// More than was allowed; the whole body, to be read anew from its beginning.
    Beyond(BodyStream),
    /// It broke off.
    Broken(lambda_runtime::Error),
}

/// Reads a body until its end or until it has more than `bytes_max`; what is held is that much and one piece.
pub(crate) async fn collect(mut body: BodyStream, bytes_max: usize) -> Collected {
    let mut pieces: Vec<Bytes> = Vec::new();
    let mut total_bytes = 0_usize;
    while let Some(piece) = body.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) => return Collected::Broken(error),
        };
        total_bytes = total_bytes.saturating_add(piece.len());
        pieces.push(piece);
        if total_bytes > bytes_max {
            return Collected::Beyond(Box::pin(stream::iter(pieces.into_iter().map(Ok)).chain(body)));
        }
    }
    Collected::All(joined(pieces, total_bytes))
}

fn joined(mut pieces: Vec<Bytes>, total_bytes: usize) -> Bytes {
    if pieces.len() <= 1 {
        return pieces.pop().unwrap_or_default();
    }
    let mut all = BytesMut::with_capacity(total_bytes);
    for piece in &pieces {
        all.extend_from_slice(piece);
    }
    all.freeze()
}

#[cfg(test)]
mod tests;
