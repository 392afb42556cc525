use askama::Template;
use attractor_llm::catalog::{ModelInfo, Price, list_models};
use serde::Deserialize;

use super::shell::{Shell, Visitor};
use super::show;
use crate::api::{Answer, Query};

#[derive(Debug, Template)]
#[template(path = "models/page.html")]
struct ModelsPage {
    shell: Shell,
    wanted: Wanted,
    providers: Vec<&'static str>,
    models: Vec<&'static ModelInfo>,
}

/// Which models are asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    provider: String,
    q: String,
}

impl Wanted {
    fn has(&self, model: &ModelInfo) -> bool {
        let of_provider = self.provider.is_empty() || model.provider == self.provider;
        let words = self.q.to_lowercase();
        let text = format!("{} {}", model.id, model.display_name).to_lowercase();
        of_provider && words.split_whitespace().all(|word| text.contains(word))
    }
}

impl ModelsPage {
    fn price(&self, price: &Option<Price>) -> String {
        price.map_or_else(|| "–".to_owned(), |price| format!("${price}"))
    }

    fn tokens(&self, tokens: &u64) -> String {
        match *tokens {
            0..10_000 => tokens.to_string(),
            10_000..1_000_000 => format!("{}k", tokens / 1_000),
            _ => format!("{:.1}M", *tokens as f64 / 1e6).replace(".0M", "M"),
        }
    }
}

/// The catalog of models.
pub(super) async fn page(Query(wanted): Query<Wanted>, visitor: Visitor) -> Answer {
    let mut all = list_models(None);
    all.sort_by(|one, other| (&one.provider, &one.id).cmp(&(&other.provider, &other.id)));
    let mut providers: Vec<&'static str> = all.iter().map(|it| it.provider.as_str()).collect();
    providers.dedup();
    let page = ModelsPage {
        models: all.into_iter().filter(|it| wanted.has(it)).collect(),
        shell: visitor.shell,
        providers,
        wanted,
    };
    show::page(&page.shell, &page)
}
