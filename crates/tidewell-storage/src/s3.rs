//! A store in a bucket that speaks S3.

mod answer;
mod connect;
mod count;
mod exchange;
mod parts;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3;
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::signer::Signer as _;
use object_store::{
    Attribute, Attributes, GetOptions, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutResult,
    UpdateVersion,
};
use tidewell_types::WriteId;

use crate::backend::{
    Attempt, Backend, Condition, Failure, FailureKind, Fetched, Listed, Media, Parts, Patience, Pin, Tag,
};
use crate::memory::{PAGE_KEYS, folder_start};
use crate::meter::Meter;
use crate::options::StoreOptions;
use crate::ranges;

use exchange::Exchange;
use parts::S3Parts;

/// The user metadata that holds a create's write id; S3 prepends `x-amz-meta-`.
const WRITE_ID_METADATA: &str = "tidewell-write-id";

/// A store in a bucket: two clients, one that retries and one that leaves that to its caller.
pub(crate) struct S3Backend {
    patient: AmazonS3,
    once: AmazonS3,
    /// What every key starts with, without slashes at its ends.
    prefix: String,
    bucket: String,
}

impl fmt::Debug for S3Backend {
    /// Without the clients, which print credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Backend").field("bucket", &self.bucket).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl S3Backend {
    /// A store configured by the AWS variables among `variables`. Makes no request.
    pub(crate) fn connect(
        bucket: &str,
        prefix: &str,
        variables: &[(String, String)],
        options: &StoreOptions,
    ) -> Result<Self, Failure> {
        let (patient, once) = connect::clients(bucket, variables, options)?;
        Ok(Self { patient, once, prefix: prefix.to_owned(), bucket: bucket.to_owned() })
    }

    fn full(&self, key: &str) -> String {
        match (self.prefix.is_empty(), key.is_empty()) {
            (true, _) => key.to_owned(),
            (false, true) => self.prefix.clone(),
            (false, false) => format!("{}/{key}", self.prefix),
        }
    }

    fn path(&self, key: &str) -> Result<Path, Failure> {
        Path::parse(self.full(key)).map_err(|error| Failure::before(FailureKind::Denied, error))
    }

    fn relative<'a>(&self, path: &'a Path) -> Option<&'a str> {
        path.as_ref().strip_prefix(&folder_start(&self.prefix))
    }

    /// What a listing found, unless it is not below the folder: consoles make objects named like folders.
    fn listed(&self, start: &str, object: &ObjectMeta) -> Option<Listed> {
        let key = self.relative(&object.location)?;
        let tag = object.e_tag.clone().map(Tag);
        key.starts_with(start).then(|| Listed { key: key.to_owned(), bytes: object.size, tag })
    }

    async fn get_range(
        &self,
        path: &Path,
        range: Range<u64>,
        pin: Option<&Pin>,
        meter: &Meter,
    ) -> Result<Bytes, Failure> {
        let if_match = pin.map(|pin| pin.tag.0.clone());
        let options = GetOptions { range: Some(range.clone().into()), if_match, ..GetOptions::default() };
        let exchange = Exchange::new(meter);
        let found = exchange.run(async {
            let found = self.patient.get_opts(path, options).await?;
            let (bytes, tag) = (found.meta.size, found.meta.e_tag.clone().map(Tag));
            Ok((bytes, tag, found.bytes().await?))
        });
        let (bytes, tag, body) = match (found.await, pin) {
            (Ok(found), _) => found,
            (Err(object_store::Error::Precondition { source, .. }), Some(_)) => {
                return Err(Failure::before(FailureKind::Changed, source));
            }
            (Err(error), _) => return Err(exchange.range_failure(&range, error)),
        };
        // Some stores do not know the condition on a read, and give what is there.
        if let Some(pin) = pin.filter(|pin| pin.bytes != bytes || tag.as_ref() != Some(&pin.tag)) {
            return Err(Failure::changed(pin, bytes, tag.as_ref()));
        }
        if body.len() as u64 == range.end - range.start { Ok(body) } else { Err(ranges::too_short(&range)) }
    }
}

