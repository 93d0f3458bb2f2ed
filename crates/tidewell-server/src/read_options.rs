//! How fresh an answer a request asks for: `consistency`, `after` and `snapshot`.

use tidewell_engine::ReadOptions;

use crate::parameters::Parameters;
use crate::reply::Failure;

/// `consistency=strong|session|bounded:<ms>`, `after=<token of a write>`, `snapshot=<name>`.
pub(crate) fn read_options(parameters: &Parameters) -> Result<ReadOptions, Failure> {
    let consistency = parameters.get("consistency").map(str::parse);
    Ok(ReadOptions {
        consistency: consistency.transpose().map_err(|error| Failure::invalid(format!("{error}")))?,
        after: parameters.get("after").map(str::to_owned),
        snapshot: parameters.get("snapshot").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests;
