//! Trials: text, system prompt, conversation, usage, finish reason.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use super::check::{Outcome, ask, complete, ensure, ensure_eq, request, start};
use super::{Harness, Trial};
use crate::testing::script::{Match, Turn};
use crate::types::{ContentPart, FinishReasonKind, ImageData, Message, Role};

pub(super) fn trials() -> Vec<Trial> {
    vec![
        Trial::new("complete returns text, model and provider", |it| {
            Box::pin(text(it))
        }),
        Trial::new("complete passes the system prompt on", |it| {
            Box::pin(system(it))
        }),
        Trial::new("complete passes the conversation on in order", |it| {
            Box::pin(history(it))
        }),
        Trial::new("messages of one role in a row are accepted", |it| {
            Box::pin(same_role(it))
        }),
        Trial::new("complete reports the tokens used", |it| Box::pin(usage(it))),
        Trial::needing(
            "complete reports what the prompt cache did",
            |can| can.prompt_caching,
            |it| Box::pin(cache_usage(it)),
        ),
        Trial::new("complete says why the model stopped", |it| {
            Box::pin(finish_reason(it))
        }),
        Trial::new("an empty answer is no error", |it| Box::pin(empty(it))),
        Trial::new("an unknown block is kept and harms nothing", |it| {
            Box::pin(unknown_block(it))
        }),
        Trial::needing(
            "an image goes to the model",
            |can| can.images,
            |it| Box::pin(image(it)),
        ),
        Trial::new("characters of any script survive", |it| {
            Box::pin(unicode(it))
        }),
    ]
}

async fn text(harness: &dyn Harness) -> Outcome {
    let turn = Turn::text("Hello.").when(Match::any().model(harness.model()).stream(false));
    let subject = start(harness, [turn]).await?;
    let response = complete(&subject, ask(harness, "hello")).await?;
    ensure_eq("the text", response.text().as_str(), "Hello.")?;
    ensure_eq("the role", response.message.role, Role::Assistant)?;
    ensure_eq(
        "the provider",
        response.provider.as_str(),
        subject.adapter().name(),
    )?;
    ensure_eq("the model", response.model.as_str(), harness.model())?;
    ensure(!response.id.is_empty(), || {
        "the response has no id".to_owned()
    })
}

async fn system(harness: &dyn Harness) -> Outcome {
    let holds = Match::any()
        .system_contains("Be terse.")
        .last_message_contains("hello");
    let subject = start(harness, [Turn::text("ok").when(holds)]).await?;
    let messages = vec![Message::system("Be terse."), Message::user("hello")];
    complete(&subject, request(harness, messages))
        .await
        .map(drop)
}

async fn history(harness: &dyn Harness) -> Outcome {
    let holds = Match::any()
        .any_message_contains("first")
        .assistant_messages(1)
        .last_message_contains("third");
    let subject = start(harness, [Turn::text("ok").when(holds)]).await?;
    let messages = vec![
        Message::user("first"),
        Message::assistant("second"),
        Message::user("third"),
    ];
    complete(&subject, request(harness, messages))
        .await
        .map(drop)
}

async fn same_role(harness: &dyn Harness) -> Outcome {
    let holds = Match::any()
        .any_message_contains("first")
        .any_message_contains("second");
    let subject = start(harness, [Turn::text("ok").when(holds)]).await?;
    let messages = vec![Message::user("first"), Message::user("second")];
    complete(&subject, request(harness, messages))
        .await
        .map(drop)
}

async fn usage(harness: &dyn Harness) -> Outcome {
    let subject = start(harness, [Turn::text("ok").usage(11, 7)]).await?;
    let usage = complete(&subject, ask(harness, "hello")).await?.usage;
    ensure_eq("the input", usage.total_input_tokens(), 11)?;
    ensure_eq("the output", usage.output_tokens, 7)?;
    ensure_eq("the total", usage.total_tokens, 18)
}

async fn cache_usage(harness: &dyn Harness) -> Outcome {
    let turn = Turn::text("ok").usage(11, 7).cache_usage(500, 30);
    let subject = start(harness, [turn]).await?;
    let usage = complete(&subject, ask(harness, "hello")).await?.usage;
    ensure_eq("what was read", usage.cache_read_tokens, Some(500))?;
    // Not every provider says it.
    let written = usage.cache_write_tokens.unwrap_or(30);
    ensure_eq("what was written", written, 30)
}

async fn finish_reason(harness: &dyn Harness) -> Outcome {
    let reasons = [
        ("stop", FinishReasonKind::Stop),
        ("length", FinishReasonKind::Length),
        ("content_filter", FinishReasonKind::ContentFilter),
        ("something_new", FinishReasonKind::Other),
    ];
    for (word, expected) in reasons {
        let subject = start(harness, [Turn::text("ok").finish_reason(word)]).await?;
        let found = complete(&subject, ask(harness, "hello"))
            .await?
            .finish_reason;
        ensure_eq(word, found.reason, expected)?;
        ensure(found.raw.is_some(), || {
            format!("{word}: the provider's own word is lost")
        })?;
    }
    Ok(())
}

async fn empty(harness: &dyn Harness) -> Outcome {
    let subject = start(harness, [Turn::empty()]).await?;
    let response = complete(&subject, ask(harness, "hello")).await?;
    ensure_eq("the text", response.text().as_str(), "")
}

async fn unknown_block(harness: &dyn Harness) -> Outcome {
    let block = json!({"type": "block_from_the_future", "id": "b1", "data": {"n": 1}});
    let subject = start(harness, [Turn::text("ok").and_block(block.clone())]).await?;
    let response = complete(&subject, ask(harness, "hello")).await?;
    ensure_eq("the text", response.text().as_str(), "ok")?;
    let kept = response
        .message
        .content
        .iter()
        .any(|part| matches!(part, ContentPart::Other(other) if other.raw == block));
    ensure(kept, || {
        format!("the block is lost: {:?}", response.message.content)
    })
}

async fn unicode(harness: &dyn Harness) -> Outcome {
    let text = "Größe \u{1f600} 漢字\n\t\"quoted\" \\ \u{0301} end";
    let turn = Turn::text(text).when(Match::any().last_message_contains(text));
    let subject = start(harness, [turn]).await?;
    let response = complete(&subject, ask(harness, text)).await?;
    ensure_eq("the text", response.text().as_str(), text)
}

async fn image(harness: &dyn Harness) -> Outcome {
    let pixels = b"\x89PNG scripted pixels";
    let image = ContentPart::Image(ImageData::from_bytes(&pixels[..], "image/png"));
    let message = Message::new(Role::User, vec![ContentPart::text("What is it?"), image]);
    let subject = start(harness, [Turn::text("ok")]).await?;
    complete(&subject, request(harness, vec![message])).await?;
    let sent = subject.requests().pop().unwrap_or_default().to_string();
    ensure(sent.contains(&BASE64.encode(pixels)), || {
        format!("no pixels in the request: {sent}")
    })
}
