//! Reading back what was written, before anything that it came from is given up.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use tidewell_env::Env;
use tidewell_stage::Staged;
use tidewell_storage::Store;
use xxhash_rust::xxh3::xxh3_128;

use crate::error::MaintainError;
use crate::read::{Keep, OpenSegment, RowsStep, SegmentRows};
use crate::rewrite::digest::{RowDigest, RowDigester};

/// Reads a staged segment back and decodes it; one GET.
///
/// # Errors
/// [`MaintainError::ReadBack`] when its bytes or its rows are not what they should be: `expected` is the digest of the rows
/// that it was made of, under `schema`.
pub(crate) async fn verify(
    store: &Store,
    env: &Env,
    staged: &Staged,
    schema: &SchemaRef,
    expected: &RowDigest,
) -> Result<(), MaintainError> {
    let object = || staged.name.to_string();
    let differs = |problem: &str| MaintainError::ReadBack { object: object(), problem: problem.to_owned() };
    let body = store.get(&staged.name).await?.ok_or_else(|| differs("it is not there"))?;
    if xxh3_128(&body) != staged.entry.digest {
        return Err(differs("its bytes are others"));
    }
    let (entry, name, schema) = (Arc::new(staged.entry.clone()), staged.name.clone(), SchemaRef::clone(schema));
    let digest_rows = move || {
        let open = OpenSegment::of_body(entry, name, body).map_err(|source| source.to_string())?;
        digest_all(open, &schema)
    };
    let found = env.blocking(digest_rows).await.map_err(|problem| differs(&problem))?;
    expected.difference(&found).map_or(Ok(()), |problem| Err(differs(&problem)))
}

/// The digest of all rows of a segment whose body is at hand.
fn digest_all(segment: OpenSegment, schema: &SchemaRef) -> Result<RowDigest, String> {
    let mut rows = SegmentRows::new(segment, Keep::ALL, schema).map_err(|error| error.to_string())?;
    let mut digester = RowDigester::new(schema);
    loop {
        match rows.step().map_err(|error| error.to_string())? {
            RowsStep::Batch(batch) => digester.add(&batch).map_err(|error| error.to_string())?,
            RowsStep::Need(ranges) => return Err(format!("it ends before {ranges:?}")),
            RowsStep::Done => return Ok(digester.finish()),
        }
    }
}

#[cfg(test)]
mod tests;
