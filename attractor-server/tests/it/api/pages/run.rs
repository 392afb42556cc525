//! The page of a run: what it shows, to whom, and what of it is sent again.

use serde_json::{Value, json};

use super::browser::{Browser, csrf, place};
use crate::api::harness::{TestServer, entry, sum};

const RUNNER: &str = "arr_page";

const HOSTILE: &str = r#"<script>alert(1)</script>"><img src=x onerror=alert(2)>"#;

/// What a node did: it said something, edited a file, and was done.
fn visit(after: i64, node: &str, said: &str) -> Vec<Value> {
    let edit = json!({ "file_path": "a.txt", "old_string": "old line", "new_string": said });
    let entries = [
        (
            "EngineNodeStarted",
            json!({ "event": "stage_started", "index": 1, "visit": 1, "attempt": 1, "handler": "codergen" }),
        ),
        (
            "EngineModelResponse",
            json!({ "event": "model_response", "provider": "p", "model": "m",
            "input_tokens": 1200, "output_tokens": 30, "cost_micro_usd": 12_345 }),
        ),
        ("EngineText", json!({ "event": "text", "text": said })),
        (
            "EngineToolCallStarted",
            json!({ "event": "tool_call_started", "call_id": "1",
            "tool": "edit_file", "summary": "a.txt", "arguments": edit }),
        ),
        (
            "EngineToolCallCompleted",
            json!({ "event": "tool_call_completed", "call_id": "1",
            "tool": "edit_file", "is_error": false, "summary": "one place", "output": said }),
        ),
        (
            "EngineNodeCompleted",
            json!({ "event": "stage_completed", "index": 1, "attempt": 1,
            "outcome": { "status": "success", "notes": said }, "duration_ms": 1500 }),
        ),
    ];
    let entries = entries
        .into_iter()
        .zip(after + 1..)
        .map(|((kind, mut what), seq)| {
            what["node"] = node.into();
            let mut event = entry(seq, kind, what);
            if kind == "EngineModelResponse" {
                event["costMicroUsd"] = 12_345.into();
            }
            event
        });
    entries.collect()
}

async fn tell(server: &TestServer, after: usize, events: &[Value], live: &[Value]) {
    let body = json!({ "after": after, "events": events, "live": live });
    server.tell(RUNNER, "events", &body).await.is(200);
}

