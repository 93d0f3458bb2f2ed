//! A sealing in one step: what is acknowledged between its listing and its commit is lost.

use std::time::Duration;

use tidewell_maintain::FoldOutcome;
use tidewell_manifest::{Author, GenerationChange, Intent};
use tidewell_types::GenerationState;

use crate::host::Host;
use crate::pinned::ReadError;
use crate::verdict::Explain as _;

pub(super) async fn seal(host: &Host) -> Result<(), ReadError> {
    let state = host.manifest.catch_up().await?;
    let newest = state.open_generation();
    let open = |entry: &tidewell_manifest::GenerationEntry| entry.state == GenerationState::Open;
    let oldest = state.generations.iter().find(|(generation, entry)| **generation < newest && open(entry));
    let Some((generation, _)) = oldest else { return Ok(()) };
    let folded = host.folder.fold().await?;
    if folded.outcome == FoldOutcome::Elsewhere {
        return Ok(());
    }
    host.env.sleep(Duration::from_millis(200)).await;
    let state = host.manifest.catch_up().await?;
    let watermarks = host.manifest.write_watermarks(&state, *generation).await?;
    let change =
        GenerationChange { generation: *generation, state: GenerationState::Sealed, watermarks: Some(watermarks) };
    let author = Author { generation: state.open_generation(), writer: host.writer };
    let intent = Intent { generations: vec![change], ..Intent::new(author) };
    if let Err(error) = host.manifest.commit(move |_| Ok(Some(intent.clone()))).await {
        error.explain(&host.process, "mistake");
    }
    Ok(())
}
