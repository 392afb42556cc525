//! Tool-call ids in the form that every provider accepts; pure.

use std::borrow::Cow;

/// The longest id that Anthropic and OpenAI accept.
const MAX_CHARS: usize = 64;

/// The id itself where every API accepts it, else one made from it: the same for the call and for
/// its result, in this request and in the next, and different for different ids.
pub(super) fn accepted(id: &str) -> Cow<'_, str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !id.is_empty() && id.len() <= MAX_CHARS && id.chars().all(allowed) {
        return Cow::Borrowed(id);
    }
    let readable: String = id
        .chars()
        .filter(|c| allowed(*c))
        .take(MAX_CHARS - "call__".len() - 16)
        .collect();
    Cow::Owned(format!("call_{readable}_{:016x}", fnv1a(id.as_bytes())))
}

/// FNV-1a: stable across versions and platforms, which the prompt cache needs.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accepted_id_is_kept() {
        assert_eq!(accepted("toolu_01A-b"), "toolu_01A-b");
    }

    #[test]
    fn any_other_id_becomes_an_accepted_one_of_its_own() {
        let long = "x".repeat(400);
        let ids = ["", "call|fc_1", "call.fc_1", "gr\u{fc}n", &long];
        let made: Vec<String> = ids.iter().map(|id| accepted(id).into_owned()).collect();
        for (index, id) in made.iter().enumerate() {
            assert!(id.len() <= MAX_CHARS && accepted(id) == id.as_str(), "{id}");
            assert!(!made[..index].contains(id), "{id} twice");
        }
    }
}
