//! `tidewell import parquet|csv`: files of others into a table.

mod bars;
mod direct;
mod plan;
mod register;
mod report;
mod rest;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tidewell_engine::{
    CsvOptions, Engine, EngineConfig, ForeignOptions, ImportFormat, ImportOptions, NumberUnit, OnRefused, StoreUrl,
    TableName,
};
use tidewell_env::Env;

use crate::failure::Failure;
use crate::size::ByteSize;

const EXAMPLES: &str = "\
Examples:
  tidewell import parquet --direct --store ./data/store -m trips -t pickup_datetime --tags vendor trips/*.parquet
  tidewell import parquet -m trips trips.parquet                    # through the server at localhost:8086
  tidewell import parquet --register --store s3://my-bucket/metrics -m trips s3://lake/trips/
  tidewell import csv --direct --store ./data/store -m weather --tags station weather.csv

Sources are files, folders, patterns (quote them) and s3://bucket/prefix; key=value folders become tags. A file is stored
wholly or not at all. Files that fail are listed in the end and cost no other (exit code 1); --resume goes on after an
interruption and imports nothing twice.";

/// What kind of files.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImportArgs {
    #[command(subcommand)]
    kind: Kind,
}

/// The kinds of files.
#[derive(Subcommand, Debug)]
enum Kind {
    /// Import Parquet files, or register them where they are
    #[command(after_help = EXAMPLES)]
    Parquet(Box<ParquetArgs>),
    /// Import CSV files; columns, types and the time are found out
    #[command(after_help = EXAMPLES)]
    Csv(Box<CsvArgs>),
}

/// What every import takes.
#[derive(Args, Debug)]
pub(super) struct CommonArgs {
    /// Table that the rows go to
    #[arg(long, short, value_name = "TABLE", alias = "table", default_value = "imported")]
    measurement: String,

    /// Database; made by its first write
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME", default_value = "default")]
    db: String,

    /// Columns that are tags, in the order that rows are sorted by
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    tags: Vec<String>,

    /// The server to import through; the rows take its log and are readable as they come
    #[arg(long, short, env = "TIDEWELL_SERVER", value_name = "URL", default_value = "http://localhost:8086")]
    server: String,

    /// Token for the server; INFLUX_TOKEN is heard too
    #[arg(long, env = "TIDEWELL_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,

    /// Write segments and commits straight to the store, without a server or a log; safe beside running servers
    #[arg(long)]
    direct: bool,

    /// The store for --direct and --register (a folder, file:///folder, s3://bucket/prefix)
    #[arg(id = "import_store", long = "store", value_name = "STORE")]
    store: Option<StoreUrl>,

    /// Folder that a local server keeps its data in; the store is its `store`
    #[arg(long, value_name = "FOLDER", conflicts_with = "import_store")]
    data_dir: Option<PathBuf>,

    /// Rows a batch
    #[arg(long, short, value_name = "ROWS", default_value_t = 10_000)]
    batch_size: usize,

    /// Of rows with one value of this tag or field keep only the first
    #[arg(long, value_name = "COLUMN")]
    dedup_column: Option<String>,

    /// Show what each file's columns become, and import nothing
    #[arg(long)]
    schema_only: bool,

    /// Read everything and store nothing
    #[arg(long)]
    dry_run: bool,

    /// Leave out what an earlier, interrupted import of the same files and options has stored
    #[arg(long)]
    resume: bool,

    /// Files that are read at once
    #[arg(long, value_name = "FILES", default_value_t = 4)]
    concurrency: usize,

    /// Memory that the import may take for rows and decoders; at least 32MiB
    #[arg(long, value_name = "SIZE", default_value_t = ByteSize(1 << 30))]
    memory_limit: ByteSize,

    /// Take `key=value` folders as folders, not as tags
    #[arg(long)]
    no_hive: bool,

    /// Files, folders, patterns, s3://bucket/prefix
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<String>,
}

/// What Parquet files take besides.
#[derive(Args, Debug)]
struct ParquetArgs {
    #[command(flatten)]
    common: CommonArgs,

    /// Column that is the time; `timestamp` if not given, or else `time`
    #[arg(long, short, value_name = "COLUMN")]
    timestamp_column: Option<String>,

    /// Unit of a time that is a plain number: ns, us, ms or s
    #[arg(long, value_name = "UNIT", default_value = "ns", value_parser = unit)]
    timestamp_unit: NumberUnit,

    /// How a time of text is written, as in %Y-%m-%d %H:%M; ISO 8601 if not given
    #[arg(long, value_name = "FORMAT")]
    timestamp_format: Option<String>,

    /// Make columns of the members of structures, and JSON text of lists and maps
    #[arg(long)]
    flatten: bool,

    /// Leave out columns whose type has no place, in place of refusing the file
    #[arg(long)]
    skip_unsupported: bool,

    /// Name the files in the store where they are, without copying a row; only footers are read
    #[arg(long, conflicts_with_all = ["direct", "dedup_column", "resume"])]
    register: bool,

    /// With --register: let maintenance rewrite the files into segments of the store
    #[arg(long, requires = "register")]
    take_ownership: bool,
}

fn unit(text: &str) -> Result<NumberUnit, String> {
    NumberUnit::by_name(text).ok_or_else(|| format!("{text:?} is no unit: give ns, us, ms or s"))
}

/// What CSV files take besides.
#[derive(Args, Debug)]
struct CsvArgs {
    #[command(flatten)]
    common: CommonArgs,

    /// Column that is the time; found by name and content if not given
    #[arg(long, short, value_name = "COLUMN")]
    timestamp_column: Option<String>,

    /// Columns that make the time together, as date and clock
    #[arg(long, value_name = "COLUMNS", conflicts_with = "timestamp_column")]
    time_columns: Option<String>,

    /// auto, epoch_s, epoch_ms, epoch_us, epoch_ns, day_first, month_first, or a format as in '%d.%m.%Y %H:%M'
    #[arg(long, alias = "timestamp-format", value_name = "FORMAT")]
    time_format: Option<String>,

    /// Zone of times that name none
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,

    /// What a local time that happens twice means: refuse, earlier or later
    #[arg(long, value_name = "WHICH")]
    local_times: Option<String>,

    /// Character between cells, or tab, comma, semicolon, pipe
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<String>,

    /// Character around cells, or none
    #[arg(long, value_name = "CHAR")]
    quote: Option<String>,

    /// Decimal mark: auto, point or comma
    #[arg(long, value_name = "MARK")]
    decimal: Option<String>,

    /// Lines before the header that are not read
    #[arg(long, value_name = "LINES")]
    skip_lines: Option<String>,

    /// Whether the first row names the columns: true or false
    #[arg(long, value_name = "BOOL")]
    header: Option<String>,

    /// Names for the columns
    #[arg(long, value_name = "NAMES")]
    column_names: Option<String>,

    /// Columns that are left out
    #[arg(long, value_name = "COLUMNS")]
    skip_columns: Option<String>,

    /// Types that are not to be found out, as in price:float,count:integer
    #[arg(long, value_name = "COLUMN:TYPE,…")]
    column_types: Option<String>,

    /// Cells that mean no value, as in -200,NA
    #[arg(long, value_name = "TEXTS", allow_hyphen_values = true)]
    na: Option<String>,
}

impl CsvArgs {
    /// The options that were given, by the names of [`CsvOptions::set`].
    fn settings(&self) -> Vec<(&'static str, String)> {
        let tags = (!self.common.tags.is_empty()).then(|| self.common.tags.join(","));
        let given = [
            ("time_column", &self.timestamp_column),
            ("time_columns", &self.time_columns),
            ("time_format", &self.time_format),
            ("timezone", &self.timezone),
            ("local_times", &self.local_times),
            ("delimiter", &self.delimiter),
            ("quote", &self.quote),
            ("decimal", &self.decimal),
            ("skip_lines", &self.skip_lines),
            ("header", &self.header),
            ("column_names", &self.column_names),
            ("skip_columns", &self.skip_columns),
            ("column_types", &self.column_types),
            ("na", &self.na),
            ("tags", &tags),
        ];
        given.into_iter().filter_map(|(name, text)| Some((name, text.clone()?))).collect()
    }

    fn options(&self) -> Result<CsvOptions, Failure> {
        let mut options = CsvOptions::default();
        for (name, text) in self.settings() {
            options.set(name, &text).map_err(|error| Failure::Usage(error.to_string()))?;
        }
        Ok(options)
    }
}

impl ParquetArgs {
    fn options(&self) -> ForeignOptions {
        ForeignOptions {
            time_column: self.timestamp_column.clone(),
            time_fallback: self.timestamp_column.is_none(),
            time_unit: self.timestamp_unit,
            time_format: self.timestamp_format.clone(),
            tags: self.common.tags.clone(),
            flatten: self.flatten,
            on_refused: if self.skip_unsupported { OnRefused::LeaveOut } else { OnRefused::Fail },
            ..ForeignOptions::default()
        }
    }
}

impl CommonArgs {
    fn options(&self, format: ImportFormat) -> Result<ImportOptions, Failure> {
        let table = TableName::new(&self.measurement).map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(ImportOptions {
            hive: !self.no_hive,
            dedup_column: self.dedup_column.clone(),
            concurrency: self.concurrency,
            memory_bytes_max: self.memory_limit.0,
            batch_rows: self.batch_size,
            resume: self.resume,
            dry_run: self.dry_run,
            ..ImportOptions::new(table, format)
        })
    }

    /// Whether rows go straight to a store.
    fn is_direct(&self) -> bool {
        self.direct || self.store.is_some() || self.data_dir.is_some()
    }

    /// The store that was named, or the default one of a local server.
    async fn open_store(&self, env: Env) -> Result<Engine, Failure> {
        let store = match (&self.store, &self.data_dir) {
            (Some(store), _) => store.clone(),
            (None, Some(folder)) => StoreUrl::Folder(folder.join("store")),
            (None, None) => EngineConfig::default().store,
        };
        crate::verb::open(store, env).await
    }
}

/// Imports; says what came of it.
pub(crate) async fn import(args: ImportArgs, env: Env) -> Result<(), Failure> {
    match args.kind {
        Kind::Parquet(args) => {
            let options = args.common.options(ImportFormat::Parquet(args.options()))?;
            match args.common.is_direct() || args.common.schema_only || args.common.dry_run {
                _ if args.register => register::register(&args.common, &options, args.take_ownership, env).await,
                true => direct::import(&args.common, &options, env).await,
                false => rest::import_parquet(&args.common, &options, env).await,
            }
        }
        Kind::Csv(args) => {
            let options = args.common.options(ImportFormat::Csv(args.options()?))?;
            match args.common.is_direct() || args.common.schema_only || args.common.dry_run {
                true => direct::import(&args.common, &options, env).await,
                false => rest::import_csv(&args.common, &options, &args.settings(), env).await,
            }
        }
    }
}

#[cfg(test)]
mod tests;
