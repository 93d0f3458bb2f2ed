//! What a store and the machines beside it charge.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};
use tidewell_storage::Usage;

/// Bytes of the gigabyte that is billed.
pub(crate) const GB_BYTES: f64 = (1_u64 << 30) as f64;

/// Prices in US dollars, each finite and at least 0. The default is S3 Standard in us-east-1.
///
/// As text: a list's name, or `key=value` pairs, or a name and then pairs that differ, separated by commas. Pairs without a
/// name change the default.
///
/// ```
/// # use tidewell_cost::Prices;
/// let own: Prices = "none,storage=0.01".parse().unwrap();
/// assert_eq!((own.write_usd_per_1000, own.storage_usd_per_gb_month), (0.0, 0.01));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Prices {
    /// A thousand PUT, COPY, POST or LIST requests. As text `write`.
    #[serde(deserialize_with = "amount")]
    pub write_usd_per_1000: f64,
    /// A thousand GET or HEAD requests. As text `read`.
    #[serde(deserialize_with = "amount")]
    pub read_usd_per_1000: f64,
    /// A GB (2^30 bytes) sent to the store. As text `upload`.
    #[serde(deserialize_with = "amount")]
    pub upload_usd_per_gb: f64,
    /// A GB read from the store, beside what leaving its region costs. As text `retrieval`.
    #[serde(deserialize_with = "amount")]
    pub retrieval_usd_per_gb: f64,
    /// A GB kept for a month. As text `storage`.
    #[serde(deserialize_with = "amount")]
    pub storage_usd_per_gb_month: f64,
    /// A GB of memory of a function for a second. As text `lambda-gb-second`.
    #[serde(deserialize_with = "amount")]
    pub lambda_gb_second_usd: f64,
    /// A million invocations of a function. As text `lambda-million`.
    #[serde(deserialize_with = "amount")]
    pub lambda_request_usd_per_million: f64,
    /// A GB that leaves the region. As text `transfer-out`.
    #[serde(deserialize_with = "amount")]
    pub transfer_out_usd_per_gb: f64,
}

impl Prices {
    /// S3 Standard in us-east-1, first tier of storage and transfer; Lambda on arm64. List prices from
    /// <https://aws.amazon.com/s3/pricing/> and <https://aws.amazon.com/lambda/pricing/>.
    pub const S3_STANDARD: Self = Self {
        write_usd_per_1000: 0.005,
        read_usd_per_1000: 0.000_4,
        upload_usd_per_gb: 0.0,
        retrieval_usd_per_gb: 0.0,
        storage_usd_per_gb_month: 0.023,
        lambda_gb_second_usd: 0.000_013_333_4,
        lambda_request_usd_per_million: 0.2,
        transfer_out_usd_per_gb: 0.09,
    };

    /// S3 Express One Zone in us-east-1, which also charges for the bytes of requests: <https://aws.amazon.com/s3/faqs/>
    /// has them in an example. Its LIST is priced as a PUT here, as on the price list.
    pub const S3_EXPRESS: Self = Self {
        write_usd_per_1000: 0.001_13,
        read_usd_per_1000: 0.000_03,
        upload_usd_per_gb: 0.003_2,
        retrieval_usd_per_gb: 0.000_6,
        storage_usd_per_gb_month: 0.11,
        ..Self::S3_STANDARD
    };

    /// Nothing costs anything: a store of one's own, such as MinIO or a folder.
    pub const NONE: Self = Self {
        write_usd_per_1000: 0.0,
        read_usd_per_1000: 0.0,
        upload_usd_per_gb: 0.0,
        retrieval_usd_per_gb: 0.0,
        storage_usd_per_gb_month: 0.0,
        lambda_gb_second_usd: 0.0,
        lambda_request_usd_per_million: 0.0,
        transfer_out_usd_per_gb: 0.0,
    };

