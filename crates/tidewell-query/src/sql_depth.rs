//! How deep a statement's expressions nest, from its tokens: before a tree is built that could overflow the stack.
//!
//! The parser builds chains such as `a + b + c` in a loop, into a tree as deep as the chain is long, and everything after it
//! walks trees by recursion.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::QueryError;

/// The depth that is allowed, in steps of a chain of AND and OR.
const DEPTH_MAX: usize = 1_000;
/// What a step of any other chain counts.
const OPERATOR_DEPTH: usize = 10;
/// Queries that are combined, and joins.
const COMBINED_MAX: usize = 100;

/// The expression between two parentheses, or between CASE and END, as far as it was read.
#[derive(Debug, Default)]
struct Level {
    logic: usize,
    operators: usize,
    /// BETWEENs whose AND is still to come.
    betweens: usize,
    /// Whether the last word was DISTINCT, whose FROM (`IS DISTINCT FROM`) starts nothing new.
    is_distinct: bool,
    is_case: bool,
}

/// Checks the depth of a statement.
///
/// # Errors
/// [`QueryError::Invalid`] when it is too deep, with what to do about it.
pub(crate) fn check_depth(tokens: &[TokenWithSpan]) -> Result<(), QueryError> {
    let mut levels = vec![Level::default()];
    // Of all levels but the innermost.
    let mut outer = 0;
    let mut combined = 0;
    for token in tokens {
        let Some(level) = levels.last_mut() else { return Ok(()) };
        match step(&token.token, level) {
            Step::Nothing => {}
            Step::Combine => combined += 1,
            Step::Open(inner) => {
                outer += depth(level);
                levels.push(inner);
            }
            Step::Close if levels.len() > 1 => {
                levels.pop();
                outer -= levels.last().map_or(0, depth);
            }
            Step::Close => {}
        }
        if outer + levels.last().map_or(0, depth) > DEPTH_MAX {
            let text =
                "an expression of the statement is too deep: use IN instead of many ORs, or fewer operators in a row";
            return Err(QueryError::Invalid(text.to_owned()));
        }
        if combined > COMBINED_MAX {
            return Err(QueryError::Invalid(format!(
                "the statement joins or combines more than {COMBINED_MAX} queries"
            )));
        }
    }
    Ok(())
}

fn depth(level: &Level) -> usize {
    level.logic + level.operators * OPERATOR_DEPTH
}

enum Step {
    Nothing,
    Combine,
    Open(Level),
    Close,
}

fn step(token: &Token, level: &mut Level) -> Step {
    match token {
        Token::Word(word) => return step_word(word.keyword, level),
        Token::LParen => return Step::Open(Level::default()),
        Token::LBracket | Token::LBrace => {
            level.operators += 1;
            return Step::Open(Level::default());
        }
        Token::RParen | Token::RBracket | Token::RBrace => return Step::Close,
        Token::Comma | Token::SemiColon => *level = Level { is_case: level.is_case, ..Level::default() },
        _ if is_operand(token) => {}
        _ => level.operators += 1,
    }
    Step::Nothing
}

fn is_operand(token: &Token) -> bool {
    matches!(
        token,
        Token::EOF
            | Token::Whitespace(_)
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

fn step_word(keyword: Keyword, level: &mut Level) -> Step {
    let is_distinct = std::mem::replace(&mut level.is_distinct, keyword == Keyword::DISTINCT);
    match keyword {
        Keyword::FROM if is_distinct => {}
        Keyword::AND if level.betweens > 0 => level.betweens -= 1,
        Keyword::AND | Keyword::OR => {
            level.logic += 1;
            level.operators = 0;
        }
        Keyword::BETWEEN => {
            level.betweens += 1;
            level.operators += 1;
        }
        Keyword::IS | Keyword::IN | Keyword::LIKE | Keyword::ILIKE | Keyword::SIMILAR | Keyword::RLIKE => {
            level.operators += 1;
        }
        Keyword::REGEXP
        | Keyword::OPERATOR
        | Keyword::AT
        | Keyword::COLLATE
        | Keyword::XOR
        | Keyword::DIV
        | Keyword::OVERLAPS => {
            level.operators += 1;
        }
        Keyword::NOTNULL | Keyword::MEMBER | Keyword::NOT => level.operators += 1,
        Keyword::CASE => return Step::Open(Level { is_case: true, ..Level::default() }),
        Keyword::END if level.is_case => return Step::Close,
        Keyword::WHEN | Keyword::THEN | Keyword::ELSE if level.is_case => {
            *level = Level { is_case: true, ..Level::default() }
        }
        Keyword::SELECT | Keyword::FROM | Keyword::WHERE | Keyword::GROUP | Keyword::HAVING | Keyword::ORDER => {
            *level = Level { is_case: level.is_case, ..Level::default() };
        }
        Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::MINUS | Keyword::JOIN => {
            *level = Level { is_case: level.is_case, ..Level::default() };
            return Step::Combine;
        }
        _ => {}
    }
    Step::Nothing
}
