//! How full the model's context window is; pure.

/// Characters that make a token, about (coding-agent-loop-spec 5.5).
const CHARS_PER_TOKEN: usize = 4;
/// Shares of the window at which the host is warned, in percent: the specification's, and one
/// when the next request is about to fail.
const THRESHOLDS: [u64; 2] = [80, 95];

/// Warns once per threshold.
#[derive(Debug)]
pub(super) struct ContextWatch {
    window_tokens: u64,
    passed: usize,
}

impl ContextWatch {
    pub(super) fn new(window_tokens: u64) -> Self {
        Self {
            window_tokens,
            passed: 0,
        }
    }

    /// The percentage reached when a threshold is passed for the first time.
    pub(super) fn check(&mut self, request_chars: usize) -> Option<u64> {
        let tokens = (request_chars / CHARS_PER_TOKEN) as u64;
        let percent = tokens.saturating_mul(100).checked_div(self.window_tokens)?;
        let passed = THRESHOLDS
            .iter()
            .filter(|&&threshold| percent > threshold)
            .count();
        let is_new = passed > self.passed;
        self.passed = self.passed.max(passed);
        is_new.then_some(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_threshold_warns_once() {
        let mut watch = ContextWatch::new(1_000);
        let seen: Vec<_> = [3_000, 3_300, 3_400, 3_900, 9_000]
            .map(|chars| watch.check(chars))
            .into();
        assert_eq!(seen, [None, Some(82), None, Some(97), None]);
    }
}
