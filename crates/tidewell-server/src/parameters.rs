//! The parameters of a request, from its URL or from a form in its body.

/// The database of requests that name none.
pub(crate) const DEFAULT_DATABASE: &str = "default";

/// Names and values, in the order of the request.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads `a=1&b=2`; escapes that are none are kept as they are.
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(serde_urlencoded::from_bytes(text).unwrap_or_default())
    }

    /// Of a URL's query.
    pub(crate) fn of_url(query: Option<&str>) -> Self {
        Self::parse(query.unwrap_or_default().as_bytes())
    }

    /// These, and after them those that only `other` has.
    pub(crate) fn or(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The first value of `name` that is not empty: clients send `db=` and `rp=` and mean nothing by it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Adds a value in front of the others.
    pub(crate) fn put_first(&mut self, name: &str, value: String) {
        self.0.insert(0, (name.to_owned(), value));
    }

    /// A switch: `true`, `t`, `1`, `yes` and `on` in any case; everything else is off.
    pub(crate) fn is_on(&self, name: &str) -> Option<bool> {
        let value = self.get(name)?;
        Some(["true", "t", "1", "yes", "on"].iter().any(|word| value.eq_ignore_ascii_case(word)))
    }
}

#[cfg(test)]
mod tests;