async fn ask(server: &TestServer, prompt: &str) -> String {
    let kind = attractor_core::QuestionKind::MultipleChoice;
    let question = attractor_core::Question::new("work", kind, prompt)
        .with_option("A", "Approve")
        .with_option("R", "Reject");
    let new = json!({
        "key": "1", "nodeId": "work", "prompt": prompt, "question": question,
        "options": [{"key": "A", "label": "Approve"}, {"key": "R", "label": prompt}],
    });
    let asked = server.tell(RUNNER, "questions", &new).await.is(200).json();
    asked["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_runs_page_shows_what_was_said_done_and_spent() {
    let server = TestServer::start().await;
    let (_, run) = server.leased(RUNNER).await;
    tell(&server, 0, &visit(0, "work", "new line"), &[]).await;
    let text = "# Report";
    let digest = sum(text);
    let what = ("text/markdown", digest.as_str());
    let artifact = server.put_artifact(RUNNER, "report.md", what, text);
    artifact.await.is(201);
    ask(&server, "Ship?").await;
    let browser = Browser::admin(&server).await;
    let page = browser.get(&format!("/runs/{run}")).await.is(200).body;
    for part in [
        r#"data-id="work" data-state="success""#,
        r#"<div class="turn-said">new line</div>"#,
        r#"<span class="del">−old line"#,
        r#"<span class="add">+new line"#,
        "1.5s",
        r#"id="run-cost">$0.01<"#,
        "1.2k in, 30 out",
        "report.md",
        r#"<p class="asks">Ship?</p>"#,
        r#"value="A" class="primary">Approve<"#,
        r#"<span class="state is-success">success</span>"#,
        "Cancel the run",
        r#"id="graph-dot""#,
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let done = json!({ "outcome": "failed", "error": "it broke" });
    server.tell(RUNNER, "finish", &done).await.is(200);
    let over = browser.get(&format!("/runs/{run}")).await.is(200).body;
    assert!(over.contains("it broke") && over.contains("Run again"));
    assert!(!over.contains("Cancel the run") && !over.contains(r#"class="asks""#));
}

#[tokio::test]
async fn what_a_run_says_is_shown_as_it_is_and_does_nothing() {
    let server = TestServer::start().await;
    let (_, run) = server.leased(RUNNER).await;
    let mut events = visit(0, HOSTILE, HOSTILE);
    events.extend(visit(6, "work", HOSTILE));
    tell(&server, 0, &events, &[]).await;
    let name = "it's%20%22quoted%22%20%3Cb%3E.html";
    let digest = sum(HOSTILE);
    let stored = server.put_artifact(RUNNER, name, ("text/html", &digest), HOSTILE);
    let stored = stored.await;
    ask(&server, HOSTILE).await;
    let browser = Browser::admin(&server).await;
    let node = HOSTILE
        .replace('<', "%3C")
        .replace('>', "%3E")
        .replace('"', "%22")
        .replace(' ', "+");
    let mut places = vec![
        format!("/runs/{run}"),
        format!("/runs/{run}?node=work"),
        format!("/runs/{run}?node={node}"),
        format!("/runs/{run}/part/now?node={node}"),
        format!("/runs/{run}/part/transcript?node={node}"),
        format!("/runs/{run}/part/artifacts"),
        format!("/runs/{run}/log"),
        "/".to_owned(),
    ];
    if stored.status == 201 {
        let id = stored.json()["id"].as_str().unwrap().to_owned();
        places.push(format!("/runs/{run}/artifacts/{id}"));
    }
    for path in places {
        let page = browser.get(&path).await.is(200).body;
        assert!(
            !page.contains("<script>") && !page.contains("<img src=x"),
            "{path}: {page}"
        );
        assert!(
            !page.contains("<b>.html") && !page.contains(r#""quoted" <"#),
            "{path}: {page}"
        );
    }
    let page = browser.get(&format!("/runs/{run}?node={node}")).await.body;
    assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
    let done = json!({ "outcome": "failed", "error": HOSTILE });
    server.tell(RUNNER, "finish", &done).await.is(200);
    let over = browser.get(&format!("/runs/{run}")).await.is(200).body;
    assert!(!over.contains("<script>") && over.contains("Run again"));
}

#[tokio::test]
async fn who_may_only_look_is_offered_nothing_else() {
    let server = TestServer::start().await;
    let (project, run) = server.leased(RUNNER).await;
    let question = ask(&server, "Ship?").await;
    let viewer = server.token("viewer", Some(&project)).await;
    let viewer = Browser::sign_in(&server, &viewer).await;
    for path in [format!("/runs/{run}"), "/".to_owned()] {
        let page = viewer.get(&path).await.is(200).body;
        assert!(
            page.contains("Answering takes the role operator."),
            "{path}"
        );
        assert_eq!(page.matches("<form").count(), 1, "{path}: only to sign out");
    }
    let csrf = csrf(&viewer.get("/").await.body);
    for act in [
        "cancel",
        "pause",
        "resume",
        "rerun",
        &format!("questions/{question}"),
    ] {
        let path = format!("/runs/{run}/{act}");
        viewer
            .send_as(&path, &csrf, &[("answer", "A")])
            .await
            .is(403);
    }
    let operator = server.token("operator", Some(&project)).await;
    let operator = Browser::sign_in(&server, &operator).await;
    let page = operator.get(&format!("/runs/{run}")).await.is(200).body;
    assert!(page.contains("Cancel the run") && page.contains("Pause"));
}

#[tokio::test]
async fn a_question_is_answered_where_it_is_shown() {
    let server = TestServer::start().await;
    let (_, run) = server.leased(RUNNER).await;
    let question = ask(&server, "Ship?").await;
    let browser = Browser::admin(&server).await;
    let overview = browser.get("/").await.is(200).body;
    let action = format!("/runs/{run}/questions/{question}");
    assert!(
        overview.contains(&format!(r#"action="{action}" data-in-place"#)),
        "{overview}"
    );
    let csrf = csrf(&overview);
    let wrong = [("answer", "Maybe"), ("overview", "yes")];
    browser.send_as(&action, &csrf, &wrong).await.is(400);
    let good = [("answer", "A"), ("text", "well done"), ("overview", "yes")];
    let led = browser.send_as(&action, &csrf, &good).await.is(303);
    assert_eq!(place(&led), "/");
    let overview = browser.get("/").await.is(200).body;
    assert!(overview.contains("No run asks anything."));
    let late = browser.send_as(&action, &csrf, &good).await.is(409);
    assert!(
        late.body.contains("That isn&#39;t possible now"),
        "{}",
        late.body
    );
}

/// What the browser has is asked for again.
async fn again(browser: &Browser<'_>, path: &str, tag: &str) -> (u16, String) {
    let reply = browser.get_unless(path, tag).await;
    let tag = reply.headers["etag"].to_str().unwrap().to_owned();
    (reply.status, tag)
}

#[tokio::test]
async fn a_part_is_sent_again_only_if_something_has_changed() {
    let server = TestServer::start().await;
    let (project, run) = server.leased(RUNNER).await;
    tell(&server, 0, &visit(0, "work", "one"), &[]).await;
    let browser = Browser::admin(&server).await;
    let parts = [
        "/part/overview".to_owned(),
        "/part/runs".to_owned(),
        format!("/projects/{project}/part/runs"),
        format!("/runs/{run}/part/now"),
        format!("/runs/{run}/part/transcript"),
    ];
    let mut tags = Vec::new();
    for part in &parts {
        let (status, tag) = again(&browser, part, "\"none\"").await;
        assert_eq!(status, 200, "{part}");
        tags.push(tag);
    }
    // Time goes by: what is shown of it isn't news.
    server.clock.advance(std::time::Duration::from_secs(90));
    for (part, tag) in parts.iter().zip(&tags) {
        assert_eq!(
            again(&browser, part, tag).await,
            (304, tag.clone()),
            "{part}"
        );
    }
    let more = visit(6, "work", "two");
    tell(&server, 6, &more, &[]).await;
    for (part, tag) in parts.iter().zip(&tags) {
        let (status, _) = again(&browser, part, tag).await;
        assert_eq!(status, 200, "{part}");
    }
}

#[tokio::test]
async fn each_event_is_taken_in_once_however_often_a_page_is_looked_at() {
    let server = TestServer::start().await;
    let (_, run) = server.leased(RUNNER).await;
    let browser = Browser::admin(&server).await;
    for visits in 0..4 {
        let after = visits * 6;
        tell(
            &server,
            after,
            &visit(i64::try_from(after).unwrap(), "work", "said"),
            &[],
        )
        .await;
        for _ in 0..2 {
            let page = browser.get(&format!("/runs/{run}")).await.is(200).body;
            assert_eq!(
                page.matches(r#"<div class="turn-said">said"#).count(),
                visits + 1
            );
            assert_eq!(page.matches("turn-call is-done").count(), visits + 1);
        }
    }
}

#[tokio::test]
async fn who_comes_in_the_middle_of_a_message_is_told_its_beginning() {
    let server = TestServer::start().await;
    let (_, run) = server.leased(RUNNER).await;
    let piece = |text: &str| json!({ "nodeId": "work", "kind": "text", "text": text });
    let begins = &visit(0, "work", "x")[..1];
    tell(&server, 0, begins, &[piece("It be"), piece("gins")]).await;
    // A batch that is refused says nothing: it's sent again.
    let refused = json!({ "after": 9, "events": [], "live": [piece("gins")] });
    server.tell(RUNNER, "events", &refused).await.is(409);
    let path = format!("/api/runs/{run}/events");
    let mut events = server.events(&path, &[]).await;
    let first = events.next().await.unwrap();
    assert_eq!(first.event, "soFar");
    assert_eq!(first.data["nodes"][0]["text"], "It begins");
    assert_eq!(first.data["nodes"][0]["isCut"], false);
    tell(&server, 1, &[], &[piece(" so")]).await;
    let live = loop {
        let event = events.next().await.unwrap();
        if event.event == "live" {
            break event.data;
        }
    };
    assert_eq!(live["text"], " so");
    let after = first.data["number"].as_u64().unwrap();
    assert_eq!(
        (&live["server"], live["number"].as_u64().unwrap()),
        (&first.data["server"], after + 1)
    );
    // What is stored isn't said again.
    let text = entry(
        2,
        "EngineText",
        json!({ "event": "text", "node": "work", "text": "It begins so" }),
    );
    tell(&server, 1, &[text], &[]).await;
    let mut later = server.events(&path, &[]).await;
    assert_eq!(later.next().await.unwrap().event, "message");
}

/// A pipeline with so many nodes, one after the other.
fn chain(nodes: usize) -> String {
    let names: Vec<_> = (3..=nodes).map(|n| format!("n{n}")).collect();
    let declared: String = names
        .iter()
        .map(|it| format!("{it} [prompt=\"x\"]\n"))
        .collect();
    let ends = "start [shape=Mdiamond]\nexit [shape=Msquare]\n";
    format!(
        "digraph big {{\n{ends}{declared}start -> {} -> exit\n}}",
        names.join(" -> ")
    )
}

#[tokio::test]
async fn what_runs_is_shown_before_what_waits() {
    let server = TestServer::start().await;
    let (project, run) = server.leased(RUNNER).await;
    let store = &server.store;
    let attractor = store
        .run(&run.parse().unwrap())
        .await
        .unwrap()
        .attractor_def_id;
    for _ in 0..25 {
        server.run(&project, attractor.as_str()).await;
    }
    let page = Browser::admin(&server).await.get("/").await.is(200).body;
    let rows: Vec<_> = page.split("<tr id=\"run-").skip(1).collect();
    assert!(rows[0].starts_with(&run), "{page}");
    assert!(rows.len() == 20 && page.contains("All that wait"), "{page}");
}

#[tokio::test]
async fn a_graph_that_cannot_be_drawn_says_what_to_do() {
    let server = TestServer::start().await;
    let project = server.project("Graphs").await;
    let browser = Browser::admin(&server).await;
    let table = [
        (Some(410), "410 nodes, which are too many"),
        (Some(1_001), "attractor graph --format dot"),
        (None, "as soon as the run has read it"),
    ];
    for (nodes, says) in table {
        let mut body = json!({ "name": says, "repoPath": "a.dot", "defaultRunType": "task" });
        if let Some(nodes) = nodes {
            body["content"] = chain(nodes).into();
        }
        let path = format!("/api/projects/{project}/attractors");
        let attractor = server.post(&path, &body).await.is(201).json();
        let run = server
            .run(&project, attractor["id"].as_str().unwrap())
            .await;
        let page = browser.get(&format!("/runs/{run}")).await.is(200).body;
        assert!(page.contains(says), "{says}: {page}");
        assert!(!page.contains(r#"id="graph-dot""#));
    }
}
