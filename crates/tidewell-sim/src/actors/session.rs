//! Reads that name a write: they see it, whatever else they see.

use std::sync::Arc;

use super::pause;
use super::reader::{Asked, judge};
use crate::dice::Dice;
use crate::host::Host;
use crate::oracle::Reader;
use crate::pinned::{ReadError, take, take_session};
use crate::verdict::Explain as _;

/// Writes among which one is chosen, newest first.
const RECENT: usize = 12;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    let mut reader = Reader::new(host.who(), host.ingest.is_some());
    // A process that never was up to date begins with a strong read, as queries do.
    let mut is_fresh = false;
    while host.is_storm() {
        pause(&host, &mut dice).await;
        if !is_fresh {
            match take(&host).await {
                Ok(_) => is_fresh = true,
                Err(error) => error.explain(&host.process, "first read"),
            }
            continue;
        }
        let recent = host.world().oracle.lock().recent(RECENT);
        let Some((number, source, seq)) = dice.pick(&recent) else { continue };
        let started = host.world().now();
        let seen = async {
            let pinned = take_session(&host, source, seq).await?;
            let view = pinned.read(&host).await?;
            Ok::<_, ReadError>((pinned, view))
        };
        match seen.await {
            Ok((pinned, view)) => {
                let asked = Asked { session: Some(number), span: (started, host.world().now()) };
                judge(&host, &mut reader, &pinned, &view, asked);
            }
            Err(error) if error.is_collected() => {
                if let Err(error) = host.manifest.reload().await {
                    error.explain(&host.process, "reload");
                }
            }
            Err(error) => error.explain(&host.process, "session read"),
        }
    }
}
