//! The system prompt as the model gets it.

use attractor_agent::SessionConfig;
use attractor_llm::testing::{Script, Turn as Say};

use crate::support::Agent;

async fn system_prompt(agent: &mut Agent) -> String {
    agent.session.submit("go").await.unwrap();
    let system = &agent.requests()[0]["system"];
    system.as_str().map_or_else(
        || system[0]["text"].as_str().unwrap().to_owned(),
        str::to_owned,
    )
}

fn position(text: &str, part: &str) -> usize {
    text.find(part)
        .unwrap_or_else(|| panic!("{part:?} is missing in {text}"))
}

#[tokio::test]
async fn layers_come_in_order_and_the_users_instructions_last() {
    let config = SessionConfig::new().user_instructions("Answer in rhyme.");
    let mut agent = Agent::with(Script::new().turn(Say::text("Ok.")), config).await;
    agent.workspace.write("AGENTS.md", "Use tabs.");
    agent.workspace.write("CLAUDE.md", "Run make.");
    agent.workspace.write("GEMINI.md", "Not for this one.");
    agent.workspace.run("git init -q -b trunk . && git config user.email a@b && git config user.name n && git add AGENTS.md && git commit -qm 'First words'").await;
    let prompt = system_prompt(&mut agent).await;
    let parts = [
        "You are a coding agent",
        "<environment>",
        "Is git repository: true",
        "Git branch: trunk",
        "Model: Claude Opus 4.6",
        "</environment>",
        "untracked: 2",
        "First words",
        "- `read_file`: Read a file",
        "Use tabs.",
        "Run make.",
        "Answer in rhyme.",
    ];
    assert!(
        parts.map(|part| position(&prompt, part)).is_sorted(),
        "{prompt}"
    );
    assert!(prompt.ends_with("Answer in rhyme.") && !prompt.contains("Not for this one"));
}

#[tokio::test]
async fn deeper_instructions_come_later_and_copies_once() {
    let mut agent = Agent::new(Script::new().turn(Say::text("Ok."))).await;
    agent.workspace.write("AGENTS.md", "Root rules.");
    agent.workspace.write("sub/AGENTS.md", "Sub rules.");
    agent.workspace.write("sub/CLAUDE.md", "Sub rules.");
    agent.workspace.run("git init -q .").await;
    let environment =
        attractor_agent::LocalEnvironment::new(agent.workspace.path().join("sub")).unwrap();
    let mut session = attractor_agent::Session::new(
        crate::support::client(&agent.server),
        attractor_agent::profile_for("anthropic", crate::support::MODEL).unwrap(),
        std::sync::Arc::new(environment),
        SessionConfig::new(),
    );
    std::mem::swap(&mut agent.session, &mut session);
    let prompt = system_prompt(&mut agent).await;
    assert!(position(&prompt, "Root rules.") < position(&prompt, "Sub rules."));
    assert_eq!(prompt.matches("Sub rules.").count(), 1);
}

#[tokio::test]
async fn a_directory_without_git_needs_none() {
    let mut agent = Agent::new(Script::new().turn(Say::text("Ok."))).await;
    let prompt = system_prompt(&mut agent).await;
    assert!(prompt.contains("Is git repository: false"));
    assert!(!prompt.contains("Git branch"));
}
