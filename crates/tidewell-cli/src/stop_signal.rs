//! SIGTERM and SIGINT: the first asks to stop, the second does not ask.

use tidewell_env::Env;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::failure::Failure;

/// The wish to stop, once it comes.
#[derive(Debug)]
pub(crate) struct StopSignal(oneshot::Receiver<()>);

impl StopSignal {
    /// Takes over both signals for the rest of the process: from now on the first resolves [`StopSignal::received`] and
    /// the second ends the process with 128 + its number, as a shell reports it.
    ///
    /// # Errors
    /// [`Failure`] when the system does not let us listen.
    pub(crate) fn listen(env: &Env) -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::work(format!("cannot listen for signals: {error}")));
        let mut terminate = listen(SignalKind::terminate())?;
        let mut interrupt = listen(SignalKind::interrupt())?;
        let (sender, receiver) = oneshot::channel();
        env.spawn(async move {
            let first = either(&mut terminate, &mut interrupt).await;
            tracing::info!(signal = first - 128, "stopping: draining and folding; a second signal stops at once");
            // Nobody listens any more once the server has stopped by itself.
            let _ = sender.send(());
            let code = either(&mut terminate, &mut interrupt).await;
            std::process::exit(code);
        });
        Ok(Self(receiver))
    }

    /// Resolves at the first signal.
    pub(crate) async fn received(self) {
        // The sender goes only with the runtime, and then it is time to stop as well.
        let _ = self.0.await;
    }
}

/// The exit code of whichever comes first.
async fn either(terminate: &mut Signal, interrupt: &mut Signal) -> i32 {
    tokio::select! {
        _ = terminate.recv() => 143,
        _ = interrupt.recv() => 130,
    }
}