    /// The lists that have a name.
    pub const NAMED: [(&'static str, Self); 3] =
        [("s3-standard", Self::S3_STANDARD), ("s3-express", Self::S3_EXPRESS), ("none", Self::NONE)];

    /// What these requests and their bytes cost. Deletes are free; storage and what leaves the region are not counted.
    #[must_use]
    pub fn requests_usd(&self, usage: &Usage) -> f64 {
        let writes = (usage.puts + usage.lists + usage.others) as f64;
        let reads = (usage.gets + usage.heads) as f64;
        let requests = (writes * self.write_usd_per_1000 + reads * self.read_usd_per_1000) / 1_000.0;
        let (sent, received) = (usage.bytes_out as f64 / GB_BYTES, usage.bytes_in as f64 / GB_BYTES);
        requests + sent * self.upload_usd_per_gb + received * self.retrieval_usd_per_gb
    }

    /// What a log object costs before any was measured: a PUT and the two GETs of the re-check.
    #[must_use]
    pub fn append_usd(&self) -> f64 {
        self.requests_usd(&Usage { puts: 1, gets: 2, ..Usage::default() })
    }

    /// The keys of the textual form, with what each sets.
    fn keys(&mut self) -> [(&'static str, &mut f64); 8] {
        [
            ("write", &mut self.write_usd_per_1000),
            ("read", &mut self.read_usd_per_1000),
            ("upload", &mut self.upload_usd_per_gb),
            ("retrieval", &mut self.retrieval_usd_per_gb),
            ("storage", &mut self.storage_usd_per_gb_month),
            ("lambda-gb-second", &mut self.lambda_gb_second_usd),
            ("lambda-million", &mut self.lambda_request_usd_per_million),
            ("transfer-out", &mut self.transfer_out_usd_per_gb),
        ]
    }
}

impl Default for Prices {
    fn default() -> Self {
        Self::S3_STANDARD
    }
}

fn is_price(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    match is_price(value) {
        true => Ok(value),
        false => Err(de::Error::custom(format!("a price is dollars of at least 0, and {value} is not"))),
    }
}

/// A text that says no prices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PricesError {
    /// A part that is no pair and no list's name at the beginning.
    #[error("{part:?} is no price: write key=dollars, or begin with one of {}", names())]
    Part {
        /// The part.
        part: String,
    },
    /// A key that there is not.
    #[error("there is no price {key:?}: the keys are {}", keys())]
    Key {
        /// The key.
        key: String,
    },
    /// A key that comes twice.
    #[error("the price {key:?} is there twice: leave out one")]
    Twice {
        /// The key.
        key: String,
    },
    /// A value that is no amount of dollars.
    #[error("the price {key} is {value:?}: give dollars as a number of at least 0, such as 0.005")]
    Value {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
}

fn names() -> String {
    Prices::NAMED.map(|(name, _)| name).join(", ")
}

fn keys() -> String {
    let mut none = Prices::NONE;
    none.keys().map(|(key, _)| key).join(", ")
}

impl FromStr for Prices {
    type Err = PricesError;

    fn from_str(text: &str) -> Result<Self, PricesError> {
        let mut prices = Self::default();
        let mut set: Vec<&str> = Vec::new();
        for (index, part) in text.split(',').map(str::trim).enumerate() {
            let named = Self::NAMED.into_iter().find(|(name, _)| index == 0 && *name == part);
            if let Some((_, list)) = named {
                prices = list;
                continue;
            }
            let (key, value) = part.split_once('=').ok_or_else(|| PricesError::Part { part: part.to_owned() })?;
            let (key, value) = (key.trim(), value.trim());
            let mut keys = prices.keys();
            let place = keys.iter_mut().find(|(known, _)| *known == key);
            let (_, place) = place.ok_or_else(|| PricesError::Key { key: key.to_owned() })?;
            if set.contains(&key) {
                return Err(PricesError::Twice { key: key.to_owned() });
            }
            let wrong = || PricesError::Value { key: key.to_owned(), value: value.to_owned() };
            **place = value.parse().ok().filter(|value| is_price(*value)).ok_or_else(wrong)?;
            set.push(key);
        }
        Ok(prices)
    }
}

impl fmt::Display for Prices {
    /// All prices, in the form that is parsed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut prices = *self;
        for (index, (key, value)) in prices.keys().into_iter().enumerate() {
            write!(f, "{}{key}={value}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
