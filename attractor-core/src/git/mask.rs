//! Errors without secrets.

/// The text with the credentials of every address in it replaced: what stands between `://` and
/// the last `@` before the address's first slash or blank.
pub(super) fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        masked.push_str(before);
        let end = after.find(|c: char| c == '/' || c.is_whitespace() || matches!(c, '\'' | '"'));
        let (host, more) = after.split_at(end.unwrap_or(after.len()));
        match host.rsplit_once('@') {
            Some((_, host)) => {
                masked.push_str("***@");
                masked.push_str(host);
            }
            None => masked.push_str(host),
        }
        rest = more;
    }
    masked + rest
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn credentials_in_addresses_are_masked_and_nothing_else() {
        for (text, expected) in [
            (
                "fatal: unable to access 'https://me:s3cret@host/x.git/': 403",
                "fatal: unable to access 'https://***@host/x.git/': 403",
            ),
            (
                "https://token@host and ssh://git:a@b@c/d",
                "https://***@host and ssh://***@c/d",
            ),
            (
                "mail me@host, see https://host/a@b",
                "mail me@host, see https://host/a@b",
            ),
            ("no address: //", "no address: //"),
        ] {
            assert_eq!(mask(text), expected);
        }
    }
}
