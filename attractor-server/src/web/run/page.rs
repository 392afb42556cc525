use std::time::Duration;

use askama::Template;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;

use super::read::{self, Pipeline};
use super::story::Story;
use super::transcript::{Transcript, TurnKind};
use crate::api::{Answer, OfRun, Path, Query};
use crate::app::App;
use crate::domain::{
    Artifact, Error, PageRequest, QuestionStatus, Run, RunQuestion, RunStatus, RunType, Timestamp,
};
use crate::progress::format;
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

/// Artifacts that the page lists; all are in the API.
const ARTIFACTS: u32 = 200;

#[derive(Debug, Template)]
#[template(path = "run/page.html")]
struct RunPage {
    shell: Shell,
    now: Now,
    spoken: Spoken,
    left: Left,
}

/// How the run stands: its head, its questions, its nodes and its timeline.
#[derive(Debug, Template)]
#[template(path = "run/now.html")]
struct NowPart {
    shell: Shell,
    now: Now,
}

#[derive(Debug, Template)]
#[template(path = "run/transcript.html")]
struct TranscriptPart {
    now: Now,
    spoken: Spoken,
}

#[derive(Debug, Template)]
#[template(path = "run/artifacts.html")]
struct ArtifactsPart {
    left: Left,
}

/// Which node somebody looks at; the one that works, or worked last, if none.
#[derive(Debug, Deserialize)]
pub(super) struct RunQuery {
    #[serde(default)]
    node: Option<String>,
}

#[derive(Debug)]
struct Now {
    run: Run,
    project: String,
    attractor: String,
    story: Story,
    questions: Vec<Asked>,
    pipeline: Pipeline,
    /// The node that the transcript is of.
    node: Option<String>,
    may_operate: bool,
    at: Timestamp,
}

/// A question of the run.
#[derive(Debug)]
struct Asked {
    question: RunQuestion,
    kind: String,
    options: Vec<(String, String)>,
}

#[derive(Debug)]
struct Spoken {
    transcript: Transcript,
    /// Whether the node is the reader's choice.
    is_chosen: bool,
    seq: i64,
}

#[derive(Debug)]
struct Left {
    run: Run,
    artifacts: Vec<Artifact>,
    has_more: bool,
}

impl Now {
    async fn of(app: &App, visitor: &Visitor, run: Run, node: Option<&str>) -> Result<Self, Error> {
        let project = app.store().project(&run.project_id).await?;
        let attractor = app
            .store()
            .attractor(&run.project_id, &run.attractor_def_id)
            .await?;
        let story = read::story(app, &run).await?;
        let questions = app.store().questions(&run.id).await?;
        let pipeline = Pipeline::of(app, &run).await;
        let works = story.works().map(str::to_owned);
        Ok(Self {
            node: node.map(str::to_owned).or(works),
            may_operate: visitor.shell.operates(&run.project_id),
            project: project.name,
            attractor: attractor.name,
            questions: questions.into_iter().map(Asked::new).collect(),
            run,
            story,
            pipeline,
            at: app.now(),
        })
    }

    fn pending(&self) -> Vec<&Asked> {
        let waits = |asked: &&Asked| asked.question.status == QuestionStatus::Pending;
        let can_wait = !self.run.status.is_over();
        self.questions
            .iter()
            .filter(|_| can_wait)
            .filter(waits)
            .collect()
    }

    fn is(&self, status: &str) -> bool {
        self.run.status.as_str() == status
    }

    fn can_pause(&self) -> bool {
        matches!(self.run.status, RunStatus::Queued | RunStatus::Running)
    }

    fn can_resume(&self) -> bool {
        let paused = [RunStatus::Paused, RunStatus::Failed, RunStatus::Timeout];
        paused.contains(&self.run.status)
    }

    /// How long it takes or took.
    fn duration(&self) -> Option<String> {
        let end = self.run.finished_at.unwrap_or(self.at);
        Some(crate::web::moment::span(end.since(self.run.started_at?)))
    }

