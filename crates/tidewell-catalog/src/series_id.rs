//! The id of a series as one text.

/// The text of a series: the value where one column is the id, or else `column=value` pairs joined by commas, without the
/// columns that are NULL. In pairs `,`, `=` and `\` have a `\` before them, so two series never share a text.
pub(crate) fn print(columns: &[String], values: &[Option<&str>]) -> String {
    if let ([_], [value]) = (columns, values) {
        return value.unwrap_or_default().to_owned();
    }
    let mut text = String::new();
    for (column, value) in columns.iter().zip(values) {
        let Some(value) = value else { continue };
        if !text.is_empty() {
            text.push(',');
        }
        escape(&mut text, column);
        text.push('=');
        escape(&mut text, value);
    }
    text
}

fn escape(to: &mut String, text: &str) {
    for character in text.chars() {
        if matches!(character, ',' | '=' | '\\') {
            to.push('\\');
        }
        to.push(character);
    }
}

/// The parts of a text that are values, each with the place where it begins: what is searched.
pub(crate) fn values(text: &str, is_composite: bool) -> Vec<(usize, &str)> {
    if !is_composite {
        return vec![(0, text)];
    }
    let mut values = Vec::new();
    let mut from = None;
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '=' => from = from.or(Some(at + 1)),
            ',' => values.extend(from.take().and_then(|from| Some((from, text.get(from..at)?)))),
            _ => {}
        }
    }
    values.extend(from.and_then(|from| Some((from, text.get(from..)?))));
    values
}

#[cfg(test)]
mod tests;
