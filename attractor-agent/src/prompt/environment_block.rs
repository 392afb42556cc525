//! The `<environment>` block; pure (coding-agent-loop-spec 6.3).

use super::git::GitSnapshot;

/// What the block says.
#[derive(Debug)]
pub(super) struct EnvironmentFacts<'a> {
    pub(super) working_directory: &'a str,
    pub(super) git: Option<&'a GitSnapshot>,
    pub(super) platform: &'a str,
    pub(super) os_version: &'a str,
    pub(super) date: String,
    pub(super) model: &'a str,
    pub(super) knowledge_cutoff: Option<&'a str>,
}

/// One line per fact; a fact that isn't known has none.
pub(super) fn render(facts: &EnvironmentFacts<'_>) -> String {
    let is_repository = if facts.git.is_some() { "true" } else { "false" };
    let lines = [
        ("Working directory", Some(facts.working_directory)),
        ("Is git repository", Some(is_repository)),
        ("Git branch", facts.git.map(|git| git.branch.as_str())),
        ("Platform", Some(facts.platform)),
        ("OS version", Some(facts.os_version)),
        ("Today's date", Some(&facts.date)),
        ("Model", Some(facts.model)),
        ("Knowledge cutoff", facts.knowledge_cutoff),
    ];
    let known = lines
        .iter()
        .filter_map(|(name, value)| Some((name, (*value)?)));
    let body: String = known
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect();
    format!("<environment>\n{body}</environment>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_facts_are_left_out() {
        let block = render(&EnvironmentFacts {
            working_directory: "/work",
            git: None,
            platform: "linux",
            os_version: "Linux 6.1",
            date: "2026-11-22".to_owned(),
            model: "m",
            knowledge_cutoff: None,
        });
        assert_eq!(
            block,
            "<environment>\nWorking directory: /work\nIs git repository: false\nPlatform: linux\n\
             OS version: Linux 6.1\nToday's date: 2026-11-22\nModel: m\n</environment>"
        );
    }
}
