//! The tree that a condition is parsed into.

use regex_lite::Regex;

use crate::dot::Span;

#[derive(Clone, Debug)]
pub(super) enum Expr {
    /// Every part holds; no part at all holds too.
    All(Vec<Expr>),
    /// Some part holds.
    Any(Vec<Expr>),
    /// The part doesn't hold.
    Not(Box<Expr>),
    /// The value is neither empty nor `false`.
    Truthy(String),
    /// The value compares with a literal.
    Compare {
        key: String,
        operator: Operator,
        literal: String,
        span: Span,
    },
    /// The value matches a pattern.
    Matches { key: String, pattern: Regex },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

impl Expr {
    pub(super) fn collect_keys<'a>(&'a self, keys: &mut Vec<&'a str>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.collect_keys(keys));
            }
            Self::Not(part) => part.collect_keys(keys),
            Self::Truthy(key) | Self::Compare { key, .. } | Self::Matches { key, .. } => {
                if !keys.contains(&key.as_str()) {
                    keys.push(key);
                }
            }
        }
    }

    /// What `outcome` is compared with for equality, and where that is written, in order.
    pub(super) fn outcome_words(&self) -> Vec<(&str, Span)> {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().flat_map(Self::outcome_words).collect()
            }
            Self::Not(part) => part.outcome_words(),
            Self::Compare {
                key,
                operator: Operator::Equal | Operator::NotEqual,
                literal,
                span,
            } if key == "outcome" => {
                vec![(literal, *span)]
            }
            _ => Vec::new(),
        }
    }
}
