//! Folders called `name=value`.

/// What Hive and Spark write where the value is NULL.
const NULL_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";

/// The `name=value` folders of a file's path (separated by `/`; the last part is the file and is not looked at),
/// outermost first, for [`ForeignOptions::path_tags`](super::ForeignOptions::path_tags). Names and values are
/// percent-decoded. `None` is NULL: an empty value, or Hive's own word for it.
///
/// # Errors
/// The name of a folder that cannot be decoded or is there twice, with the reason.
pub fn hive_tags(path: &str) -> Result<Vec<(String, Option<String>)>, String> {
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    let mut tags: Vec<(String, Option<String>)> = Vec::new();
    for folder in folders {
        let Some((name, value)) = folder.split_once('=').filter(|(name, _)| !name.is_empty()) else { continue };
        let decode = |text| percent_decoded(text).ok_or_else(|| format!("folder {folder:?} is not UTF-8 once decoded"));
        let (name, value) = (decode(name)?, decode(value)?);
        if tags.iter().any(|(known, _)| *known == name) {
            return Err(format!("folder {folder:?}: there is another {name:?} above it"));
        }
        let value = Some(value).filter(|value| !value.is_empty() && value != NULL_VALUE);
        tags.push((name, value));
    }
    Ok(tags)
}

/// `%41` as `A`; a sign that no two hexadecimal digits follow stays as it is.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
                bytes.push(digit(*high) << 4 | digit(*low));
                after
            }
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
