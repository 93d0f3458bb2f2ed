//! An object in parts: what S3 calls a multipart upload.

use async_trait::async_trait;
use bytes::Bytes;
use object_store::MultipartUpload;

use super::exchange::Exchange;
use crate::backend::{Failure, Parts};
use crate::meter::Meter;

/// A multipart upload; its requests are counted and retried by the client.
#[derive(Debug)]
pub(super) struct S3Parts {
    pub(super) upload: Box<dyn MultipartUpload>,
    pub(super) meter: Meter,
}

#[async_trait]
impl Parts for S3Parts {
    async fn put(&mut self, part: Bytes) -> Result<(), Failure> {
        let exchange = Exchange::new(&self.meter);
        let put = exchange.run(self.upload.put_part(part.into())).await;
        put.map_err(|error| exchange.write_failure(error))
    }

    async fn finish(&mut self) -> Result<(), Failure> {
        let exchange = Exchange::new(&self.meter);
        let finished = exchange.run(self.upload.complete()).await;
        finished.map(drop).map_err(|error| exchange.write_failure(error))
    }

    async fn abort(&mut self) -> Result<(), Failure> {
        let exchange = Exchange::new(&self.meter);
        let aborted = exchange.run(self.upload.abort()).await;
        aborted.map_err(|error| exchange.write_failure(error))
    }
}
