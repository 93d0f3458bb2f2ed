//! Opens and seals generations.

use std::sync::Arc;

use super::long_pause;
use crate::dice::Dice;
use crate::host::Host;
use crate::verdict::Explain as _;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    while host.is_storm() {
        long_pause(&host, &mut dice, 3).await;
        match host.process.during(host.sealer.run()).await {
            Ok(summary) => {
                if summary.opened.is_some() || !summary.sealed.is_empty() {
                    let (name, opened, sealed) = (host.name(), summary.opened, &summary.sealed);
                    host.world().event(format_args!("{name}: opened {opened:?}, sealed {sealed:?}"));
                }
                host.check_state();
            }
            Err(error) => error.explain(&host.process, "sealing"),
        }
    }
}
