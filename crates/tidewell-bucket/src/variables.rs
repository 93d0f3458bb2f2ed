//! The standard AWS variables, read as `tidewell-storage` reads them: both must reach the same bucket.

#[cfg(test)]
mod tests;

const REGION_DEFAULT: &str = "us-east-1";

/// The AWS variables; empty ones count as unset, as in the AWS tools.
#[derive(Clone)]
pub(crate) struct Variables(Vec<(String, String)>);

impl Variables {
    /// Those of this process.
    pub(crate) fn of_process() -> Self {
        let texts = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("AWS_"));
        Self(texts.collect())
    }

    /// Given ones, in the place of the process's.
    pub(crate) fn given(variables: &[(String, String)]) -> Self {
        Self(variables.to_vec())
    }

    /// The text of a variable, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Whether a variable is switched on.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// The server, where it is not AWS itself: that of S3 before that of all services.
    pub(crate) fn endpoint(&self) -> Option<&str> {
        if self.is_set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            return None;
        }
        ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"].iter().find_map(|name| self.get(name))
    }

    /// The region; us-east-1 where none is named.
    pub(crate) fn region(&self) -> &str {
        self.get("AWS_REGION").or_else(|| self.get("AWS_DEFAULT_REGION")).unwrap_or(REGION_DEFAULT)
    }

    /// The key and the secret, where both are given.
    pub(crate) fn key(&self) -> Option<(&str, &str)> {
        Some((self.get("AWS_ACCESS_KEY_ID")?, self.get("AWS_SECRET_ACCESS_KEY")?))
    }
}
