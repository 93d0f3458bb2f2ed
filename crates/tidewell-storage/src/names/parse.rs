//! Object names back to what they name; anything that is not exactly what printing gives is refused.

use tidewell_types::{DatabaseName, Generation, SegmentId, Seq, StreamId, TokenId, Version, WriteId};

use super::{DatabaseLayout, Tier, day, escape};

/// What the name of a segment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentName {
    /// Its tier.
    pub tier: Tier,
    /// The generation it was made in.
    pub generation: Generation,
    /// The folder of its table, as `table_folder` gives it.
    pub table_folder: String,
    /// The day of its data, in days since 1970-01-01.
    pub day: i64,
    /// Its identity.
    pub id: SegmentId,
}

/// The database of a folder directly below `Prefix::databases()`; `None` for a folder that no database has.
#[must_use]
pub fn parse_database_folder(folder: &str) -> Option<DatabaseName> {
    DatabaseName::new(&escape::unescape(folder)?).ok()
}

/// The generation of a folder directly below a database's `wal`, `hot`, `cold` or `idx`; `None` for any other folder.
#[must_use]
pub fn parse_generation_folder(folder: &str) -> Option<Generation> {
    let generation = Generation::new(folder.parse().ok()?);
    (format!("{:08}", generation.get()) == folder).then_some(generation)
}

/// A version that was printed inverted.
fn parse_inverted(text: &str) -> Option<Version> {
    u64::from_str_radix(text, 16).ok().map(|inverted| Version::new(u64::MAX - inverted))
}

impl DatabaseLayout {
    fn strip<'a>(&self, key: &'a str, folder: &str) -> Option<&'a str> {
        key.strip_prefix(self.prefix().as_str())?.strip_prefix('/')?.strip_prefix(folder)?.strip_prefix('/')
    }

    /// The version of a commit's key.
    #[must_use]
    pub fn parse_log(&self, key: &str) -> Option<Version> {
        let version = parse_inverted(self.strip(key, "log")?)?;
        (self.log(version).as_str() == key).then_some(version)
    }

    /// The version and the write of a checkpoint's key.
    #[must_use]
    pub fn parse_checkpoint(&self, key: &str) -> Option<(Version, WriteId)> {
        let (inverted, write_id) = self.strip(key, "ckpt")?.split_once('-')?;
        let (version, write_id) = (parse_inverted(inverted)?, write_id.parse().ok()?);
        (self.checkpoint(version, write_id).as_str() == key).then_some((version, write_id))
    }

    /// The generation and the write of a segment list's key.
    #[must_use]
    pub fn parse_leaf(&self, key: &str) -> Option<(Generation, WriteId)> {
        let (generation, write_id) = self.strip(key, "idx")?.split_once('/')?;
        let (generation, write_id) = (Generation::new(generation.parse().ok()?), write_id.parse().ok()?);
        (self.leaf(generation, write_id).as_str() == key).then_some((generation, write_id))
    }

    /// The generation and the write of a key of final watermarks.
    #[must_use]
    pub fn parse_watermarks(&self, key: &str) -> Option<(Generation, WriteId)> {
        let (generation, write_id) = self.strip(key, "gen")?.split_once('-')?;
        let (generation, write_id) = (Generation::new(generation.parse().ok()?), write_id.parse().ok()?);
        (self.watermarks(generation, write_id).as_str() == key).then_some((generation, write_id))
    }

    /// The stream and the place of a log entry's key.
    #[must_use]
    pub fn parse_wal(&self, key: &str) -> Option<(StreamId, Seq)> {
        let mut parts = self.strip(key, "wal")?.split('/');
        let generation = Generation::new(parts.next()?.parse().ok()?);
        let (_shard, writer) = parts.next()?.split_once('-')?;
        let stream = StreamId { generation, writer: writer.parse().ok()? };
        let seq = Seq::new(parts.next()?.parse().ok()?);
        (self.wal(stream, seq).as_str() == key).then_some((stream, seq))
    }

    /// The import, the run and the place of a journal entry's key.
    #[must_use]
    pub fn parse_import(&self, key: &str) -> Option<(TokenId, StreamId, Seq)> {
        let mut parts = self.strip(key, "import")?.split('/');
        let job = parts.next()?.parse().ok()?;
        let (generation, writer) = parts.next()?.split_once('-')?;
        let run = StreamId { generation: Generation::new(generation.parse().ok()?), writer: writer.parse().ok()? };
        let seq = Seq::new(parts.next()?.parse().ok()?);
        (self.import_entry(job, run, seq).as_str() == key).then_some((job, run, seq))
    }

    /// What a segment's key says.
    #[must_use]
    pub fn parse_segment(&self, key: &str) -> Option<SegmentName> {
        [Tier::Hot, Tier::Cold].into_iter().find_map(|tier| self.parse_segment_of(tier, key))
    }

    fn parse_segment_of(&self, tier: Tier, key: &str) -> Option<SegmentName> {
        let mut parts = self.strip(key, tier.folder())?.split('/');
        let generation = parse_generation_folder(parts.next()?)?;
        let table_folder = parts.next()?.to_owned();
        let day = day::parse(parts.next()?)?;
        let id = parts.next()?.strip_suffix(".parquet")?.parse().ok()?;
        let is_exact = parts.next().is_none() && escape::is_table_folder(&table_folder);
        is_exact.then_some(SegmentName { tier, generation, table_folder, day, id })
    }
}