impl S3Backend {
    /// One request for up to [`PAGE_KEYS`] keys; adds those that failed, and returns the last failure as one of a call.
    async fn delete_page(
        &self,
        page: &[String],
        meter: &Meter,
        failures: &mut Vec<(String, String)>,
    ) -> Result<Option<Failure>, Failure> {
        let paths: Vec<Path> = page.iter().map(|key| self.path(key)).collect::<Result<_, _>>()?;
        let exchange = Exchange::new(meter);
        let stream = self.patient.delete_stream(futures::stream::iter(paths.into_iter().map(Ok)).boxed());
        // One answer a key and in their order, or a single one where the whole request failed.
        let mut answers: Vec<object_store::Result<Path>> = exchange.run(stream.collect()).await;
        let is_whole = answers.len() != page.len();
        let mut last = None;
        for (index, key) in page.iter().enumerate() {
            let answer = if is_whole { answers.first_mut() } else { answers.get_mut(index) };
            match answer {
                None => failures.push((key.clone(), "the store did not say".to_owned())),
                Some(Ok(_)) => {}
                Some(Err(error)) if answer::is_missing(error) => {}
                Some(Err(error)) => failures.push((key.clone(), error.to_string())),
            }
        }
        for answer in answers {
            if let Err(error) = answer
                && !answer::is_missing(&error)
            {
                last = Some(exchange.failure(error));
            }
        }
        Ok(last)
    }
}

/// The tag that a put was answered with, where it was.
fn tag_of(result: PutResult) -> Option<Tag> {
    result.e_tag.map(Tag)
}

fn attributes(media: Media) -> Attributes {
    let kinds = [(Attribute::ContentType, media.content_type), (Attribute::ContentEncoding, media.content_encoding)];
    kinds.into_iter().filter_map(|(kind, value)| Some((kind, value?))).collect()
}

#[async_trait]
impl Backend for S3Backend {
    async fn get(
        &self,
        key: &str,
        if_none_match: Option<&Tag>,
        patience: Patience,
        meter: &Meter,
    ) -> Result<Fetched, Failure> {
        let path = self.path(key)?;
        let options = GetOptions { if_none_match: if_none_match.map(|tag| tag.0.clone()), ..GetOptions::default() };
        let client = if patience == Patience::Once { &self.once } else { &self.patient };
        let exchange = Exchange::new(meter);
        let found = exchange.run(async {
            let found = client.get_opts(&path, options).await?;
            let tag = found.meta.e_tag.clone().map(Tag);
            Ok(Fetched::Found { body: found.bytes().await?, tag })
        });
        match found.await {
            Err(object_store::Error::NotModified { .. }) => Ok(Fetched::Unchanged),
            Err(error) if answer::is_missing(&error) => Ok(Fetched::Missing),
            Err(error) => Err(exchange.failure(error)),
            Ok(found) => Ok(found),
        }
    }

    async fn get_ranges(
        &self,
        key: &str,
        wanted: &[Range<u64>],
        pin: Option<&Pin>,
        meter: &Meter,
    ) -> Result<Vec<Bytes>, Failure> {
        let path = self.path(key)?;
        let joined = ranges::join(wanted)?;
        let bodies: Vec<Bytes> = futures::stream::iter(joined.clone())
            .map(|range| self.get_range(&path, range, pin, meter))
            .buffered(ranges::PARALLEL_MAX)
            .try_collect()
            .await?;
        ranges::split(wanted, &joined, &bodies)
    }

    async fn head(&self, key: &str, meter: &Meter) -> Result<Option<(u64, Option<Tag>)>, Failure> {
        let path = self.path(key)?;
        let options = GetOptions { head: true, ..GetOptions::default() };
        let exchange = Exchange::new(meter);
        match exchange.run(self.patient.get_opts(&path, options)).await {
            Ok(found) => Ok(Some((found.meta.size, found.meta.e_tag.clone().map(Tag)))),
            Err(error) if answer::is_missing(&error) => Ok(None),
            Err(error) => Err(exchange.failure(error)),
        }
    }

    async fn written_by(&self, key: &str, meter: &Meter) -> Result<Option<String>, Failure> {
        let path = self.path(key)?;
        let options = GetOptions { head: true, ..GetOptions::default() };
        let exchange = Exchange::new(meter);
        let found = exchange.run(self.patient.get_opts(&path, options)).await;
        let found = found.map_err(|error| exchange.failure(error))?;
        Ok(found.attributes.get(&Attribute::Metadata(WRITE_ID_METADATA.into())).map(|value| value.to_string()))
    }

    async fn put(&self, key: &str, body: Bytes, meter: &Meter) -> Result<(), Failure> {
        self.put_as(key, body, Media::default(), meter).await
    }

