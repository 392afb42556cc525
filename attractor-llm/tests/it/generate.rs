//! `generate` over one step: prompts, settings, retries, time and cancellation.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use attractor_llm::catalog::{self, ModelInfo};
use attractor_llm::testing::{Match, Script, ScriptedProvider, Turn};
use attractor_llm::{
    Client, ErrorKind, Generation, Message, RetryPolicy, Role, TimeoutConfig, generate,
    set_default_client, stream,
};
use futures::StreamExt as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) fn scripted(turns: impl IntoIterator<Item = Turn>) -> (Client, ScriptedProvider) {
    let provider = ScriptedProvider::new(turns.into_iter().fold(Script::new(), Script::turn));
    let client = Client::builder().provider(provider.clone()).build();
    (client.unwrap(), provider)
}

pub(crate) fn ask<M>(call: Generation<M>, client: &Client) -> Generation<M> {
    call.client(client).prompt("hello")
}

#[tokio::test]
async fn a_prompt_is_one_user_message_after_the_system_message() {
    let (client, provider) = scripted([Turn::text("Hi.").usage(7, 2)]);
    let result = ask(generate("m"), &client)
        .system("Be brief.")
        .await
        .unwrap();
    assert_eq!(result.text, "Hi.");
    assert_eq!(
        (result.steps.len(), result.total_usage.total_tokens),
        (1, 9)
    );
    assert_eq!(result.usage, result.response.usage);
    let sent = &provider.requests()[0].messages;
    assert_eq!(
        *sent,
        [Message::system("Be brief."), Message::user("hello")]
    );
    assert_eq!(result.messages[..2], *sent);
    assert_eq!(result.messages[2].role, Role::Assistant);
}

#[tokio::test]
async fn a_conversation_is_sent_as_it_is_with_every_setting() {
    let (client, provider) = scripted([Turn::text("Three.")]);
    let conversation = [
        Message::user("one"),
        Message::assistant("two"),
        Message::user("go on"),
    ];
    generate("m")
        .client(&client)
        .messages(conversation.clone())
        .temperature(0.5)
        .top_p(0.9)
        .max_tokens(9)
        .stop_sequences(vec!["end".to_owned()])
        .reasoning_effort("low")
        .provider("scripted")
        .provider_option("scripted", "a", 1)
        .await
        .unwrap();
    let sent = provider.requests().remove(0);
    assert_eq!(sent.messages, conversation);
    assert_eq!(
        (sent.temperature, sent.top_p, sent.max_tokens),
        (Some(0.5), Some(0.9), Some(9))
    );
    assert_eq!(sent.stop_sequences, ["end"]);
    assert_eq!(sent.reasoning_effort.as_deref(), Some("low"));
    assert_eq!(sent.provider_options["scripted"]["a"], 1);
}

