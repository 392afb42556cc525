//! All middleware at once, held to the contract of adapters.

use std::sync::Arc;
use std::time::Duration;

use attractor_llm::catalog::Cost;
use attractor_llm::testing::conformance::{self, Harness, OverHttp, Subject};
use attractor_llm::testing::{Script, ScriptedProvider};
use attractor_llm::{
    AnthropicAdapter, Capabilities, Client, CostBudget, DefaultSettings, Error, EventStream,
    ExtractThinking, Fallback, Logging, ProviderAdapter, RateLimit, Request, Response,
    ResponseCache, Tracing, async_trait,
};

/// A client, seen as one more adapter.
#[derive(Debug)]
struct Stack {
    name: String,
    client: Client,
}

impl Stack {
    fn over(adapter: impl ProviderAdapter) -> Result<Self, Error> {
        let name = adapter.name().to_owned();
        let limit = RateLimit::new()
            .requests_per_minute(1_000)
            .tokens_per_minute(1_000_000)
            .max_concurrent(8)
            .max_wait(Duration::from_secs(1));
        let builder = Client::builder()
            .provider(adapter)
            .middleware(Tracing::new().record_content())
            .middleware(Logging)
            .middleware(CostBudget::new(Cost::from_micro_usd(1_000_000)).allow_unpriced())
            .middleware(DefaultSettings::new(Request::new("", vec![])))
            .middleware(ExtractThinking::new())
            .middleware(ResponseCache::in_memory())
            .middleware(Fallback::to::<String>([]))
            .middleware(limit);
        Ok(Self {
            name,
            client: builder.build()?,
        })
    }
}

#[async_trait]
impl ProviderAdapter for Stack {
    fn name(&self) -> &str {
        &self.name
    }

    async fn complete(&self, request: Request) -> Result<Response, Error> {
        self.client.complete(request).await
    }

    async fn stream(&self, request: Request) -> Result<EventStream, Error> {
        self.client.stream(request).await
    }

    fn capabilities(&self) -> Capabilities {
        let found = self.client.capabilities(&self.name);
        found.unwrap_or_else(Capabilities::text_only)
    }
}

#[derive(Debug)]
struct InProcess;

#[async_trait]
impl Harness for InProcess {
    async fn start(&self, script: Script) -> Result<Subject, Error> {
        let provider = ScriptedProvider::new(script);
        let stack = Stack::over(provider.clone())?;
        let requests = move || {
            let requests = provider.requests().into_iter();
            requests
                .map(|request| serde_json::to_value(request).unwrap_or_default())
                .collect()
        };
        Ok(Subject::new(Arc::new(stack), requests))
    }
}

#[tokio::test]
async fn all_middleware_together_keep_the_contract_of_adapters() {
    let report = conformance::run(&InProcess).await;
    assert!(report.is_success(), "{report}");
    assert!(report.skipped.is_empty(), "{report:?}");
}

#[tokio::test]
async fn all_middleware_together_keep_the_contract_over_http() {
    let harness = OverHttp::new(|base_url| {
        let adapter = AnthropicAdapter::builder("key")
            .base_url(base_url)
            .build()?;
        Ok(Arc::new(Stack::over(adapter)?) as Arc<dyn ProviderAdapter>)
    });
    let report = conformance::run(&harness).await;
    assert!(report.is_success(), "{report}");
    assert!(report.skipped.is_empty(), "{report:?}");
}
