use url::form_urlencoded::Serializer;

/// An address with what is asked for behind it.
pub(super) fn with_query(path: &str, pairs: &[(&'static str, String)]) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    let mut query = Serializer::new(String::new());
    for (name, value) in pairs {
        query.append_pair(name, value);
    }
    format!("{path}?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_escaped() {
        assert_eq!(with_query("/runs", &[]), "/runs");
        let pairs = [("q", "a&b=c d".to_owned())];
        assert_eq!(with_query("/runs", &pairs), "/runs?q=a%26b%3Dc+d");
    }
}
