use serde::Serialize;
use serde_json::{Value, json};

use super::route::{self, Route};
use super::{Error, Pieces, Remote};
use crate::domain::{
    ArtifactId, AttractorId, BundleId, ModelConfig, ProjectId, QuestionId, RunId, RunQuestion,
    RunType,
};

/// Which runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunFilter {
    pub(crate) project: Option<ProjectId>,
    /// Statuses, with commas between.
    pub(crate) status: Option<String>,
    pub(crate) run_type: Option<RunType>,
    pub(crate) target_branch: Option<String>,
}

/// A run to be.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewRun {
    pub(crate) project_id: ProjectId,
    pub(crate) attractor_def_id: AttractorId,
    pub(crate) run_type: RunType,
    pub(crate) source_branch: String,
    pub(crate) target_branch: String,
    pub(crate) spec_bundle_id: Option<BundleId>,
    pub(crate) model_config: Option<ModelConfig>,
    pub(crate) force: bool,
}

/// How a repetition differs from its run.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rerun {
    pub(crate) node: Option<String>,
    pub(crate) target_branch: Option<String>,
    pub(crate) model_config: Option<ModelConfig>,
    pub(crate) force: bool,
}

impl Remote {
    /// The newest runs.
    pub(crate) async fn runs(&self, filter: &RunFilter, most: usize) -> Result<Vec<Value>, Error> {
        let mut query = Vec::new();
        query.extend(filter.status.clone().map(|it| ("status", it)));
        query.extend(filter.run_type.map(|it| ("runType", it.to_string())));
        query.extend(filter.target_branch.clone().map(|it| ("targetBranch", it)));
        match &filter.project {
            Some(project) => {
                let place = (route::RUNS_OF_PROJECT, &[project.as_str()][..]);
                self.whole(place, "runs", &query, most).await
            }
            None => self.whole((route::RUNS, &[]), "runs", &query, most).await,
        }
    }

    /// A run, with its first events.
    pub(crate) async fn run(&self, id: &RunId) -> Result<Value, Error> {
        self.ask(self.request(route::RUN, &[id.as_str()])).await
    }

    /// Creates a run; with a key, once, however often it's asked for.
    pub(crate) async fn create_run(&self, new: &NewRun, key: Option<&str>) -> Result<Value, Error> {
        let mut request = self.request(route::CREATE_RUN, &[]).body(json!(new));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.ask(request).await
    }

    pub(crate) async fn cancel(&self, id: &RunId) -> Result<Value, Error> {
        self.tell(route::CANCEL, id).await
    }

    pub(crate) async fn pause(&self, id: &RunId) -> Result<Value, Error> {
        self.tell(route::PAUSE, id).await
    }

    pub(crate) async fn resume(&self, id: &RunId) -> Result<Value, Error> {
        self.tell(route::RESUME, id).await
    }

    async fn tell(&self, route: Route, id: &RunId) -> Result<Value, Error> {
        self.ask(self.request(route, &[id.as_str()])).await
    }

    pub(crate) async fn rerun(&self, id: &RunId, rerun: &Rerun) -> Result<Value, Error> {
        let request = self.request(route::RERUN, &[id.as_str()]);
        self.ask(request.body(json!(rerun))).await
    }

    pub(crate) async fn delete_run(&self, id: &RunId) -> Result<(), Error> {
        let request = self.request(route::DELETE_RUN, &[id.as_str()]);
        self.send(request).await.map(|_| ())
    }

    /// For each hop of a run which edge was taken, by which rule, and why not the others.
    pub(crate) async fn explain(&self, id: &RunId) -> Result<Value, Error> {
        self.ask(self.request(route::EXPLAIN, &[id.as_str()])).await
    }

    /// A picture of a run's pipeline: SVG.
    pub(crate) async fn graph(&self, id: &RunId) -> Result<String, Error> {
        let body = self
            .send(self.request(route::GRAPH, &[id.as_str()]))
            .await?;
        String::from_utf8(body).map_err(|_| self.malformed("a picture isn't UTF-8"))
    }

    /// The questions of a run, or those of all runs that wait for an answer.
    pub(crate) async fn questions(&self, run: Option<&RunId>) -> Result<Vec<RunQuestion>, Error> {
        let request = match run {
            Some(id) => self.request(route::QUESTIONS, &[id.as_str()]),
            None => self.request(route::PENDING_QUESTIONS, &[]),
        };
        let mut answer: Value = self.ask(request).await?;
        serde_json::from_value(answer["questions"].take())
            .map_err(|error| self.malformed(error.to_string()))
    }

    /// Answers a question: with a choice, and what there is to say besides.
    pub(crate) async fn answer(
        &self,
        run: &RunId,
        question: &QuestionId,
        (answer, text): (&str, Option<&str>),
    ) -> Result<Value, Error> {
        let request = self.request(route::ANSWER, &[run.as_str(), question.as_str()]);
        let body = json!({ "answer": answer, "text": text });
        self.ask(request.body(body)).await
    }

    /// The files that a run has left, and its bundle.
    pub(crate) async fn artifacts(&self, run: &RunId) -> Result<Vec<Value>, Error> {
        let place = (route::ARTIFACTS, &[run.as_str()][..]);
        self.whole(place, "artifacts", &[], usize::MAX).await
    }

    /// The bytes of an artifact, as they come.
    pub(crate) async fn download(&self, run: &RunId, id: &ArtifactId) -> Result<Pieces, Error> {
        self.open(self.request(route::DOWNLOAD, &[run.as_str(), id.as_str()]))
            .await
    }

    /// The events of a run after a number, as they come.
    pub(super) async fn events(&self, run: &RunId, after: i64) -> Result<Pieces, Error> {
        let request = self.request(route::EVENTS, &[run.as_str()]);
        let request = request.header("accept", "text/event-stream");
        self.open(request.header("last-event-id", after.to_string()))
            .await
    }
}
