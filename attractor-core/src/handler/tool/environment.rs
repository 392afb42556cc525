//! Which of this process's variables a command doesn't see; pure.

use std::ffi::{OsStr, OsString};

use crate::process::GIT_VARIABLES;

/// The attribute, of a node or of the graph, with the names of the variables that are passed on
/// although they look like secrets.
const TOOL_ENV: &str = "tool_env";

/// Endings that mark a secret, with or without something before them, in any case: those that the
/// shell of agents goes by.
const SECRET_SUFFIXES: [&str; 14] = [
    "ACCESS_KEY",
    "ACCESS_KEY_ID",
    "API_KEY",
    "APIKEY",
    "AUTH",
    "CREDENTIAL",
    "CREDENTIALS",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRIVATE_KEY",
    "SECRET",
    "SECRET_KEY",
    "TOKEN",
];

/// What a command gets to see of the environment.
#[derive(Debug)]
pub(super) struct Environment {
    /// Variables that it doesn't see.
    pub(super) removed: Vec<OsString>,
    /// Those of them that look like secrets and that it asks for.
    pub(super) missed: Vec<String>,
}

impl Environment {
    /// Of these variables, for a command whose node and graph pass on what they name.
    pub(super) fn of(names: Vec<OsString>, command: &str, passed: &Passed) -> Self {
        let (mut removed, mut missed) = (Vec::new(), Vec::new());
        for name in names {
            let upper = name.to_string_lossy().to_ascii_uppercase();
            let secret = is_secret(&upper) && !passed.includes(&name);
            if secret && let Some(name) = name.to_str().filter(|name| mentions(command, name)) {
                missed.push(name.to_owned());
            }
            if secret || GIT_VARIABLES.contains(&upper.as_str()) {
                removed.push(name);
            }
        }
        Self { removed, missed }
    }

    /// What to tell whoever wonders why a variable is empty.
    pub(super) fn warning(&self) -> Option<String> {
        let first = self.missed.first()?;
        let names = self.missed.join(", ");
        Some(format!(
            "the command asks for {names}, which looks like a secret and isn't passed on; \
             {TOOL_ENV}=\"{first}\" on the node passes it on"
        ))
    }
}

/// Variables that are passed on whatever they look like.
#[derive(Debug)]
pub(super) struct Passed(Vec<String>);

impl Passed {
    /// Those that a node and its graph name.
    pub(super) fn by(stage: &crate::handler::StageContext) -> Self {
        let node = stage.node().attr(TOOL_ENV).map(ToString::to_string);
        let graph = stage.graph().attrs().value(TOOL_ENV);
        let lists = node.into_iter().chain(graph.map(|value| value.to_string()));
        let names = lists.flat_map(|list| {
            let names = list.split([',', ' ', '\t', '\n']).map(str::to_owned);
            names.collect::<Vec<_>>()
        });
        Self(names.filter(|name| !name.is_empty()).collect())
    }

    fn includes(&self, name: &OsStr) -> bool {
        self.0
            .iter()
            .any(|passed| passed == "*" || name == passed.as_str())
    }
}

fn is_secret(name: &str) -> bool {
    SECRET_SUFFIXES.iter().any(|suffix| {
        name.strip_suffix(suffix)
            .is_some_and(|before| before.is_empty() || before.ends_with('_'))
    })
}

/// Whether a command has a variable's name in it, and not only as a part of a longer one.
fn mentions(command: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    command.match_indices(name).any(|(at, _)| {
        let before = command.get(..at).and_then(|text| text.chars().next_back());
        let after = command
            .get(at + name.len()..)
            .and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(names: &[&str], command: &str, passed: &[&str]) -> Environment {
        let names = names.iter().map(OsString::from).collect();
        let passed = Passed(passed.iter().map(|name| (*name).to_owned()).collect());
        Environment::of(names, command, &passed)
    }

    #[test]
    fn secrets_are_withheld_unless_they_are_named() {
        let names = [
            "PATH",
            "ANTHROPIC_API_KEY",
            "github_token",
            "TOKENIZER",
            "GIT_DIR",
        ];
        let removed = environment(&names, "true", &[]).removed;
        assert_eq!(removed, ["ANTHROPIC_API_KEY", "github_token", "GIT_DIR"]);
        let removed = environment(&names, "true", &["github_token"]).removed;
        assert_eq!(removed, ["ANTHROPIC_API_KEY", "GIT_DIR"]);
        // Where git works is never the caller's to say.
        assert_eq!(environment(&names, "true", &["*"]).removed, ["GIT_DIR"]);
    }

    #[test]
    fn a_command_that_asks_for_a_secret_is_told_how_to_get_it() {
        let names = ["DEPLOY_TOKEN", "NPM_TOKEN"];
        let warning = |command| environment(&names, command, &[]).warning();
        let told = warning("deploy --with \"$DEPLOY_TOKEN\"").unwrap();
        assert!(told.contains("tool_env=\"DEPLOY_TOKEN\""), "{told}");
        assert_eq!(warning("echo $MY_DEPLOY_TOKEN ${NPM_TOKENS}"), None);
    }

    #[test]
    fn names_come_from_the_node_and_from_the_graph() {
        let source = "digraph { graph [tool_env=\"A_TOKEN, B_TOKEN\"]; n [tool_env=C_TOKEN] }";
        let (graph, _) = crate::Graph::parse(source).unwrap();
        let stage = crate::StageContext::new(std::sync::Arc::new(graph), "n").unwrap();
        assert_eq!(Passed::by(&stage).0, ["C_TOKEN", "A_TOKEN", "B_TOKEN"]);
    }
}
