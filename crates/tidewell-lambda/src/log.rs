//! The function's log: lines of JSON on stdout, which Lambda collects.

use tracing_subscriber::EnvFilter;

/// Logs at `TIDEWELL_LOG_FILTER`, else at `AWS_LAMBDA_LOG_LEVEL`, else at `info`.
///
/// # Errors
/// One line that says what is wrong with the filter.
pub fn start() -> Result<(), String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let level = variable("AWS_LAMBDA_LOG_LEVEL").map(|level| match level.as_str() {
        "FATAL" => "error".to_owned(),
        _ => level.to_ascii_lowercase(),
    });
    let filter = variable("TIDEWELL_LOG_FILTER").or(level).unwrap_or_else(|| "info".to_owned());
    let filter = EnvFilter::try_new(&filter).map_err(|error| format!("TIDEWELL_LOG_FILTER: {error}"))?;
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(std::io::stdout)
        .try_init()
        .map_err(|error| format!("the log cannot start: {error}"))
}