    async fn put_as(&self, key: &str, body: Bytes, media: Media, meter: &Meter) -> Result<(), Failure> {
        let path = self.path(key)?;
        let exchange = Exchange::new(meter);
        let options = PutOptions { attributes: attributes(media), ..PutOptions::default() };
        let put = exchange.run(self.patient.put_opts(&path, body.into(), options)).await;
        put.map(drop).map_err(|error| exchange.write_failure(error))
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        condition: &Condition,
        write_id: Option<WriteId>,
        meter: &Meter,
    ) -> Result<Attempt, Failure> {
        let path = self.path(key)?;
        let mut attributes = Attributes::new();
        if let Some(write_id) = write_id {
            attributes.insert(Attribute::Metadata(WRITE_ID_METADATA.into()), write_id.to_string().into());
        }
        let mode = match condition {
            Condition::Absent => PutMode::Create,
            Condition::Current(tag) => PutMode::Update(UpdateVersion { e_tag: Some(tag.0.clone()), version: None }),
        };
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        let exchange = Exchange::new(meter);
        match exchange.run(self.once.put_opts(&path, body.into(), options)).await {
            Ok(result) => Ok(Attempt::Done(tag_of(result))),
            Err(error) => exchange.conditional_put(error),
        }
    }

    async fn delete(&self, keys: &[String], meter: &Meter) -> Result<Vec<(String, String)>, Failure> {
        let mut failures = Vec::new();
        let mut last = None;
        for page in keys.chunks(PAGE_KEYS) {
            if let Some(failure) = self.delete_page(page, meter, &mut failures).await? {
                last = Some(failure);
            }
        }
        match last {
            Some(failure) if failures.len() == keys.len() => Err(failure),
            _ => Ok(failures),
        }
    }

    async fn list(&self, folder: &str, meter: &Meter) -> Result<Vec<Listed>, Failure> {
        let (path, start) = (self.path(folder)?, folder_start(folder));
        let exchange = Exchange::new(meter);
        let stream = self.patient.list(Some(&path)).map_ok(|object| self.listed(&start, &object));
        let listed: object_store::Result<Vec<Option<Listed>>> = exchange.run(stream.try_collect()).await;
        let mut listed: Vec<Listed> = listed.map_err(|error| exchange.failure(error))?.into_iter().flatten().collect();
        // Directory buckets do not list in the order of keys.
        listed.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Ok(listed)
    }

    async fn parts(&self, key: &str, media: Media, meter: &Meter) -> Result<Option<Box<dyn Parts>>, Failure> {
        let path = self.path(key)?;
        let exchange = Exchange::new(meter);
        let options = PutMultipartOptions { attributes: attributes(media), ..PutMultipartOptions::default() };
        let begun = exchange.run(self.patient.put_multipart_opts(&path, options)).await;
        let upload = begun.map_err(|error| exchange.write_failure(error))?;
        Ok(Some(Box::new(S3Parts { upload, meter: meter.clone() })))
    }

    async fn list_first(&self, folder: &str, meter: &Meter) -> Result<Option<Listed>, Failure> {
        let start = folder_start(folder);
        let full_start = folder_start(&self.full(folder));
        let mut offset = None;
        loop {
            let options = PaginatedListOptions { max_keys: Some(1), offset: offset.take(), ..Default::default() };
            let exchange = Exchange::new(meter);
            let page = exchange.run(self.patient.list_paginated(Some(&full_start), options)).await;
            let page = page.map_err(|error| exchange.failure(error))?;
            let Some(object) = page.result.objects.first() else { return Ok(None) };
            if let Some(listed) = self.listed(&start, object) {
                return Ok(Some(listed));
            }
            // An object named like the folder itself; what is after it is below it.
            offset = Some(full_start.clone());
        }
    }

    async fn presign(&self, key: &str, valid_for: Duration) -> Result<Option<String>, Failure> {
        let link = self.patient.signed_url(http::Method::GET, &self.path(key)?, valid_for).await;
        link.map(|link| Some(link.into())).map_err(|error| Failure::before(FailureKind::Denied, error))
    }

    async fn list_folders(&self, folder: &str, meter: &Meter) -> Result<Vec<String>, Failure> {
        let (path, start) = (self.path(folder)?, folder_start(folder));
        let exchange = Exchange::new(meter);
        let page = exchange.run(self.patient.list_with_delimiter(Some(&path))).await;
        let page = page.map_err(|error| exchange.failure(error))?;
        let names = page.common_prefixes.iter().filter_map(|path| self.relative(path)?.strip_prefix(&start));
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.sort_unstable();
        Ok(names)
    }
}
