//! Which model is asked, and what its requests begin with.

use std::sync::Arc;

use super::{Session, context_window::ContextWatch, record::Line};
use crate::{
    error::{Error, ErrorKind},
    event::EventKind,
    profile::ProviderProfile,
    prompt,
    tools::subagent_tools,
};

impl Session {
    /// Goes on with another model, of this provider or another, from its next call on: see
    /// [`SessionHandle::set_profile`](super::SessionHandle::set_profile).
    pub fn set_profile(&mut self, profile: Arc<dyn ProviderProfile>) {
        self.shared.set_profile(profile);
    }

    /// Takes up the profile that the host has set meanwhile, and fixes the prompt of a model that
    /// is asked for the first time.
    pub(super) async fn change_model(&mut self) -> Result<(), Error> {
        if let Some(profile) = self.shared.take_profile() {
            self.take_up(profile)?;
        }
        let (provider, model) = (self.profile.id(), self.profile.model());
        let before = self.prompts.current().map(|prompt| {
            let name = format!("{}/{}", prompt.provider, prompt.model);
            (name, Arc::clone(&prompt.tools))
        });
        let is_new = before
            .as_ref()
            .is_none_or(|(name, _)| *name != format!("{provider}/{model}"));
        if !is_new {
            return Ok(());
        }
        if self.prompts.choose(provider, model) {
            self.history.note(&Line::Model {
                provider: provider.into(),
                model: model.into(),
            });
        } else {
            self.fix_prompt().await;
        }
        if let Some((name, tools)) = before {
            let same_tools = self
                .prompts
                .current()
                .is_some_and(|prompt| prompt.tools == tools);
            self.tell_of_change(&name, same_tools);
        }
        Ok(())
    }

    fn take_up(&mut self, profile: Arc<dyn ProviderProfile>) -> Result<(), Error> {
        let known = self.client.provider_names();
        if !known.contains(&profile.id()) {
            let text = format!(
                "the session can't go on with {}/{}: the client knows {}",
                profile.id(),
                profile.model(),
                known.join(", ")
            );
            return Err(Error::new(ErrorKind::Configuration, text));
        }
        self.tools = profile.tools();
        for added in &self.host_tools {
            self.tools.register(Arc::clone(&added.tool))?;
        }
        self.context = ContextWatch::new(profile.context_window_size());
        self.profile = profile;
        self.offer_subagents()
    }

    /// Adds the tools for subagents, if it may have some; the host's own of the same name stay.
    pub(super) fn offer_subagents(&mut self) -> Result<(), Error> {
        if self.depth >= self.config.max_subagent_depth {
            return Ok(());
        }
        for tool in subagent_tools(self.profile.subagent_tools()) {
            if self.tools.get(tool.name()).is_none() {
                self.tools.register(tool)?;
            }
        }
        Ok(())
    }

    async fn fix_prompt(&mut self) {
        let system = prompt::build(
            &*self.profile,
            &*self.environment,
            &self.tools,
            self.config.user_instructions.as_deref(),
        )
        .await;
        let (provider, model) = (self.profile.id(), self.profile.model());
        let tools = self.tools.definitions();
        self.history.note(&Line::Prompt {
            provider: provider.into(),
            model: model.into(),
            system: (&system).into(),
            tools: (&tools).into(),
        });
        self.prompts.add(provider, model, &system, tools);
    }

    /// Tells the model that it takes over, once somebody else has said something, and the host.
    fn tell_of_change(&mut self, before: &str, same_tools: bool) {
        let (provider, model) = (
            self.profile.id().to_owned(),
            self.profile.model().to_owned(),
        );
        if self.history.responses() > 0 {
            let mut text = format!(
                "From here on this conversation is continued by the model {provider}/{model}. \
                 The answers and tool calls before are those of {before}."
            );
            if !same_tools {
                text.push_str(
                    " Its tools were others: call only the tools that you are offered now.",
                );
            }
            self.history.push_system(text);
        }
        self.emit(EventKind::ModelChanged { provider, model });
    }
}
