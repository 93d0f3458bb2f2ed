//! The tail for whoever seals a generation: with the entries that readers must not see yet.

use std::sync::Arc;

use tidewell_storage::Listed;
use tidewell_types::{Generation, GenerationState, Seq, Source, TokenId, Watermarks};

use super::{Tail, refresh};
use crate::error::WalError;

/// As [`refresh`], with the entries of generations that are being sealed, for a fold and for nobody else: `tail.buffer` must
/// not be one that answers queries.
///
/// A reader may not see such an entry: the generation may yet be sealed without it, and what was shown once must not go away
/// again. Folding it is another matter, since the fold's commit decides: before the commit that seals the generation it
/// makes the entry count for ever, after it the fold is refused.
///
/// Called after the commit that made a generation `sealing` was seen, the answer is all that the generation must keep. An
/// entry is acknowledged when its writer, with the object in the store, still finds the generation open; so the object was
/// there before that commit, and the listing begins after it. An object that comes later is not acknowledged for being there:
/// its writer waits for the end of the sealing and looks at where its stream ends.
///
/// # Errors
/// As [`refresh`].
pub async fn refresh_sealing<S, E, F, C>(tail: &Tail<'_>, mut catch_up: F) -> Result<(Arc<S>, Vec<Listed>), E>
where
    S: Watermarks,
    E: From<WalError>,
    F: FnMut() -> C,
    C: Future<Output = Result<Arc<S>, E>>,
{
    let catch_up = move || {
        let view = catch_up();
        async move { Ok::<_, E>(Arc::new(SealingAsOpen(view.await?))) }
    };
    let (view, listed) = refresh(tail, catch_up).await?;
    Ok((Arc::clone(&view.0), listed))
}

/// A view to which a generation is open until it is sealed.
struct SealingAsOpen<S>(Arc<S>);

impl<S: Watermarks> Watermarks for SealingAsOpen<S> {
    fn applied(&self, source: &Source) -> Seq {
        self.0.applied(source)
    }

    fn generation(&self, generation: Generation) -> GenerationState {
        match self.0.generation(generation) {
            GenerationState::Sealing => GenerationState::Open,
            state => state,
        }
    }

    fn has_token(&self, token: &TokenId) -> bool {
        self.0.has_token(token)
    }
}
