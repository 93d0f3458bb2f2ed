//! How deep a statement's expressions nest, from its tokens: before a tree is built that could overflow the stack.
//!
//! The parser builds chains such as `a + b + c` in a loop, into a tree as deep as the chain is long, and everything after it
//! walks trees by recursion. Some operators stand for several copies of their operand, so that nesting them doubles the tree
//! each time.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use crate::QueryError;

/// The depth that is allowed, in steps of a chain of AND and OR.
const DEPTH_MAX: usize = 1_000;
/// What a step of another chain counts.
const STEP: usize = 10;
/// What a step counts that the planner rewrites into several copies of its operand.
const COPYING_STEP: usize = 100;
/// Queries that are combined, and joins.
const COMBINED_MAX: usize = 100;

/// What is between two parentheses, or between CASE and END, as far as it was read.
#[derive(Debug, Default)]
struct Level {
    /// The deepest expression that ended here.
    ended: usize,
    /// ANDs and ORs of the current expression.
    logic: usize,
    /// The deepest of their operands that ended.
    logic_operand: usize,
    /// Steps of the current operand.
    operators: usize,
    /// The deepest parentheses within the current operand.
    within: usize,
    /// BETWEENs whose AND is still to come.
    betweens: usize,
    is_case: bool,
    /// What the whole counts more than what is in it.
    cost: usize,
    last_word: LastWord,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LastWord {
    #[default]
    Other,
    Distinct,
    /// A function that the planner rewrites into several copies of its arguments.
    Copying,
}

impl Level {
    fn open(cost: usize) -> Self {
        Self { cost, ..Self::default() }
    }

    fn depth(&self) -> usize {
        self.ended.max(self.logic + self.logic_operand.max(self.operators + self.within))
    }

    fn start_operand(&mut self) {
        self.logic_operand = self.logic_operand.max(self.operators + self.within);
        (self.operators, self.within) = (0, 0);
    }

    fn start_expression(&mut self) {
        self.ended = self.depth();
        (self.logic, self.logic_operand, self.operators, self.within, self.betweens) = (0, 0, 0, 0, 0);
    }
}

/// Checks the depth of a statement.
///
/// # Errors
/// [`QueryError::Invalid`] when it is too deep, with what to do about it.
pub(crate) fn check_depth(tokens: &[TokenWithSpan]) -> Result<(), QueryError> {
    let mut outer: Vec<Level> = Vec::new();
    let mut level = Level::default();
    let mut combined = 0;
    for token in tokens {
        match step(&token.token, &mut level) {
            Step::Within => {}
            Step::Combine => combined += 1,
            Step::Open(inner) => outer.push(std::mem::replace(&mut level, inner)),
            Step::Close => {
                if let Some(parent) = outer.pop() {
                    let closed = std::mem::replace(&mut level, parent);
                    level.within = level.within.max(closed.depth() + closed.cost);
                }
            }
        }
        if level.depth() > DEPTH_MAX {
            let text = "an expression is too deep: use IN instead of many ORs, and fewer operators in a row";
            return Err(QueryError::Invalid(text.to_owned()));
        }
        if combined > COMBINED_MAX {
            return Err(QueryError::Invalid(format!("the statement combines more than {COMBINED_MAX} queries")));
        }
    }
    Ok(())
}

enum Step {
    Within,
    Combine,
    Open(Level),
    Close,
}

fn step(token: &Token, level: &mut Level) -> Step {
    match token {
        Token::Whitespace(_) => return Step::Within,
        Token::Word(word) => return step_word(word, level),
        Token::LParen => {
            let is_copying = level.last_word == LastWord::Copying;
            return Step::Open(Level::open(if is_copying { COPYING_STEP } else { STEP }));
        }
        Token::LBracket | Token::LBrace => {
            level.operators += STEP;
            return Step::Open(Level::open(STEP));
        }
        Token::RParen | Token::RBracket | Token::RBrace => return Step::Close,
        Token::Comma | Token::SemiColon => level.start_expression(),
        _ if is_operand(token) => {}
        _ => level.operators += STEP,
    }
    level.last_word = LastWord::Other;
    Step::Within
}

fn is_operand(token: &Token) -> bool {
    matches!(
        token,
        Token::EOF
            | Token::Number(..)
            | Token::Char(_)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::NationalStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::DollarQuotedString(_)
            | Token::HexStringLiteral(_)
            | Token::Period
            | Token::Placeholder(_)
    )
}

fn step_word(word: &Word, level: &mut Level) -> Step {
    let last = std::mem::replace(&mut level.last_word, kind_of(word));
    match word.keyword {
        // IS DISTINCT FROM starts nothing new.
        Keyword::FROM if last == LastWord::Distinct => {}
        Keyword::AND if level.betweens > 0 => level.betweens -= 1,
        Keyword::AND | Keyword::OR => {
            level.logic += 1;
            level.start_operand();
        }
        Keyword::BETWEEN => {
            level.betweens += 1;
            level.operators += COPYING_STEP;
        }
        Keyword::IN => level.operators += COPYING_STEP,
        Keyword::IS | Keyword::NOT | Keyword::LIKE | Keyword::ILIKE | Keyword::SIMILAR | Keyword::RLIKE => {
            level.operators += STEP;
        }
        Keyword::REGEXP | Keyword::OPERATOR | Keyword::AT | Keyword::COLLATE | Keyword::XOR | Keyword::DIV => {
            level.operators += STEP;
        }
        Keyword::OVERLAPS | Keyword::NOTNULL | Keyword::MEMBER | Keyword::MATCH => level.operators += STEP,
        Keyword::CASE => return Step::Open(Level { is_case: true, ..Level::open(STEP) }),
        Keyword::END if level.is_case => return Step::Close,
        Keyword::WHEN | Keyword::THEN | Keyword::ELSE if level.is_case => level.start_expression(),
        Keyword::SELECT | Keyword::FROM | Keyword::WHERE | Keyword::GROUP | Keyword::HAVING | Keyword::ORDER => {
            level.start_expression();
        }
        Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::MINUS | Keyword::JOIN => {
            level.start_expression();
            return Step::Combine;
        }
        _ => {}
    }
    Step::Within
}

fn kind_of(word: &Word) -> LastWord {
    const COPYING: [&str; 5] = ["coalesce", "nvl", "nvl2", "ifnull", "nullif"];
    match word.keyword {
        Keyword::DISTINCT => LastWord::Distinct,
        _ if COPYING.iter().any(|name| word.value.eq_ignore_ascii_case(name)) => LastWord::Copying,
        _ => LastWord::Other,
    }
}
