use std::time::Duration;

use askama::Template;
use axum::extract::State;

use super::limits::{OVERVIEW_QUESTIONS, OVERVIEW_RUNS};
use super::question::{Asked, Asker};
use super::runs::{self, Row};
use super::shell::{Shell, Visitor};
use super::show;
use crate::api::Answer;
use crate::app::App;
use crate::domain::{Error, PageRequest, RunQuestion, RunStatus, Timestamp};
use crate::store::{RunFilter, RunSum};

/// What the sum of costs is about.
const RECENT: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Template)]
#[template(path = "dashboard/page.html")]
struct Dashboard {
    shell: Shell,
    now: Now,
}

/// What runs now, what waits for somebody, what it costs.
#[derive(Debug, Template)]
#[template(path = "dashboard/now.html")]
struct Now {
    shell: Shell,
    figures: Vec<Figure>,
    questions: Vec<Asked>,
    under_way: Vec<Row>,
    over: Vec<Row>,
    /// Whether there is a project at all.
    has_projects: bool,
}

#[derive(Debug)]
struct Figure {
    what: &'static str,
    much: String,
    place: &'static str,
}

impl Now {
    async fn read(app: &App, visitor: &Visitor) -> Result<Self, Error> {
        let who = &visitor.who;
        let project = who.project_id.as_ref();
        let questions = app
            .store()
            .pending_questions(project, OVERVIEW_QUESTIONS)
            .await?;
        let over = [
            RunStatus::Succeeded,
            RunStatus::Failed,
            RunStatus::Timeout,
            RunStatus::Canceled,
        ];
        Ok(Self {
            figures: figures(app, visitor, questions.len()).await?,
            questions: asked(app, visitor, questions).await?,
            under_way: under_way(app, visitor).await?,
            over: list(app, visitor, &over, OVERVIEW_RUNS / 2).await?,
            has_projects: !runs::names_of_projects(app, who).await?.is_empty(),
            shell: visitor.shell.clone(),
        })
    }

    /// Whether there may be more under way than is shown.
    fn is_full(&self) -> bool {
        self.under_way.len() >= OVERVIEW_RUNS as usize
    }
}

async fn figures(app: &App, visitor: &Visitor, questions: usize) -> Result<Vec<Figure>, Error> {
    let project = visitor.who.project_id.as_ref();
    let all = app
        .store()
        .sum_runs(project, Timestamp::from_millis(0))
        .await?;
    let day = i64::try_from(RECENT.as_millis()).unwrap_or(i64::MAX);
    let yesterday = Timestamp::from_millis(visitor.shell.now.as_millis().saturating_sub(day));
    let recent = app.store().sum_runs(project, yesterday).await?;
    let count = |sums: &[RunSum], status| {
        let found = sums.iter().find(|it| it.status == status);
        found.map_or(0, |it| it.runs)
    };
    let cost: i64 = recent.iter().map(|it| it.cost_micro_usd).sum();
    let figure = |what, much: String, place| Figure { what, much, place };
    let failed = count(&recent, RunStatus::Failed) + count(&recent, RunStatus::Timeout);
    let running = count(&all, RunStatus::Running);
    let queued = count(&all, RunStatus::Queued);
    let asks = if questions == 1 {
        "question"
    } else {
        "questions"
    };
    Ok(vec![
        figure("running", running.to_string(), "/runs?status=RUNNING"),
        figure("queued", queued.to_string(), "/runs?status=QUEUED"),
        figure(asks, questions.to_string(), "/#questions"),
        figure("failed in 24 h", failed.to_string(), "/runs?status=FAILED"),
        figure(
            "spent on runs of 24 h",
            visitor.shell.dollars(&cost),
            "/runs",
        ),
    ])
}

/// What runs, before what waits.
async fn under_way(app: &App, visitor: &Visitor) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for status in [RunStatus::Running, RunStatus::Paused, RunStatus::Queued] {
        let room = OVERVIEW_RUNS.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        if room > 0 {
            rows.extend(list(app, visitor, &[status], room).await?);
        }
    }
    Ok(rows)
}

async fn list(
    app: &App,
    visitor: &Visitor,
    status: &[RunStatus],
    limit: u32,
) -> Result<Vec<Row>, Error> {
    let filter = RunFilter {
        project: visitor.who.project_id.clone(),
        status: status.to_vec(),
        ..RunFilter::default()
    };
    let request = PageRequest::new(Some(limit), None)?;
    let page = app.store().runs(&filter, &request).await?;
    runs::rows(app, &visitor.who, page.items).await
}

async fn asked(
    app: &App,
    visitor: &Visitor,
    questions: Vec<RunQuestion>,
) -> Result<Vec<Asked>, Error> {
    let mut asking = Vec::with_capacity(questions.len());
    for question in &questions {
        asking.push(app.store().run(&question.run_id).await?);
    }
    let rows = runs::rows(app, &visitor.who, asking).await?;
    let asked = questions.into_iter().zip(rows).map(|(question, row)| {
        let asker = Asker {
            project: row.project,
            attractor: row.attractor,
        };
        Asked::new(question, &row.run, &visitor.shell, Some(asker))
    });
    Ok(asked.collect())
}

/// What runs now, what needs an answer, what it costs.
pub(super) async fn page(State(app): State<App>, visitor: Visitor) -> Answer {
    let page = Dashboard {
        now: Now::read(&app, &visitor).await?,
        shell: visitor.shell,
    };
    show::page(&page.shell, &page)
}

/// The same without what stands around it.
pub(super) async fn part(State(app): State<App>, visitor: Visitor) -> Answer {
    show::part(&visitor.shell, &Now::read(&app, &visitor).await?)
}
