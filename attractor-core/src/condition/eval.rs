//! Evaluating a condition. Pure; where a key is unknown the answer may be, too.

use serde_json::Value;

use super::expr::{Expr, Operator};

/// Answers `None` for a key nothing is known about, `Some(None)` for one that is missing.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<Option<String>>;

pub(super) fn eval(expr: &Expr, lookup: Lookup<'_>) -> Option<bool> {
    match expr {
        Expr::All(parts) => settle(parts, lookup, false),
        Expr::Any(parts) => settle(parts, lookup, true),
        Expr::Not(part) => eval(part, lookup).map(|holds| !holds),
        Expr::Truthy(key) => {
            resolve(key, lookup).map(|value| !value.is_empty() && value != "false")
        }
        Expr::Compare {
            key,
            operator,
            literal,
            ..
        } => resolve(key, lookup).map(|value| compare(&value, *operator, literal)),
        Expr::Matches { key, pattern } => {
            resolve(key, lookup).map(|value| pattern.is_match(&value))
        }
    }
}

/// The first part that is `decisive` settles it; otherwise an unknown part leaves it open.
fn settle(parts: &[Expr], lookup: Lookup<'_>, decisive: bool) -> Option<bool> {
    let mut open = false;
    for part in parts {
        match eval(part, lookup) {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => open = true,
        }
    }
    (!open).then_some(!decisive)
}

fn resolve(key: &str, lookup: Lookup<'_>) -> Option<String> {
    let value = lookup(key)?;
    let value = match (value, key.strip_prefix("context.")) {
        (None, Some(bare)) => lookup(bare)?,
        (value, _) => value,
    };
    Some(value.unwrap_or_default())
}

fn compare(value: &str, operator: Operator, literal: &str) -> bool {
    let order = || match (value.trim().parse::<f64>(), literal.trim().parse::<f64>()) {
        (Ok(left), Ok(right)) => left.partial_cmp(&right),
        _ => Some(value.cmp(literal)),
    };
    match operator {
        Operator::Equal => value == literal,
        Operator::NotEqual => value != literal,
        Operator::Less => order().is_some_and(|order| order.is_lt()),
        Operator::LessOrEqual => order().is_some_and(|order| order.is_le()),
        Operator::Greater => order().is_some_and(|order| order.is_gt()),
        Operator::GreaterOrEqual => order().is_some_and(|order| order.is_ge()),
        Operator::Contains => contains(value, literal),
    }
}

fn contains(value: &str, literal: &str) -> bool {
    let list = value
        .trim_start()
        .starts_with('[')
        .then(|| serde_json::from_str(value));
    match list {
        Some(Ok(Value::Array(items))) => items.iter().any(|item| match item {
            Value::String(text) => text == literal,
            other => {
                let text = other.to_string();
                text == literal
            }
        }),
        _ => value.contains(literal),
    }
}
