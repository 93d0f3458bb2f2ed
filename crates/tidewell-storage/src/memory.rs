//! A store in this process's memory.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use tidewell_types::WriteId;

use crate::backend::{Attempt, Backend, Condition, Failure, FailureKind, Fetched, Listed, Patience, Pin, Tag};
use crate::meter::{Meter, RequestKind};
use crate::ranges;

/// Keys in one page of a listing, and in one delete, on S3.
pub(crate) const PAGE_KEYS: usize = 1_000;

struct Object {
    body: Bytes,
    tag: Tag,
    write_id: Option<WriteId>,
}

#[derive(Default)]
struct Objects {
    by_key: BTreeMap<String, Object>,
    writes: u64,
}

impl Objects {
    fn write(&mut self, key: &str, body: Bytes, write_id: Option<WriteId>) -> Tag {
        self.writes += 1;
        let tag = Tag(format!("\"{}\"", self.writes));
        self.by_key.insert(key.to_owned(), Object { body, tag: tag.clone(), write_id });
        tag
    }

    fn below(&self, folder: &str) -> impl Iterator<Item = (&String, &Object)> {
        let start = folder_start(folder);
        self.by_key.range(start.clone()..).take_while(move |(key, _)| key.starts_with(&start))
    }
}

/// What every key in a folder starts with.
pub(crate) fn folder_start(folder: &str) -> String {
    if folder.is_empty() { String::new() } else { format!("{folder}/") }
}

/// The pages that a listing of so many keys would take on S3.
pub(crate) fn pages(keys: usize) -> u64 {
    keys.div_ceil(PAGE_KEYS).max(1) as u64
}

/// Every object as a value of a map; each call is atomic.
#[derive(Default)]
pub(crate) struct MemoryBackend {
    objects: Mutex<Objects>,
}

impl fmt::Debug for MemoryBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBackend").finish_non_exhaustive()
    }
}

#[async_trait]
impl Backend for MemoryBackend {
    async fn get(
        &self,
        key: &str,
        if_none_match: Option<&Tag>,
        _patience: Patience,
        meter: &Meter,
    ) -> Result<Fetched, Failure> {
        meter.count(RequestKind::Get, 1);
        let objects = self.objects.lock();
        let Some(object) = objects.by_key.get(key) else { return Ok(Fetched::Missing) };
        if if_none_match == Some(&object.tag) {
            return Ok(Fetched::Unchanged);
        }
        meter.count_bytes_in(object.body.len());
        Ok(Fetched::Found { body: object.body.clone(), tag: Some(object.tag.clone()) })
    }

    async fn get_ranges(
        &self,
        key: &str,
        wanted: &[Range<u64>],
        pin: Option<&Pin>,
        meter: &Meter,
    ) -> Result<Vec<Bytes>, Failure> {
        let joined = ranges::join(wanted)?;
        meter.count(RequestKind::Get, joined.len() as u64);
        let body = match self.objects.lock().by_key.get(key) {
            Some(object) => {
                let bytes = object.body.len() as u64;
                if let Some(pin) = pin.filter(|pin| pin.bytes != bytes || pin.tag != object.tag) {
                    return Err(Failure::changed(pin, bytes, Some(&object.tag)));
                }
                object.body.clone()
            }
            None => return Err(Failure::before(FailureKind::NotFound, "no such key")),
        };
        let mut bodies = Vec::with_capacity(joined.len());
        for range in &joined {
            if range.end > body.len() as u64 {
                return Err(ranges::too_short(range));
            }
            bodies.push(body.slice(range.start as usize..range.end as usize));
            meter.count_bytes_in((range.end - range.start) as usize);
        }
        ranges::split(wanted, &joined, &bodies)
    }

    async fn head(&self, key: &str, meter: &Meter) -> Result<Option<(u64, Option<Tag>)>, Failure> {
        meter.count(RequestKind::Head, 1);
        Ok(self.objects.lock().by_key.get(key).map(|object| (object.body.len() as u64, Some(object.tag.clone()))))
    }

    async fn written_by(&self, key: &str, meter: &Meter) -> Result<Option<String>, Failure> {
        meter.count(RequestKind::Head, 1);
        let objects = self.objects.lock();
        Ok(objects.by_key.get(key).and_then(|object| object.write_id).map(|write_id| write_id.to_string()))
    }

    async fn put(&self, key: &str, body: Bytes, meter: &Meter) -> Result<(), Failure> {
        meter.count(RequestKind::Put, 1);
        meter.count_bytes_out(body.len());
        self.objects.lock().write(key, body, None);
        Ok(())
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        condition: &Condition,
        write_id: Option<WriteId>,
        meter: &Meter,
    ) -> Result<Attempt, Failure> {
        meter.count(RequestKind::Put, 1);
        meter.count_bytes_out(body.len());
        let mut objects = self.objects.lock();
        let holds = match (condition, objects.by_key.get(key)) {
            (Condition::Absent, current) => current.is_none(),
            (Condition::Current(tag), current) => current.is_some_and(|object| object.tag == *tag),
        };
        if !holds {
            return Ok(Attempt::Refused);
        }
        Ok(Attempt::Done(Some(objects.write(key, body, write_id))))
    }

    async fn delete(&self, keys: &[String], meter: &Meter) -> Result<Vec<(String, String)>, Failure> {
        meter.count(RequestKind::Delete, keys.len().div_ceil(PAGE_KEYS) as u64);
        let mut objects = self.objects.lock();
        for key in keys {
            objects.by_key.remove(key);
        }
        Ok(Vec::new())
    }

    async fn list(&self, folder: &str, meter: &Meter) -> Result<Vec<Listed>, Failure> {
        let objects = self.objects.lock();
        let listed: Vec<Listed> = objects.below(folder).map(listed).collect();
        meter.count(RequestKind::List, pages(listed.len()));
        Ok(listed)
    }

    async fn list_first(&self, folder: &str, meter: &Meter) -> Result<Option<Listed>, Failure> {
        meter.count(RequestKind::List, 1);
        Ok(self.objects.lock().below(folder).next().map(listed))
    }

    async fn list_folders(&self, folder: &str, meter: &Meter) -> Result<Vec<String>, Failure> {
        let start = folder_start(folder);
        let objects = self.objects.lock();
        let mut folders: Vec<String> = objects
            .below(folder)
            .filter_map(|(key, _)| key.get(start.len()..)?.split_once('/'))
            .map(|(name, _)| name.to_owned())
            .collect();
        folders.dedup();
        // Keys sort with their slashes, names without.
        folders.sort_unstable();
        folders.dedup();
        meter.count(RequestKind::List, pages(folders.len()));
        Ok(folders)
    }
}

fn listed((key, object): (&String, &Object)) -> Listed {
    Listed { key: key.clone(), bytes: object.body.len() as u64, tag: Some(object.tag.clone()) }
}
