//! The settings of a run's model, as a middleware of the client that asks it.

use async_trait::async_trait;
use attractor_llm::{
    DefaultSettings, Error, EventStream, Middleware, Next, Request, Response, catalog,
};

use crate::domain::ModelConfig;

/// Gives requests to the run's model the temperature and the longest answer that the run was created
/// with, unless they have their own. They are that model's: a node that names another one has it as its
/// provider sets it up.
#[derive(Debug)]
pub(super) struct RunSettings {
    provider: String,
    model: String,
    defaults: DefaultSettings,
}

impl RunSettings {
    pub(super) fn new(model: &ModelConfig) -> Self {
        let mut pattern = Request::new("", Vec::new());
        if let Some(temperature) = model.temperature {
            pattern = pattern.temperature(temperature);
        }
        if let Some(tokens) = model.max_tokens {
            pattern = pattern.max_tokens(tokens.into());
        }
        Self {
            provider: model.provider.clone(),
            model: model.model_id.clone(),
            defaults: DefaultSettings::new(pattern),
        }
    }

    fn are_for(&self, request: &Request) -> bool {
        let asked = request.provider.as_deref().unwrap_or(&self.provider);
        (asked, request.model.as_str()) == (&self.provider, &self.model)
            || is_same(
                &format!("{asked}/{}", request.model),
                &format!("{}/{}", self.provider, self.model),
            )
    }
}

/// Whether both are names of one model.
fn is_same(one: &str, other: &str) -> bool {
    let found = |name| catalog::model_info(name).map(|it| (&it.provider, &it.id));
    found(one).is_some_and(|it| Some(it) == found(other))
}

#[async_trait]
impl Middleware for RunSettings {
    async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
        match self.are_for(&request) {
            true => self.defaults.complete(request, next).await,
            false => next.complete(request).await,
        }
    }

    async fn stream(&self, request: Request, next: Next<'_>) -> Result<EventStream, Error> {
        match self.are_for(&request) {
            true => self.defaults.stream(request, next).await,
            false => next.stream(request).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_for_the_runs_model_by_whichever_name() {
        let model = |provider: &str, id: &str| {
            let json = serde_json::json!({"provider": provider, "modelId": id, "temperature": 0.5});
            RunSettings::new(&serde_json::from_value(json).unwrap())
        };
        let request = |provider: &str, id: &str| Request::new(id, Vec::new()).provider(provider);
        let info = catalog::latest_model("anthropic", None).unwrap();
        let settings = model("anthropic", &info.id);
        assert!(settings.are_for(&request("anthropic", &info.id)));
        for alias in &info.aliases {
            assert!(settings.are_for(&request("anthropic", alias)), "{alias}");
        }
        assert!(!settings.are_for(&request("openai", "gpt-5.2")));
        assert!(!settings.are_for(&request("anthropic", "another")));
        assert!(model("own", "m").are_for(&request("own", "m")));
    }
}
