//! The conformance suite, run for what this crate ships, and shown to fail where it should.

use std::sync::Arc;

use async_trait::async_trait;
use attractor_llm::testing::conformance::{self, Harness, OverHttp, Subject};
use attractor_llm::testing::{Script, ScriptedProvider};
use attractor_llm::{
    AnthropicAdapter, Capabilities, Error, EventStream, GeminiAdapter, OpenAiAdapter,
    OpenAiCompatibleAdapter, ProviderAdapter, Request, Response, StreamEvent,
};
use futures::StreamExt;

/// A harness without HTTP: what a request holds is the request itself.
#[derive(Debug)]
struct InProcess<W>(W);

fn subject<A: ProviderAdapter>(adapter: A, provider: ScriptedProvider) -> Subject {
    let requests = move || {
        let requests = provider.requests().into_iter();
        requests
            .map(|request| serde_json::to_value(request).unwrap_or_default())
            .collect()
    };
    Subject::new(Arc::new(adapter), requests)
}

/// The scripted provider with one thing wrong, or nothing.
#[derive(Debug)]
struct Adapter {
    provider: ScriptedProvider,
    fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    DropsDeltas,
    HidesBreaks,
    LosesRetryAfter,
}

#[async_trait]
impl Harness for InProcess<Fault> {
    async fn start(&self, script: Script) -> Result<Subject, Error> {
        let provider = ScriptedProvider::new(script);
        let adapter = Adapter {
            provider: provider.clone(),
            fault: self.0,
        };
        Ok(subject(adapter, provider))
    }
}

#[async_trait]
impl ProviderAdapter for Adapter {
    fn name(&self) -> &str {
        self.provider.name()
    }

    async fn complete(&self, request: Request) -> Result<Response, Error> {
        let response = self.provider.complete(request).await;
        response.map_err(|error| match self.fault {
            Fault::LosesRetryAfter => Error::new(error.kind(), error.message()),
            _ => error,
        })
    }

    async fn stream(&self, request: Request) -> Result<EventStream, Error> {
        let fault = self.fault;
        let stream = self.provider.stream(request).await?;
        let passes = move |item: &Result<StreamEvent, Error>| match item {
            Ok(StreamEvent::TextDelta { .. }) => fault != Fault::DropsDeltas,
            Err(_) => fault != Fault::HidesBreaks,
            Ok(_) => true,
        };
        Ok(stream
            .filter(move |item| std::future::ready(passes(item)))
            .boxed())
    }

    fn capabilities(&self) -> Capabilities {
        self.provider.capabilities()
    }
}

/// Runs the suite with a fault and names the trials that fail.
async fn failures(fault: Fault) -> Vec<&'static str> {
    let report = conformance::run(&InProcess(fault)).await;
    report
        .failed
        .into_iter()
        .map(|failure| failure.trial)
        .collect()
}

#[tokio::test]
async fn the_scripted_provider_conforms() {
    let report = conformance::run(&InProcess(Fault::None)).await;
    assert!(report.is_success(), "{report}");
    assert!(report.skipped.is_empty(), "{report:?}");
}

#[tokio::test]
async fn the_anthropic_adapter_conforms() {
    let harness = OverHttp::new(|base_url| {
        let adapter = AnthropicAdapter::builder("key")
            .base_url(base_url)
            .build()?;
        Ok(Arc::new(adapter) as Arc<dyn ProviderAdapter>)
    });
    let report = conformance::run(&harness).await;
    assert!(report.is_success(), "{report}");
    assert!(report.skipped.is_empty(), "{report:?}");
}

#[tokio::test]
async fn the_gemini_adapter_conforms() {
    let harness = OverHttp::new(|base_url| {
        let adapter = GeminiAdapter::builder("key").base_url(base_url).build()?;
        Ok(Arc::new(adapter) as Arc<dyn ProviderAdapter>)
    });
    let report = conformance::run(&harness).await;
    assert!(report.is_success(), "{report}");
    assert!(report.skipped.is_empty(), "{report:?}");
}

#[tokio::test]
async fn the_openai_adapter_conforms() {
    let harness = OverHttp::new(|base_url| {
        let adapter = OpenAiAdapter::builder("key").base_url(base_url).build()?;
        Ok(Arc::new(adapter) as Arc<dyn ProviderAdapter>)
    });
    let report = conformance::run(&harness).await;
    assert!(report.is_success(), "{report}");
    assert!(report.skipped.is_empty(), "{report:?}");
}

#[tokio::test]
async fn the_compatible_adapter_conforms() {
    let harness = OverHttp::new(|base_url| {
        let adapter = OpenAiCompatibleAdapter::builder("chat", base_url).build()?;
        Ok(Arc::new(adapter) as Arc<dyn ProviderAdapter>)
    });
    let report = conformance::run(&harness).await;
    assert!(report.is_success(), "{report}");
    assert!(report.skipped.is_empty(), "{report:?}");
}

#[tokio::test]
async fn an_adapter_that_loses_deltas_fails() {
    let failed = failures(Fault::DropsDeltas).await;
    assert!(
        failed.contains(&"each text starts, grows and ends with its whole"),
        "{failed:?}"
    );
}

#[tokio::test]
async fn an_adapter_that_takes_a_broken_stream_for_success_fails() {
    let failed = failures(Fault::HidesBreaks).await;
    assert!(
        failed.contains(&"a stream without its terminal event is an error"),
        "{failed:?}"
    );
    assert!(
        failed.contains(&"a cut stream is an error with what had arrived"),
        "{failed:?}"
    );
}

#[tokio::test]
async fn an_adapter_that_loses_retry_after_fails() {
    let failed = failures(Fault::LosesRetryAfter).await;
    assert!(failed.contains(&"Retry-After is read"), "{failed:?}");
}

#[derive(Debug)]
struct TextOnly;

#[async_trait]
impl Harness for TextOnly {
    async fn start(&self, script: Script) -> Result<Subject, Error> {
        let provider = ScriptedProvider::new(script).able_to(Capabilities::text_only());
        let adapter = Adapter {
            provider: provider.clone(),
            fault: Fault::None,
        };
        Ok(subject(adapter, provider))
    }
}

#[tokio::test]
async fn what_an_adapter_cannot_do_is_skipped() {
    let report = conformance::run(&TextOnly).await;
    assert!(report.is_success(), "{report}");
    assert!(
        report.skipped.contains(&"a tool call comes whole"),
        "{report:?}"
    );
}

#[test]
fn trials_have_names_of_their_own() {
    let mut names: Vec<_> = conformance::trials()
        .iter()
        .map(conformance::Trial::name)
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
