use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::fold::Fold;
use super::pipeline::Pipeline;
use super::story::Story;
use super::transcript::{Transcript, TurnKind};
use crate::api::{Answer, OfRun, Path, Query};
use crate::app::App;
use crate::domain::{
    Artifact, Error, PageRequest, QuestionStatus, Run, RunStatus, RunType, Timestamp,
};
use crate::progress::format;
use crate::web::moment::Took;
use crate::web::question::Asked;
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
#[template(path = "run/graph.html")]
struct GraphPart {
    now: Now,
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
    story: Arc<Story>,
    /// Those that wait.
    questions: Vec<Asked>,
    pipeline: Arc<Pipeline>,
    fold: Fold,
    /// The node that the transcript is of.
    node: Option<String>,
    may_operate: bool,
    at: Timestamp,
}

#[derive(Debug)]
struct Spoken {
    transcript: Arc<Transcript>,
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
        let fold = Fold::read(app, &run).await?;
        let mut story = Arc::clone(&fold.story);
        if run.status != RunStatus::Running {
            Arc::make_mut(&mut story).stop();
        }
        let works = story.works().map(str::to_owned);
        Ok(Self {
            node: node.map(str::to_owned).or(works),
            may_operate: visitor.shell.operates(&run.project_id),
            project: project.name,
            attractor: attractor.name,
            questions: pending(app, &visitor.shell, &run).await?,
            pipeline: fold.pipeline(),
            run,
            story,
            fold,
            at: app.now(),
        })
    }

    /// Whether there are events that the page doesn't show yet.
    fn is_behind(&self) -> bool {
        self.story.last_seq < self.run.last_seq
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
    fn duration(&self) -> Option<Took> {
        Took::of(&self.run, self.at)
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

/// The questions of a run that wait for an answer.
async fn pending(app: &App, shell: &Shell, run: &Run) -> Result<Vec<Asked>, Error> {
    if run.status.is_over() {
        return Ok(Vec::new());
    }
    let questions = app.store().questions(&run.id).await?.into_iter();
    let waiting = questions.filter(|it| it.status == QuestionStatus::Pending);
    Ok(waiting
        .map(|question| Asked::new(question, run, shell, None))
        .collect())
}

impl Spoken {
    fn of(now: &Now, is_chosen: bool) -> Self {
        let node = now.node.as_deref();
        Self {
            transcript: node.map(|it| now.fold.transcript(it)).unwrap_or_default(),
            is_chosen,
            seq: now.story.last_seq,
        }
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
        spoken: Spoken::of(&now, node.is_some()),
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
    if name == "artifacts" {
        let left = Left::of(&app, &run).await?;
        return show::part(&visitor.shell, &ArtifactsPart { left });
    }
    let now = Now::of(&app, &visitor, run, node).await?;
    let shell = visitor.shell;
    match name.as_str() {
        "now" => show::part(&shell.clone(), &NowPart { shell, now }),
        "transcript" => {
            let spoken = Spoken::of(&now, node.is_some());
            show::part(&shell, &TranscriptPart { now, spoken })
        }
        "graph" => show::part(&shell, &GraphPart { now }),
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
