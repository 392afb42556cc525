//! How much to reason, in the words and numbers of models; pure.

#[cfg(any(feature = "gemini", feature = "openai"))]
use crate::catalog::ModelInfo;

/// The levels of reasoning, least first.
#[cfg(any(feature = "gemini", feature = "openai"))]
const LEVELS: &[&str] = &["minimal", "low", "medium", "high", "xhigh", "max"];

/// The level that a model has and that is nearest to one it hasn't got; `None` for a word that is
/// no level, and for a model without levels.
#[cfg(any(feature = "gemini", feature = "openai"))]
pub(crate) fn nearest(info: &ModelInfo, wanted: &str) -> Option<&'static str> {
    let place = LEVELS.iter().position(|level| *level == wanted)?;
    let has = |at: &usize| info.thinking_level(LEVELS[*at]).is_some();
    let nearest = (0..LEVELS.len())
        .filter(has)
        .min_by_key(|at| at.abs_diff(place))?;
    Some(LEVELS[nearest])
}

/// Whether a word is a level of reasoning.
#[cfg(any(feature = "gemini", feature = "openai"))]
pub(crate) fn is_level(word: &str) -> bool {
    LEVELS.contains(&word)
}

/// The tokens that stand for a level where a model is given a budget.
#[cfg(any(feature = "anthropic", feature = "gemini"))]
pub(crate) fn budget(level: &str) -> Option<u64> {
    match level {
        "minimal" => Some(1024),
        "low" => Some(2048),
        "medium" => Some(8192),
        "high" => Some(16_384),
        "xhigh" | "max" => Some(32_768),
        _ => None,
    }
}