#[tokio::test]
async fn prompt_and_messages_together_or_neither_are_refused_before_anything_is_sent() {
    let (client, provider) = scripted([Turn::text("never")]);
    let both = ask(generate("m"), &client).messages([Message::user("hello")]);
    let neither = generate("m").client(&client);
    for call in [both, neither] {
        assert_eq!(call.await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    }
    let streamed = ask(stream("m"), &client).messages([Message::user("hello")]);
    assert_eq!(
        streamed.await.unwrap_err().kind(),
        ErrorKind::InvalidRequest
    );
    assert!(provider.requests().is_empty());
}

#[tokio::test]
async fn a_call_without_a_client_uses_the_default_one() {
    let (client, _) = scripted([Turn::text("from the default")]);
    set_default_client(client);
    let result = generate("m").prompt("hello").await.unwrap();
    assert_eq!(result.text, "from the default");
}

fn busy() -> Turn {
    Turn::api_error(503, "overloaded")
}

#[tokio::test(start_paused = true)]
async fn a_passing_failure_is_retried_twice_unless_told_otherwise() {
    let turns = || [busy().times(2), Turn::text("at last")];
    let (client, provider) = scripted(turns());
    assert_eq!(ask(generate("m"), &client).await.unwrap().text, "at last");
    assert_eq!(provider.requests().len(), 3);

    let (client, provider) = scripted(turns());
    let error = ask(generate("m"), &client)
        .max_retries(0)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), provider.requests().len()),
        (ErrorKind::Server, 1)
    );

    let (client, provider) = scripted([Turn::api_error(401, "no"), Turn::text("never")]);
    let error = ask(generate("m"), &client)
        .retry(RetryPolicy::default())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), provider.requests().len()),
        (ErrorKind::Authentication, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn the_total_time_ends_a_call_with_its_retries() {
    let begun = Instant::now();
    let (client, _) = scripted([Turn::silence()]);
    let call = ask(generate("m"), &client).timeout(Duration::from_secs(5));
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::RequestTimeout);
    assert_eq!(begun.elapsed().as_secs(), 5);

    let (client, _) = scripted([busy().repeat()]);
    let policy = RetryPolicy::default().max_retries(100);
    let call = ask(generate("m"), &client)
        .retry(policy)
        .timeout(Duration::from_secs(5));
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::RequestTimeout);
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_step_ends_an_attempt_in_both_modes() {
    let per_step = || TimeoutConfig::new().per_step(Duration::from_secs(3));
    let begun = Instant::now();
    let (client, _) = scripted([Turn::silence()]);
    let error = ask(generate("m"), &client)
        .timeout(per_step())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RequestTimeout);
    assert_eq!(begun.elapsed().as_secs(), 3);

    let slow = Turn::text("a long answer in many pieces").event_delay_ms(1_000);
    let (client, _) = scripted([slow]);
    let mut events = ask(stream("m"), &client).timeout(per_step()).await.unwrap();
    let error = events.response().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RequestTimeout);
    assert!(
        error
            .partial_response()
            .unwrap()
            .text()
            .starts_with("a long"),
        "{error:?}"
    );
    assert_eq!(begun.elapsed().as_secs(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_token_aborts_both_modes() {
    let token = CancellationToken::new();
    let (client, _) = scripted([Turn::silence()]);
    let call = ask(generate("m"), &client).cancellation(token.clone());
    let (result, ()) = futures::join!(call.into_future(), async { token.cancel() });
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Abort);

    let token = CancellationToken::new();
    let slow = Turn::text("a long answer in many pieces").event_delay_ms(1_000);
    let (client, _) = scripted([slow]);
    let mut events = ask(stream("m"), &client)
        .cancellation(token.clone())
        .await
        .unwrap();
    for _ in 0..3 {
        events.next().await.unwrap().unwrap();
    }
    token.cancel();
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Abort);
    assert_eq!(error.partial_response().unwrap().text(), "a long answe");
    assert!(events.next().await.is_none());
    assert_eq!(
        events.response().await.unwrap_err().kind(),
        ErrorKind::Stream
    );
}

#[tokio::test]
async fn a_token_that_was_cancelled_before_sends_nothing() {
    let token = CancellationToken::new();
    token.cancel();
    let (client, provider) = scripted([Turn::text("never").when(Match::any())]);
    let call = ask(generate("m"), &client).cancellation(token);
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Abort);
    assert!(provider.requests().is_empty());
}

#[tokio::test]
async fn a_full_window_without_an_answer_is_an_error_and_with_one_a_warning() {
    catalog::register(ModelInfo::new("scripted", "small-window", 1_000));
    let (client, provider) = scripted([
        Turn::text("")
            .usage(998, 0)
            .finish_reason("length")
            .times(2),
        Turn::text("Something.").usage(2_000, 3),
    ]);
    let error = ask(generate("small-window"), &client).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::ContextLength, false)
    );
    let mut streamed = ask(stream("small-window"), &client).await.unwrap();
    let error = streamed.response().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ContextLength);
    let result = ask(generate("small-window"), &client).await.unwrap();
    let warnings = &result.steps[0].warnings;
    assert_eq!(warnings[0].code.as_deref(), Some("context_overflow"));
    assert_eq!(provider.requests().len(), 3);
}
