//! The cost budget.

#![expect(clippy::unwrap_used, reason = "tests")]

use attractor_llm::catalog::Cost;
use attractor_llm::testing::{Script, ScriptedProvider, Turn};
use attractor_llm::{
    Client, CostBudget, Error, ErrorKind, Message, Request, Response, ResponseCache,
};
use futures::StreamExt as _;

/// A dollar for a million tokens of the prompt.
const MODEL: &str = "claude-haiku-4-5";

fn ask() -> Request {
    Request::new(MODEL, vec![Message::user("hello")])
}

fn dollars(text: &str) -> Cost {
    text.parse().unwrap()
}

/// Each answer costs ten cents.
fn model() -> ScriptedProvider {
    ScriptedProvider::new(Script::new().turn(Turn::text("hi").usage(100_000, 0).repeat()))
}

fn client(model: ScriptedProvider, budget: &CostBudget) -> Client {
    let builder = Client::builder().provider(model).middleware(budget.clone());
    builder.build().unwrap()
}

/// Streams to the end; the last item.
async fn streamed(client: &Client) -> Result<(), Error> {
    let mut events = client.stream(ask()).await?;
    while let Some(event) = events.next().await {
        event?;
    }
    Ok(())
}

#[tokio::test]
async fn both_modes_are_charged_and_refused_once_the_limit_is_reached() {
    let budget = CostBudget::new(dollars("0.25"));
    let model = model();
    let client = client(model.clone(), &budget);
    client.complete(ask()).await.unwrap();
    streamed(&client).await.unwrap();
    assert_eq!(budget.spent(), dollars("0.20"));
    client.complete(ask()).await.unwrap();
    assert_eq!(budget.spent(), dollars("0.30"));

    let refusals = [
        client.complete(ask()).await.unwrap_err(),
        streamed(&client).await.unwrap_err(),
    ];
    for error in refusals {
        assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
        assert!(!error.is_retryable());
        assert_eq!(error.error_code(), Some("cost_budget"));
        let text = error.to_string();
        assert!(
            text.contains("$0.25") && text.contains("$0.30 spent"),
            "{text}"
        );
    }
    assert_eq!(model.requests().len(), 3);
}

#[tokio::test]
async fn clones_share_what_is_spent() {
    let budget = CostBudget::new(dollars("0.15"));
    let (one, two) = (client(model(), &budget), client(model(), &budget));
    one.complete(ask()).await.unwrap();
    two.complete(ask()).await.unwrap();
    assert!(one.complete(ask()).await.is_err());
    assert_eq!(budget.spent(), dollars("0.20"));
}

#[tokio::test(start_paused = true)]
async fn calls_at_the_same_time_keep_to_the_limit_when_they_set_money_aside() {
    let slow = Turn::text("hi").usage(100_000, 0).delay_ms(100).repeat();
    let model = ScriptedProvider::new(Script::new().turn(slow));
    let budget = CostBudget::new(dollars("0.35")).reserve(dollars("0.10"));
    let client = client(model, &budget);
    let calls = (0..10).map(|_| client.complete(ask()));
    let results: Vec<Result<Response, Error>> = futures::future::join_all(calls).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
    assert_eq!(budget.spent(), dollars("0.30"));
    let error = results.into_iter().find_map(Result::err).unwrap();
    assert!(error.to_string().contains("$0.30 set aside"), "{error}");
}

#[tokio::test]
async fn money_set_aside_by_a_dropped_call_comes_back() {
    let silent = ScriptedProvider::new(Script::new().turn(Turn::silence().repeat()));
    let budget = CostBudget::new(dollars("0.10")).reserve(dollars("0.10"));
    let client = client(silent, &budget);
    for _ in 0..3 {
        let mut call = Box::pin(client.complete(ask()));
        assert!(futures::poll!(&mut call).is_pending());
        drop(call);
    }
    assert_eq!(budget.spent(), Cost::ZERO);
}

#[tokio::test]
async fn a_model_without_a_price_is_refused_unless_it_counts_as_free() {
    let request = || Request::new("nobody-knows", vec![Message::user("hello")]);
    let strict = CostBudget::new(dollars("1"));
    let error = client(model(), &strict)
        .complete(request())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
    assert!(
        error.to_string().contains("\"nobody-knows\" isn't known"),
        "{error}"
    );

    let lenient = CostBudget::new(dollars("1")).allow_unpriced();
    client(model(), &lenient).complete(request()).await.unwrap();
    assert_eq!(lenient.spent(), Cost::ZERO);
}

#[tokio::test]
async fn an_answer_of_the_cache_costs_nothing() {
    let budget = CostBudget::new(dollars("1"));
    let builder = Client::builder()
        .provider(model())
        .middleware(budget.clone())
        .middleware(ResponseCache::in_memory());
    let client = builder.build().unwrap();
    for _ in 0..3 {
        client.complete(ask()).await.unwrap();
    }
    streamed(&client).await.unwrap();
    assert_eq!(budget.spent(), dollars("0.10"));
}
