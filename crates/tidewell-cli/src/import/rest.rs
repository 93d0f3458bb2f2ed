//! Files through a server: its log takes the rows, and they are readable as they come.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Body, Method, StatusCode};
use serde_json::Value;
use tidewell_engine::{
    Engine, EngineConfig, ImportOptions, ImportProgress, LineReader, LineStep, Precision, SourceFile, StoreUrl,
};
use tidewell_env::Env;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::CommonArgs;
use super::bars::Bars;
use crate::delivery::Delivery;
use crate::failure::Failure;
use crate::output::Output;
use crate::server_client::{ServerClient, refusal_body, refusal_message};
use crate::target::Target;

/// Bytes of a file that are sent at once.
const CHUNK_BYTES: usize = 256 << 10;
/// How often a file is sent again to a busy server; its rows overwrite themselves.
const RETRIES_MAX: u32 = 5;

/// What became of a file.
#[derive(Debug, Default)]
struct Sent {
    files: u64,
    rows: u64,
    dropped: u64,
    rejected: u64,
}

impl CommonArgs {
    pub(super) fn server(&self) -> Result<ServerClient, Failure> {
        let token = self.token.clone().or_else(|| std::env::var("INFLUX_TOKEN").ok());
        ServerClient::new(&self.server, token.filter(|token| !token.is_empty()))
    }

    /// The files that the sources name.
    pub(super) async fn find_files(&self, options: &ImportOptions, env: &Env) -> Result<Vec<SourceFile>, Failure> {
        // Finding files needs no store.
        let config = EngineConfig { store: StoreUrl::Memory, background: false, ..EngineConfig::default() };
        Ok(Engine::open(config, env.clone()).await?.find_files(&self.sources, options).await?)
    }
}

/// Sends the rows of Parquet files as line protocol, batch by batch.
///
/// A batch that a server may or may not have stored is sent again: the same points overwrite themselves. Where `--resume`
/// follows an interruption, all is sent again for the same reason.
pub(super) async fn import_parquet(args: &CommonArgs, options: &ImportOptions, env: Env) -> Result<(), Failure> {
    let files = args.find_files(options, &env).await?;
    let progress = Arc::new(ImportProgress::new());
    let delivery = Delivery::new(Target::Server(args.server()?), &args.db, Precision::Nanosecond, None, env.clone());
    let mut lines =
        LineReader::new(&env, &files, options, (0, 0), &progress).map_err(|error| Failure::Usage(error.to_string()))?;
    let bars = Bars::follow(&progress, &env);
    let mut sent = Sent::default();
    let mut failures = Vec::new();
    while let Some(step) = lines.next().await.map_err(|error| Failure::work(error.to_string()))? {
        match step {
            LineStep::Batch(batch) => {
                sent.rows += batch.line_count;
                sent.dropped += batch.rows_dropped + batch.rows_empty;
                let report = delivery.send(batch.body.into()).await?;
                sent.rejected += report.count as u64;
                let file = files.get(batch.file).map_or("", SourceFile::url);
                report.lines.iter().for_each(|line| eprintln!("{file}: {}", line.reason));
            }
            LineStep::End { .. } => sent.files += 1,
            LineStep::Failed(failure) => failures.push(failure),
        }
    }
    drop(bars);
    for failure in &failures {
        eprintln!("{}: {}", failure.file, failure.reason);
    }
    let row =
        [sent.files, failures.len() as u64, sent.rows, sent.dropped, sent.rejected].map(|count| count.to_string());
    Output::stdout().write_table(&["files", "failed", "rows", "dropped", "rejected"], &[row.to_vec()])?;
    match (failures.len(), sent.rejected) {
        (0, 0) => Ok(()),
        (0, rejected) => Err(Failure::work(format!("{rejected} rows were rejected; all others are stored"))),
        (failed, _) => Err(Failure::work(format!("{failed} files were not imported to their ends"))),
    }
}

/// Sends CSV as it is: the server reads it.
pub(super) async fn import_csv(
    args: &CommonArgs,
    options: &ImportOptions,
    settings: &[(&'static str, String)],
    env: Env,
) -> Result<(), Failure> {
    let wants_direct = options.dedup_column.is_some() || options.resume;
    if wants_direct {
        let message = "--dedup-column and --resume of CSV want --direct: a server takes the rows as they come";
        return Err(Failure::Usage(message.to_owned()));
    }
    let server = args.server()?;
    let mut query = vec![("db", args.db.clone()), ("table", args.measurement.clone())];
    query.extend(settings.iter().cloned());
    let (mut rows, mut failed) = (Vec::new(), 0);
    for file in args.find_files(options, &env).await? {
        match send_csv(&server, &file, &query, &env).await {
            Ok(sent) => rows.push(vec![file.url().to_owned(), sent.rows.to_string(), sent.rejected.to_string()]),
            Err(Failure::Work { message, hint }) => {
                failed += 1;
                let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
                eprintln!("{}: {message}{hint}", file.url());
            }
            Err(failure) => return Err(failure),
        }
    }
    Output::stdout().write_table(&["file", "rows", "rejected"], &rows)?;
    match failed {
        0 => Ok(()),
        1 => Err(Failure::work("1 file was not imported to its end; all others are stored")),
        failed => Err(Failure::work(format!("{failed} files were not imported to their ends; all others are stored"))),
    }
}

async fn send_csv(
    server: &ServerClient,
    file: &SourceFile,
    query: &[(&'static str, String)],
    env: &Env,
) -> Result<Sent, Failure> {
    let mut retries = 0;
    loop {
        let bar = bar(file);
        let body = body_of(file.url(), bar.clone()).await?;
        let mut request = server.request(Method::POST, "api/v1/import/csv")?.query(query).body(body);
        if file.url().ends_with(".gz") {
            request = request.header("Content-Encoding", "gzip");
        }
        let sent = server.send(request).await;
        bar.finish_and_clear();
        let response = sent?;
        let status = response.status();
        let reply = refusal_body(response).await;
        if status == StatusCode::SERVICE_UNAVAILABLE && retries < RETRIES_MAX {
            retries += 1;
            env.sleep(std::time::Duration::from_secs(1)).await;
            continue;
        }
        if !status.is_success() {
            return Err(Failure::work(refusal_message(status, &reply)));
        }
        let rejected = reply.get("rejected").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for row in rejected {
            eprintln!("{}: {}", file.url(), row.get("reason").and_then(Value::as_str).unwrap_or_default());
        }
        let count = |name: &str| reply.get(name).and_then(Value::as_u64).unwrap_or_default();
        return Ok(Sent { rows: count("rows"), rejected: count("rejected_count"), ..Sent::default() });
    }
}

/// A file's bytes as they are read.
async fn body_of(path: &str, bar: ProgressBar) -> Result<Body, Failure> {
    if path.contains("://") {
        let message = format!("{path}: a server takes local files only: import it with --direct");
        return Err(Failure::Usage(message));
    }
    let file = File::open(Path::new(path)).await.map_err(|error| Failure::io(path, &error))?;
    let chunks = stream::try_unfold((file, bar), |(mut file, bar)| async move {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        bar.inc(read as u64);
        Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(chunk), (file, bar))))
    });
    Ok(Body::wrap_stream(chunks))
}

fn bar(file: &SourceFile) -> ProgressBar {
    let bar = ProgressBar::new(file.file_bytes()).with_message(file.url().to_owned());
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}") {
        bar.set_style(style);
    }
    bar
}
