//! Texts as words: what is indexed, and what is searched for.

/// The longest word, in characters; what is longer is cut.
const WORD_CHARS_MAX: usize = 48;
/// Most parts that a run of letters and digits is split into; one with more (a hash, a UUID) stays whole.
const NUMBERED_PARTS_MAX: usize = 3;
const CAMEL_PARTS_MAX: usize = 6;

/// A word, and where it stands in its text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Digit,
    Upper,
    Letter,
}

fn class(character: char) -> Option<Class> {
    if character.is_numeric() {
        Some(Class::Digit)
    } else if character.is_uppercase() {
        Some(Class::Upper)
    } else {
        character.is_alphanumeric().then_some(Class::Letter)
    }
}

/// The words of a text, in its order: runs of letters and digits, in lower case, split where letters and digits meet and
/// where a capital begins; numbers without the zeros before them.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut run: Vec<(usize, char, Class)> = Vec::new();
    for (at, character) in text.char_indices() {
        match class(character) {
            Some(class) => run.push((at, character, class)),
            // A mark on the letter before it.
            None if is_mark(character) && !run.is_empty() => {}
            None => split(&run, &mut found, at),
        }
        if class(character).is_none() && !is_mark(character) {
            run.clear();
        }
    }
    split(&run, &mut found, text.len());
    found
}

/// The words of a text as it is indexed: besides [`words`], runs of letters that capitals split, as one (`tempSensor` as
/// `tempsensor`).
pub(crate) fn indexed(text: &str) -> Vec<Word> {
    let mut found = words(text);
    let mut joined: Vec<Word> = Vec::new();
    let mut run: Option<Word> = None;
    let is_number = |word: &Word| word.text.chars().all(char::is_numeric);
    for word in &found {
        let goes_on = run.as_ref().is_some_and(|run| run.end == word.start && !is_number(run)) && !is_number(word);
        match &mut run {
            Some(run) if goes_on => {
                run.text.push_str(&word.text);
                run.end = word.end;
            }
            run => joined.extend(run.replace(word.clone())),
        }
    }
    joined.extend(run);
    joined.retain(|join| !found.contains(join) && !is_number(join));
    for join in &mut joined {
        join.text = join.text.chars().take(WORD_CHARS_MAX).collect();
    }
    found.extend(joined);
    found
}

fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
}

fn split(run: &[(usize, char, Class)], found: &mut Vec<Word>, end: usize) {
    if run.is_empty() {
        return;
    }
    let mut cuts = vec![0];
    let mut has_digits = false;
    for (at, pair) in run.windows(2).enumerate() {
        let [(_, _, before), (_, _, after)] = pair else { continue };
        has_digits |= *before == Class::Digit || *after == Class::Digit;
        let is_number_edge = (*before == Class::Digit) != (*after == Class::Digit);
        let is_camel = *before == Class::Letter && *after == Class::Upper;
        // `HTTPServer`: the last capital belongs to the word after it.
        let is_acronym_end = *before == Class::Upper
            && *after == Class::Upper
            && run.get(at + 2).is_some_and(|(_, _, class)| *class == Class::Letter);
        if is_number_edge || is_camel || is_acronym_end {
            cuts.push(at + 1);
        }
    }
    let parts_max = if has_digits { NUMBERED_PARTS_MAX } else { CAMEL_PARTS_MAX };
    if cuts.len() > parts_max {
        cuts.truncate(1);
    }
    let mut starts = cuts.iter().copied().peekable();
    while let Some(from) = starts.next() {
        let to = starts.peek().copied().unwrap_or(run.len());
        let part = run.get(from..to).unwrap_or_default();
        let Some((start, _, _)) = part.first() else { continue };
        let end = run.get(to).map_or(end, |(at, _, _)| *at);
        found.push(Word { text: normal(part), start: *start, end });
    }
}

fn normal(part: &[(usize, char, Class)]) -> String {
    let is_number = part.iter().all(|(_, _, class)| *class == Class::Digit);
    let lower = part.iter().flat_map(|(_, character, _)| character.to_lowercase());
    // İ becomes i and a mark.
    let word: String = lower.filter(|character| !is_mark(*character)).take(WORD_CHARS_MAX).collect();
    if is_number {
        let digits = word.trim_start_matches('0');
        return if digits.is_empty() { "0".to_owned() } else { digits.to_owned() };
    }
    word
}

/// A text as it is compared whole: lower case, nothing around it.
pub(crate) fn whole(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests;
