use std::collections::BTreeSet;

/// Warnings that are remembered: a client has a few dozen.
const REMEMBERED: usize = 100;

/// What the client has warned of in this session. The same is wrong with each request, and is told once.
#[derive(Debug, Default)]
pub(super) struct ProviderWarnings(BTreeSet<String>);

impl ProviderWarnings {
    /// Whether this is to be told.
    pub(super) fn is_new(&mut self, message: &str) -> bool {
        if self.0.contains(message) {
            return false;
        }
        if self.0.len() < REMEMBERED {
            self.0.insert(message.to_owned());
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_once_as_far_as_they_are_remembered() {
        let mut warnings = ProviderWarnings::default();
        assert!(warnings.is_new("a") && warnings.is_new("b") && !warnings.is_new("a"));
        for number in 2..REMEMBERED {
            assert!(warnings.is_new(&number.to_string()));
        }
        assert!(warnings.is_new("one too many") && warnings.is_new("one too many"));
        assert!(!warnings.is_new("b"));
    }
}
