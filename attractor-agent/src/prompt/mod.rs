//! The system prompt's five layers (coding-agent-loop-spec 6.1).

mod environment_block;
mod git;
mod project_docs;

use attractor_llm::catalog;

use self::{environment_block::EnvironmentFacts, git::GitSnapshot};
use crate::{environment::ExecutionEnvironment, profile::ProviderProfile, tool::ToolRegistry};

/// What a session finds out at its start, each layer rendered; empty where there is nothing.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PromptLayers {
    /// The `<environment>` block.
    pub environment: String,
    /// A snapshot of the repository.
    pub git: String,
    /// The tools with their first sentences.
    pub tools: String,
    /// The project's instruction files.
    pub project_docs: String,
    /// The host's own instructions.
    pub user_instructions: String,
}

impl PromptLayers {
    /// The layers in the order of the specification, later ones taking precedence.
    #[must_use]
    pub fn join(&self, base: &str) -> String {
        let layers = [
            base,
            &self.environment,
            &self.git,
            &self.tools,
            &self.project_docs,
            &self.user_instructions,
        ];
        let present = layers
            .iter()
            .map(|layer| layer.trim())
            .filter(|layer| !layer.is_empty());
        present.collect::<Vec<_>>().join("\n\n")
    }
}

/// Looks around and builds the system prompt. What can't be found out is left out: a session
/// starts without git, too.
pub(crate) async fn build(
    profile: &dyn ProviderProfile,
    environment: &dyn ExecutionEnvironment,
    tools: &ToolRegistry,
    user_instructions: Option<&str>,
) -> String {
    let git = git::snapshot(environment).await;
    let docs = project_docs::discover(
        environment,
        git.as_ref().map_or("", |git| git.way_to_root.as_str()),
        profile.project_doc_names(),
    )
    .await;
    let facts = EnvironmentFacts {
        working_directory: environment.working_directory(),
        git: git.as_ref(),
        platform: environment.platform(),
        os_version: environment.os_version(),
        date: today(),
        model: catalog::model_info(profile.model())
            .map_or(profile.model(), |info| info.display_name.as_str()),
        knowledge_cutoff: profile.knowledge_cutoff(),
    };
    let user_instructions = user_instructions
        .map(|text| format!("# Instructions that take precedence over all above\n\n{text}"));
    profile.build_system_prompt(&PromptLayers {
        environment: environment_block::render(&facts),
        git: git.as_ref().map(GitSnapshot::render).unwrap_or_default(),
        tools: describe(tools),
        project_docs: docs,
        user_instructions: user_instructions.unwrap_or_default(),
    })
}

fn describe(tools: &ToolRegistry) -> String {
    let lines = tools.definitions().into_iter().map(|tool| {
        let first = tool
            .description
            .split_inclusive(". ")
            .next()
            .unwrap_or_default()
            .trim_end();
        format!("- `{}`: {first}\n", tool.name)
    });
    let list: String = lines.collect();
    if list.is_empty() {
        list
    } else {
        format!("# Your tools\n\n{list}")
    }
}

fn today() -> String {
    jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_keep_their_order_and_empty_ones_leave_no_gap() {
        let layers = PromptLayers {
            environment: "<environment>\n".to_owned(),
            user_instructions: "last".to_owned(),
            ..PromptLayers::default()
        };
        assert_eq!(layers.join("base\n"), "base\n\n<environment>\n\nlast");
    }
}
