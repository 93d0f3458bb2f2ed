//! What requests cost on S3.

use crate::meter::Usage;

/// Dollars for one PUT, COPY, POST or LIST: $0.005 per 1,000.
const WRITE_USD: f64 = 0.005 / 1_000.0;
/// Dollars for one GET or HEAD: $0.0004 per 1,000.
const READ_USD: f64 = 0.000_4 / 1_000.0;

impl Usage {
    /// What these requests cost in US dollars on S3 Standard in us-east-1. Deletes are free; storage and transfer are not
    /// counted. List prices from <https://aws.amazon.com/s3/pricing/>.
    #[must_use]
    pub fn price_usd(&self) -> f64 {
        let writes = self.puts + self.lists + self.others;
        let reads = self.gets + self.heads;
        writes as f64 * WRITE_USD + reads as f64 * READ_USD
    }
}
