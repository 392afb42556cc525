//! Whether two ids mean one model; pure.

/// Whether two ids name one model, one perhaps with its date.
pub(crate) fn same_model(left: &str, right: &str) -> bool {
    left == right || undated(left) == undated(right)
}

/// The id without `-latest`, `-20251101`, `@20251101` or `-2025-11-01` at its end.
fn undated(model: &str) -> &str {
    let end = |length: usize| model.split_at_checked(model.len().saturating_sub(length));
    let stems = [
        model.strip_suffix("-latest"),
        end(9).and_then(|(stem, end)| is_compact(end).then_some(stem)),
        end(11).and_then(|(stem, end)| is_dashed(end).then_some(stem)),
    ];
    let stem = stems.into_iter().flatten().find(|stem| !stem.is_empty());
    stem.unwrap_or(model)
}

fn is_compact(end: &str) -> bool {
    let digits = end.strip_prefix(['-', '@']);
    digits.is_some_and(|digits| digits.len() == 8 && digits.bytes().all(|it| it.is_ascii_digit()))
}

fn is_dashed(end: &str) -> bool {
    end.len() == 11
        && end.bytes().enumerate().all(|(index, byte)| match index {
            0 | 5 | 8 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_does_not_make_another_model() {
        let dated = [
            ("claude-haiku-4-5", "claude-haiku-4-5-20251001"),
            ("claude-haiku-4-5", "claude-haiku-4-5-latest"),
            ("claude-haiku-4-5", "claude-haiku-4-5@20251001"),
            ("gpt-5", "gpt-5-2025-08-07"),
        ];
        for (left, right) in dated {
            assert!(same_model(left, right), "{left} {right}");
        }
    }

    #[test]
    fn a_version_or_a_size_does() {
        let different = [
            ("claude-opus-4-5", "claude-opus-4-6"),
            ("gpt-5", "gpt-5-mini"),
            ("gpt-5.1", "gpt-5.2"),
            ("", "-20251001"),
            ("\u{fc}", "-latest"),
        ];
        for (left, right) in different {
            assert!(!same_model(left, right), "{left} {right}");
        }
    }
}
