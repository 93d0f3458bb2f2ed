//! Where the objects of one database are.

use tidewell_types::{
    DatabaseName, Generation, SegmentId, Seq, StreamId, TableName, TokenId, Version, WriteId, WriterId,
};
use xxhash_rust::xxh3::xxh3_64;

use super::{ObjectName, Prefix, day, escape, table_folder};

pub(super) const DATABASES: &str = "db";

/// What a segment is stored for, which says how it is compressed and sized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Fresh data, read often.
    Hot,
    /// Old data, read seldom.
    Cold,
}

impl Tier {
    /// The folder of the tier: `hot` or `cold`.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Hot => "hot",
            Self::Cold => "cold",
        }
    }
}

/// The names of one database's objects. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseLayout {
    root: Prefix,
}

impl DatabaseLayout {
    /// The layout of a database.
    #[must_use]
    pub fn new(database: &DatabaseName) -> Self {
        Self { root: Prefix::printed(format!("{DATABASES}/{}", escape::escape(database.as_str()))) }
    }

    /// Everything of the database.
    #[must_use]
    pub fn prefix(&self) -> Prefix {
        self.root.clone()
    }

    pub(super) fn object(&self, rest: std::fmt::Arguments<'_>) -> ObjectName {
        ObjectName::printed(format!("{}/{rest}", self.root.as_str()))
    }

    pub(super) fn folder(&self, rest: &str) -> Prefix {
        Prefix::printed(format!("{}/{rest}", self.root.as_str()))
    }

    /// The commit that made a version; newer versions sort first.
    #[must_use]
    pub fn log(&self, version: Version) -> ObjectName {
        self.object(format_args!("log/{:016x}", u64::MAX - version.get()))
    }

    /// All commits.
    #[must_use]
    pub fn log_prefix(&self) -> Prefix {
        self.folder("log")
    }

    /// A checkpoint of a version, by one of those who may write it; newer versions sort first.
    #[must_use]
    pub fn checkpoint(&self, version: Version, write_id: WriteId) -> ObjectName {
        self.object(format_args!("ckpt/{:016x}-{write_id}", u64::MAX - version.get()))
    }

    /// All checkpoints.
    #[must_use]
    pub fn checkpoint_prefix(&self) -> Prefix {
        self.folder("ckpt")
    }

    /// A list of segments that checkpoints refer to, made within a generation.
    #[must_use]
    pub fn leaf(&self, generation: Generation, write_id: WriteId) -> ObjectName {
        self.object(format_args!("idx/{:08}/{write_id}", generation.get()))
    }

    /// All lists of segments.
    #[must_use]
    pub fn leaf_prefix(&self) -> Prefix {
        self.folder("idx")
    }

    /// Where the streams of a sealed generation end, as one of those who may seal it found them.
    #[must_use]
    pub fn watermarks(&self, generation: Generation, write_id: WriteId) -> ObjectName {
        self.object(format_args!("gen/{:08}-{write_id}", generation.get()))
    }

    /// The ends of all sealed generations' streams.
    #[must_use]
    pub fn watermarks_prefix(&self) -> Prefix {
        self.folder("gen")
    }

    /// The hint to a recent checkpoint; overwritten in place and never trusted.
    #[must_use]
    pub fn hint(&self) -> ObjectName {
        self.object(format_args!("hint"))
    }

    /// The floor below which commits may be gone; replaced by compare-and-swap, only upwards.
    #[must_use]
    pub fn floor(&self) -> ObjectName {
        self.object(format_args!("floor"))
    }

    /// An entry of a writer's log.
    #[must_use]
    pub fn wal(&self, stream: StreamId, seq: Seq) -> ObjectName {
        let StreamId { generation, writer } = stream;
        let shard = shard(writer);
        self.object(format_args!("wal/{:08}/{shard:02x}-{writer}/{:012}", generation.get(), seq.get()))
    }

    /// The entries of all writers.
    #[must_use]
    pub fn wal_prefix(&self) -> Prefix {
        self.folder("wal")
    }

    /// The entries of all writers of one generation.
    #[must_use]
    pub fn wal_generation_prefix(&self, generation: Generation) -> Prefix {
        self.folder(&format!("wal/{:08}", generation.get()))
    }

    /// An entry of an import's journal: of which files the import `job` means to commit next, in the run that `run` stands
    /// for. No two runs have one name.
    #[must_use]
    pub fn import_entry(&self, job: TokenId, run: StreamId, seq: Seq) -> ObjectName {
        let StreamId { generation, writer } = run;
        self.object(format_args!("import/{job}/{:08}-{writer}/{:012}", generation.get(), seq.get()))
    }

    /// The journals of all imports.
    #[must_use]
    pub fn import_prefix(&self) -> Prefix {
        self.folder("import")
    }

    /// The journals of all runs of one import.
    #[must_use]
    pub fn import_job_prefix(&self, job: TokenId) -> Prefix {
        self.folder(&format!("import/{job}"))
    }

    /// A segment. `day` is the day of its data in days since 1970-01-01, as `TimestampNs::day` gives it; the folder is for
    /// people and other engines, nothing is pruned by it.
    #[must_use]
    pub fn segment(
        &self,
        tier: Tier,
        generation: Generation,
        table: &TableName,
        day: i64,
        id: SegmentId,
    ) -> ObjectName {
        let (table, date) = (table_folder(table), day::print(day));
        self.object(format_args!("{}/{:08}/{table}/{date}/{id}.parquet", tier.folder(), generation.get()))
    }

    /// All segments of a tier.
    #[must_use]
    pub fn segment_prefix(&self, tier: Tier) -> Prefix {
        self.folder(tier.folder())
    }

    /// The segments of a tier that were made within one generation.
    #[must_use]
    pub fn segment_generation_prefix(&self, tier: Tier, generation: Generation) -> Prefix {
        self.folder(&format!("{}/{:08}", tier.folder(), generation.get()))
    }
}

/// Spreads writers over the key space, since a bucket's request rate is shared by keys with a common start.
fn shard(writer: WriterId) -> u64 {
    xxh3_64(writer.as_bytes()) & 0xff
}
