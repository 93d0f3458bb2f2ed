//! Progress of an import on a terminal: one line for the whole, and one that names the files under way.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tidewell_engine::ImportProgress;
use tidewell_env::Env;

/// How often the lines move.
const TICK: Duration = Duration::from_millis(150);

/// Lines that follow an import until they are dropped. Nothing is drawn where stderr is no terminal.
pub(super) struct Bars {
    whole: ProgressBar,
    files: ProgressBar,
    ticker: tokio::task::JoinHandle<()>,
}

impl Bars {
    pub(super) fn follow(progress: &Arc<ImportProgress>, env: &Env) -> Self {
        let bars = MultiProgress::new();
        let whole = bars.add(ProgressBar::new(0));
        let files = bars.add(ProgressBar::no_length());
        let wide = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        if let (Ok(style), Ok(line)) =
            (ProgressStyle::with_template(wide), ProgressStyle::with_template("  {wide_msg}"))
        {
            whole.set_style(style);
            files.set_style(line);
        }
        let ticker = env.spawn({
            let (progress, whole, files, env) = (Arc::clone(progress), whole.clone(), files.clone(), env.clone());
            async move {
                loop {
                    draw(&progress, &whole, &files);
                    env.sleep(TICK).await;
                }
            }
        });
        Self { whole, files, ticker }
    }
}

fn draw(progress: &ImportProgress, whole: &ProgressBar, files: &ProgressBar) {
    let view = progress.view();
    whole.set_length(view.bytes_total);
    whole.set_position(view.bytes_done);
    let failed = if view.files_failed > 0 { format!(", {} failed", view.files_failed) } else { String::new() };
    whole.set_message(format!("{} of {} files{failed}, {} rows", view.files_done, view.files_total, view.rows));
    files.set_message(view.current.join("  "));
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.ticker.abort();
        self.whole.finish_and_clear();
        self.files.finish_and_clear();
    }
}
