use axum::http::HeaderMap;
use axum::http::header::COOKIE;

use super::limits::SESSION_TIME;
use crate::config::Config;

/// What a page sends with each request that changes something: another site's page can't.
pub(crate) const CSRF_HEADER: &str = "x-attractor-csrf";

/// The name of the session's cookie. Browsers keep one set of cookies for all ports of a host, so the
/// port is in it.
fn cookie_name(config: &Config) -> String {
    match config.is_https() {
        true => "__Host-attractor".to_owned(),
        false => format!("attractor_{}", config.port()),
    }
}

/// The header that signs a browser in.
pub(crate) fn session_cookie(config: &Config, value: &str) -> String {
    cookie(config, value, SESSION_TIME.as_secs())
}

/// The header that signs it out.
pub(crate) fn cleared(config: &Config) -> String {
    cookie(config, "", 0)
}

fn cookie(config: &Config, value: &str, seconds: u64) -> String {
    let name = cookie_name(config);
    let secure = if config.is_https() { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// What the session's cookie says, if a browser sends it.
pub(crate) fn session_value<'a>(config: &Config, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie_value(headers, &cookie_name(config))
}

/// The value of a cookie that a browser sends.
pub(crate) fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; attractor_80=x".parse().unwrap());
        headers.append(COOKIE, "b=2=3".parse().unwrap());
        assert_eq!(cookie_value(&headers, "attractor_80"), Some("x"));
        assert_eq!(cookie_value(&headers, "b"), Some("2=3"));
        assert_eq!(cookie_value(&headers, "attractor"), None);
    }
}