    /// When something happened: so long after the run was created.
    fn offset(&self, ts: &Timestamp) -> String {
        let seconds = ts.since(self.run.created_at).as_secs();
        match seconds {
            0..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
            _ => format!(
                "{}:{:02}:{:02}",
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60
            ),
        }
    }

    /// Edges that were followed, as the page's script takes them.
    fn edges(&self) -> String {
        let edges = self
            .story
            .edges
            .iter()
            .map(|(edge, times)| format!("{edge}:{times}"));
        edges.collect::<Vec<_>>().join(" ")
    }

    fn label<'a>(&'a self, node: &'a str) -> &'a str {
        self.pipeline.label(node)
    }

    /// Whether a node has another name than its id.
    fn has_label(&self, node: &str) -> bool {
        self.label(node) != node
    }

    /// Whether it writes to its target branch.
    fn writes(&self) -> bool {
        self.run.run_type == RunType::Implementation
    }

    fn is_shown(&self, node: &str) -> bool {
        self.node.as_deref() == Some(node)
    }
}

impl Asked {
    fn new(question: RunQuestion) -> Self {
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let options = question.options.as_ref().and_then(Value::as_array);
        let pair = |option: &Value| (text(option, "key"), text(option, "label"));
        Self {
            kind: text(&question.question, "kind"),
            options: options.into_iter().flatten().map(pair).collect(),
            question,
        }
    }

    fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }
}

impl Spoken {
    async fn of(app: &App, now: &Now, is_chosen: bool) -> Result<Self, Error> {
        let (transcript, seq) = match &now.node {
            Some(node) => read::transcript(app, &now.run, node).await?,
            None => (Transcript::default(), now.story.last_seq),
        };
        Ok(Self {
            transcript,
            is_chosen,
            seq,
        })
    }
}

impl Left {
    async fn of(app: &App, run: &Run) -> Result<Self, Error> {
        let request = PageRequest::new(Some(ARTIFACTS), None)?;
        let page = app.store().artifacts(&run.id, &request).await?;
        Ok(Self {
            run: run.clone(),
            artifacts: page.items,
            has_more: page.next.is_some(),
        })
    }
}

/// The run's page.
pub(super) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    OfRun(run): OfRun,
    Query(query): Query<RunQuery>,
) -> Answer {
    let node = query.node.as_deref();
    let now = Now::of(&app, &visitor, run, node).await?;
    let page = RunPage {
        shell: visitor.shell.with_graph(),
        spoken: Spoken::of(&app, &now, node.is_some()).await?,
        left: Left::of(&app, &now.run).await?,
        now,
    };
    show::page(&page.shell, &page)
}

/// A part of it, by its name.
pub(super) async fn part(
    State(app): State<App>,
    visitor: Visitor,
    OfRun(run): OfRun,
    Path((_, name)): Path<(String, String)>,
    Query(query): Query<RunQuery>,
) -> Answer {
    let node = query.node.as_deref();
    match name.as_str() {
        "now" => {
            let now = Now::of(&app, &visitor, run, node).await?;
            show::part(&NowPart {
                shell: visitor.shell,
                now,
            })
        }
        "transcript" => {
            let now = Now::of(&app, &visitor, run, node).await?;
            let spoken = Spoken::of(&app, &now, node.is_some()).await?;
            show::part(&TranscriptPart { now, spoken })
        }
        "artifacts" => {
            let left = Left::of(&app, &run).await?;
            show::part(&ArtifactsPart { left })
        }
        _ => Err(Error::not_found("part of the page").into()),
    }
}

/// How long something took, as exact as it's short.
fn took(duration: &Duration) -> String {
    format::duration(*duration)
}

/// A size in bytes.
pub(super) fn size(bytes: &i64) -> String {
    let bytes = *bytes;
    match bytes {
        ..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}
