use std::ops::Range;

/// What a request says about the bytes that it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of them.
    All,
    /// These.
    Part(Range<u64>),
    /// Some that there aren't.
    Nothing,
}

/// Reads the header `Range` for an object of a size. Several ranges, and what can't be read, mean all
/// bytes, as RFC 9110 (14.2) allows.
pub(super) fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some(text) = header.and_then(|it| it.trim().strip_prefix("bytes=")) else {
        return Wanted::All;
    };
    let Some((first, last)) = text.split_once('-') else {
        return Wanted::All;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (first.trim().is_empty(), number(first), number(last)) {
        // The last bytes.
        (true, _, Some(count)) => {
            if count == 0 {
                return Wanted::Nothing;
            }
            size.saturating_sub(count)..size
        }
        (false, Some(first), Some(last)) if first <= last => {
            first..last.saturating_add(1).min(size)
        }
        (false, Some(first), None) if last.trim().is_empty() => first..size,
        _ => return Wanted::All,
    };
    if range.start >= size {
        return Wanted::Nothing;
    }
    Wanted::Part(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_has_them() {
        let table = [
            (None, Wanted::All),
            (Some("bytes=0-3"), Wanted::Part(0..4)),
            (Some("bytes=4-"), Wanted::Part(4..10)),
            (Some("bytes=-3"), Wanted::Part(7..10)),
            (Some("bytes=-30"), Wanted::Part(0..10)),
            (Some("bytes=8-99"), Wanted::Part(8..10)),
            (Some("bytes=10-"), Wanted::Nothing),
            (Some("bytes=-0"), Wanted::Nothing),
            (Some("bytes=18446744073709551615-"), Wanted::Nothing),
            (Some("bytes=0-18446744073709551615"), Wanted::Part(0..10)),
            (Some("bytes=3-1"), Wanted::All),
            (Some("bytes=0-1,4-5"), Wanted::All),
            (Some("lines=0-1"), Wanted::All),
            (Some("bytes=a-b"), Wanted::All),
        ];
        for (header, expected) in table {
            assert_eq!(wanted(header, 10), expected, "{header:?}");
        }
        assert_eq!(wanted(Some("bytes=0-0"), 0), Wanted::Nothing);
    }
}
