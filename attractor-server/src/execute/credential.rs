//! `attractor runner credential get`: what git asks when a remote wants to know who it is.

use std::io::Read;

use super::api::Api;
use super::error::Failure;
use super::stop::Stop;
use crate::runner_api::RunnerAccess;

/// Bytes of git's question: a few short lines.
const QUESTION_BYTES: u64 = 16 * 1024;

/// The answer to git's question, which is read from `input`; nothing if it's about another host than
/// the one that the run clones from, or about no secure one.
pub(crate) async fn answer(
    input: impl Read,
    host: &str,
    access: &RunnerAccess,
) -> Result<String, String> {
    let mut question = String::new();
    let read = input.take(QUESTION_BYTES).read_to_string(&mut question);
    read.map_err(|error| format!("can't read git's question: {error}"))?;
    if !is_about(&question, host) {
        return Ok(String::new());
    }
    let api = Api::new(access, Stop::default());
    match api.credential().await {
        Ok(Some(it)) => Ok(format!(
            "username={}\npassword={}",
            it.username,
            it.password.expose()
        )),
        Ok(None) | Err(Failure::Stopped) => Ok(String::new()),
        Err(failure) => Err(failure.to_string()),
    }
}

/// Whether git asks about that host, over HTTPS unless it's this machine.
fn is_about(question: &str, host: &str) -> bool {
    let field = |name: &str| {
        let mut lines = question.lines().filter_map(|line| line.split_once('='));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_here = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    let is_secure = match field("protocol") {
        Some("https") => true,
        Some("http") => is_here,
        _ => false,
    };
    is_secure && field("host") == Some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_to_the_cloned_host_only_and_not_in_the_clear() {
        let host = "git.example";
        assert!(is_about(
            "protocol=https\nhost=git.example\npath=a\n\n",
            host
        ));
        for other in [
            "protocol=https\nhost=evil.example\n",
            "protocol=http\nhost=git.example\n",
            "host=git.example\n",
            "",
        ] {
            assert!(!is_about(other, host), "{other}");
        }
        let here = "protocol=http\nhost=127.0.0.1:81\n";
        assert!(is_about(here, "127.0.0.1:81"));
        assert!(!is_about(here, "127.0.0.1:82"));
    }
}
