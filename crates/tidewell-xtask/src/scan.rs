//! Splits Rust text into code and string literals, so that checks never trip over a comment or a text.

/// One string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// The line it begins on, counted from 1.
    pub(crate) line: usize,
    /// What stands between its quotes, escapes as written.
    pub(crate) text: String,
}

/// Rust text taken apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scan {
    /// The text with comments and the insides of literals blanked; lines and columns keep their places.
    pub(crate) code: String,
    /// The string literals, in order.
    pub(crate) literals: Vec<Literal>,
}

/// Takes Rust text apart; text that is not Rust gives some answer, never a panic.
pub(crate) fn scan(text: &str) -> Scan {
    let mut scanner = Scanner { text, at: 0, line: 1, code: Vec::with_capacity(text.len()), literals: Vec::new() };
    while let Some(byte) = scanner.peek(0) {
        match byte {
            b'/' if scanner.peek(1) == Some(b'/') => scanner.line_comment(),
            b'/' if scanner.peek(1) == Some(b'*') => scanner.block_comment(),
            b'"' => scanner.string(),
            b'r' => scanner.raw_string_or_word(),
            b'\'' => scanner.char_or_lifetime(),
            _ => scanner.keep(1),
        }
    }
    Scan { code: String::from_utf8_lossy(&scanner.code).into_owned(), literals: scanner.literals }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    code: Vec<u8>,
    literals: Vec<Literal>,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn starts_with(&self, what: &str) -> bool {
        self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(what.as_bytes()))
    }

    fn keep(&mut self, count: usize) {
        self.take(count, false);
    }

    fn blank(&mut self, count: usize) {
        self.take(count, true);
    }

    fn take(&mut self, count: usize, blank: bool) {
        for _ in 0..count {
            let Some(byte) = self.peek(0) else { return };
            self.line += usize::from(byte == b'\n');
            self.code.push(if blank && byte != b'\n' { b' ' } else { byte });
            self.at += 1;
        }
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|byte| byte != b'\n') {
            self.blank(1);
        }
    }

    /// Block comments nest.
    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.peek(0).is_some() {
            if self.starts_with("/*") {
                depth += 1;
                self.blank(2);
            } else if self.starts_with("*/") {
                depth -= 1;
                self.blank(2);
                if depth == 0 {
                    return;
                }
            } else {
                self.blank(1);
            }
        }
    }

    fn string(&mut self) {
        self.keep(1);
        let (line, start) = (self.line, self.at);
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.blank(2),
                b'"' => break,
                _ => self.blank(1),
            }
        }
        self.finish_literal(line, start);
        self.keep(1);
    }

    fn raw_string_or_word(&mut self) {
        let hashes = (1..).take_while(|ahead| self.peek(*ahead) == Some(b'#')).count();
        if self.peek(1 + hashes) != Some(b'"') || self.is_inside_word() {
            self.keep(1);
            return;
        }
        self.keep(hashes + 2);
        let end = format!("\"{}", "#".repeat(hashes));
        let (line, start) = (self.line, self.at);
        while self.peek(0).is_some() && !self.starts_with(&end) {
            self.blank(1);
        }
        self.finish_literal(line, start);
        self.keep(end.len());
    }

    /// Whether the byte before belongs to a longer word, other than the `b` or `c` of a literal.
    fn is_inside_word(&self) -> bool {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let before = self.text.as_bytes().get(..self.at).unwrap_or_default();
        match before {
            [.., first, b'b' | b'c'] => is_word(first),
            [b'b' | b'c'] | [] => false,
            [.., last] => is_word(last),
        }
    }

    fn finish_literal(&mut self, line: usize, start: usize) {
        let text = self.text.as_bytes().get(start..self.at).unwrap_or_default();
        self.literals.push(Literal { line, text: String::from_utf8_lossy(text).into_owned() });
    }

    fn char_or_lifetime(&mut self) {
        self.keep(1);
        if self.peek(0) == Some(b'\\') {
            self.blank(2);
            while self.peek(0).is_some_and(|byte| byte != b'\'' && byte != b'\n') {
                self.blank(1);
            }
            self.keep(1);
            return;
        }
        let width = self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        if width > 0 && self.peek(width) == Some(b'\'') {
            self.blank(width);
            self.keep(1);
        }
    }
}

#[cfg(test)]
mod tests;
