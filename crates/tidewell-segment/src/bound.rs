//! Short lower and upper bounds of texts.

/// The longest value that statistics keep, in UTF-8 bytes.
pub(crate) const BOUND_BYTES_MAX: usize = 64;

/// A text of at most 64 bytes that is not above `value`: `value` itself or its beginning.
pub(crate) fn lower_bound(value: &str) -> &str {
    &value[..value.floor_char_boundary(BOUND_BYTES_MAX)]
}

/// A text of at most 64 bytes that is not below `value`: `value` itself, or its beginning with a character raised; `None`
/// where no character can be raised.
pub(crate) fn upper_bound(value: &str) -> Option<String> {
    let start = lower_bound(value);
    if start.len() == value.len() {
        return Some(value.to_owned());
    }
    let mut bound = start.to_owned();
    while let Some(last) = bound.pop() {
        // The next character may be a byte longer; then an earlier one is raised instead.
        let raised = (last..=char::MAX).nth(1).filter(|next| bound.len() + next.len_utf8() <= BOUND_BYTES_MAX);
        if let Some(next) = raised {
            bound.push(next);
            return Some(bound);
        }
    }
    None
}

#[cfg(test)]
mod tests;
