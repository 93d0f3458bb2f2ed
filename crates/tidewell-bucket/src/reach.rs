//! Which objects a rule of a bucket is about.

#[cfg(test)]
mod tests;

use aws_sdk_s3::types::{LifecycleRule, ReplicationRule, Tag};

use crate::ground::{Ground, Overlap};

/// What of Tidewell's a rule acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    /// Nothing.
    Nothing,
    /// Only objects with a tag, and ours have none.
    Tagged,
    /// Some objects.
    Part,
    /// All of them.
    Whole,
}

/// The filter of a rule: an object must meet all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Reach<'a> {
    /// What its key begins with.
    pub(crate) prefix: &'a str,
    tags: usize,
    /// The first tag's name, for people.
    tag: &'a str,
    /// In bytes, exclusive.
    size_above: Option<i64>,
    /// In bytes, exclusive.
    size_below: Option<i64>,
}

impl<'a> Reach<'a> {
    /// Of a lifecycle rule, in today's form or the older one with a bare prefix.
    #[allow(deprecated, reason = "S3 still returns rules of the older form as they were put")]
    pub(crate) fn of_lifecycle(rule: &'a LifecycleRule) -> Self {
        let Some(filter) = rule.filter() else {
            return Self { prefix: rule.prefix().unwrap_or_default(), ..Self::default() };
        };
        let single = Self {
            prefix: filter.prefix().unwrap_or_default(),
            size_above: filter.object_size_greater_than(),
            size_below: filter.object_size_less_than(),
            ..Self::default()
        };
        let Some(and) = filter.and() else { return single.with_tags(filter.tag().as_slice()) };
        let both = Self {
            prefix: and.prefix().or(filter.prefix()).unwrap_or_default(),
            size_above: and.object_size_greater_than().or(single.size_above),
            size_below: and.object_size_less_than().or(single.size_below),
            ..Self::default()
        };
        both.with_tags(&and.tags().iter().collect::<Vec<_>>())
    }

    /// Of a replication rule, in either form.
    #[allow(deprecated, reason = "S3 still returns rules of the older form as they were put")]
    pub(crate) fn of_replication(rule: &'a ReplicationRule) -> Self {
        let Some(filter) = rule.filter() else {
            return Self { prefix: rule.prefix().unwrap_or_default(), ..Self::default() };
        };
        let single = Self { prefix: filter.prefix().unwrap_or_default(), ..Self::default() };
        match filter.and() {
            None => single.with_tags(filter.tag().as_slice()),
            Some(and) => {
                let both = Self { prefix: and.prefix().unwrap_or(single.prefix), ..single };
                both.with_tags(&and.tags().iter().collect::<Vec<_>>())
            }
        }
    }

    fn with_tags(self, tags: &[&'a Tag]) -> Self {
        Self { tags: tags.len(), tag: tags.first().map(|tag| tag.key()).unwrap_or_default(), ..self }
    }

    /// The name of the first tag that it asks for.
    pub(crate) fn tag(&self) -> &str {
        self.tag
    }

    /// Whether it may act on objects whose key begins with `prefix`, be they tagged or not.
    pub(crate) fn meets(&self, prefix: &str) -> bool {
        self.has_sizes() && (prefix.starts_with(self.prefix) || self.prefix.starts_with(prefix))
    }

    /// What of the store it acts on. Our objects are of any size and have no tags.
    pub(crate) fn touch(&self, ground: &Ground) -> Touch {
        let overlap = ground.overlap(self.prefix);
        if overlap == Overlap::None || !self.has_sizes() {
            return Touch::Nothing;
        }
        let by_size = self.size_above.is_some() || self.size_below.is_some();
        match overlap {
            _ if self.tags > 0 => Touch::Tagged,
            Overlap::Whole if !by_size => Touch::Whole,
            _ => Touch::Part,
        }
    }

    /// Whether there is a size that fits.
    fn has_sizes(&self) -> bool {
        let least = self.size_above.map_or(0, |size| size.saturating_add(1));
        self.size_below.is_none_or(|below| least < below)
    }

    /// For people: which keys.
    pub(crate) fn shown(&self) -> String {
        if self.prefix.is_empty() { "every object".to_owned() } else { format!("{}*", self.prefix) }
    }
}
