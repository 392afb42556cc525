use async_trait::async_trait;
use serde_json::json;
use sqlx::any::AnyRow;

use super::error::{Refine as _, is_taken};
use super::events::insert;
use super::lease::{not_in, stale};
use super::limits::{IDEMPOTENCY, RETRIES};
use super::list::{First, Listed, page};
use super::row::{self, Columns as _, FromRow};
use super::statement::{Statement, sql};
use super::{Connection, SqlStore, commit, run_pipelines};
use crate::domain::{
    BranchName, BundleId, Error, NewEvent, NewRun, Page, PageRequest, ProjectId, Run, RunId,
    RunStatus, RunType, Timestamp,
};
use crate::store::{Change, IdempotencyKey, RunFilter, RunSum, Runs};

pub(super) const COLUMNS: &str = "id, project_id, attractor_def_id, run_type, source_branch, \
     target_branch, status, spec_bundle_id, pr_url, error, model_config, attractor_version, \
     attractor_sha256, force, rerun_of, rerun_from_node, attempt, cost_micro_usd, last_seq, \
     created_at, started_at, finished_at";

impl FromRow for Run {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.word("id")?,
            project_id: row.word("project_id")?,
            attractor_def_id: row.word("attractor_def_id")?,
            run_type: row.choice("run_type")?,
            source_branch: row.word("source_branch")?,
            target_branch: row.word("target_branch")?,
            status: row.choice("status")?,
            spec_bundle_id: row.word_or_none("spec_bundle_id")?,
            pr_url: row.text_or_none("pr_url")?,
            error: row.text_or_none("error")?,
            model_config: row.json("model_config")?,
            attractor_version: row.number_or_none("attractor_version")?,
            attractor_sha256: row.text_or_none("attractor_sha256")?,
            force: row.flag("force")?,
            rerun_of: row.word_or_none("rerun_of")?,
            rerun_from_node: row.text_or_none("rerun_from_node")?,
            attempt: row.number("attempt")?,
            cost_micro_usd: row.number("cost_micro_usd")?,
            last_seq: row.number("last_seq")?,
            created_at: row.time("created_at")?,
            started_at: row.time_or_none("started_at")?,
            finished_at: row.time_or_none("finished_at")?,
        })
    }
}

impl Listed for Run {
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

/// The number of a run's last event.
struct Last {
    run: RunId,
    seq: i64,
}

impl FromRow for Last {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            run: row.word("id")?,
            seq: row.number("last_seq")?,
        })
    }
}

/// The run that a client's key has made.
struct Made {
    run: RunId,
    fingerprint: String,
}

impl FromRow for Made {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        let run = row.word("run_id")?;
        let fingerprint = row.text("fingerprint")?;
        Ok(Self { run, fingerprint })
    }
}

/// How many runs are in a status.
struct Count(RunStatus, i64);

impl FromRow for Count {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self(row.choice("status")?, row.number("runs")?))
    }
}

impl FromRow for RunSum {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            status: row.choice("status")?,
            runs: row.number("runs")?,
            cost_micro_usd: row.number("cost")?,
        })
    }
}

#[async_trait]
impl Runs for SqlStore {
    async fn create_run(
        &self,
        new: NewRun,
        event: NewEvent,
        idempotency: Option<IdempotencyKey<'_>>,
    ) -> Result<Run, Error> {
        for _ in 0..RETRIES {
            let mut transaction = self.write().await?;
            let id = RunId::new();
            if let Some(key) = idempotency
                && !keep_key(&mut transaction, key, &id, event.ts).await?
            {
                match made_by(&mut transaction, key).await? {
                    Some(run) => return Ok(run),
                    // It was deleted meanwhile, and its key with it.
                    None => continue,
                }
            }
            if let Some(run) = add(&mut transaction, id, &new, &event).await? {
                commit(transaction).await?;
                return Ok(run);
            }
        }
        Err(Error::unavailable(
            "runs of the branch begin and end just now: try again",
        ))
    }

    async fn run(&self, id: &RunId) -> Result<Run, Error> {
        let found = by_id(id).optional(&mut *self.read().await?).await?;
        found.ok_or_else(|| Error::not_found("run"))
    }

    async fn last_events(&self, runs: &[RunId]) -> Result<Vec<(RunId, i64)>, Error> {
        let ids: Vec<&str> = runs.iter().map(RunId::as_str).collect();
        let statement = sql("select id, last_seq from runs where id in ").push_list(&ids);
        let found: Vec<Last> = statement.all(&mut *self.read().await?).await?;
        Ok(found.into_iter().map(|it| (it.run, it.seq)).collect())
    }

    async fn runs(&self, filter: &RunFilter, request: &PageRequest) -> Result<Page<Run>, Error> {
        let mut connection = self.read().await?;
        page(
            filtered(filter),
            ("created_at", First::Newest),
            request,
            &mut connection,
        )
        .await
    }

    async fn change_run(&self, id: &RunId, change: Change) -> Result<Run, Error> {
        let mut transaction = self.write().await?;
        let statement = by_id(id).push(self.dialect.for_update());
        let found = statement.optional::<Run>(&mut transaction).await?;
        let run = found.ok_or_else(|| Error::not_found("run"))?;
        let Some(next) = run.status.after(change.transition) else {
            return Err(not_in(run.status.as_str()));
        };
        if change.fence.is_some_and(|fence| fence.0 != run.attempt) {
            return Err(stale());
        }
        let changed = put_status(&mut transaction, &run, next, &change).await;
        match changed {
            Err(error) if is_taken(&error) => {
                drop(transaction);
                let mut connection = self.read().await?;
                let branch = (&run.project_id, &run.target_branch);
                let other = active_on(&mut connection, branch, id).await?;
                Err(collides(other.as_deref(), &run.target_branch))
            }
            Err(error) => Err(error),
            Ok(None) => Err(not_in(run.status.as_str())),
            Ok(Some(changed)) => {
                let event = (changed.last_seq, None);
                insert(&mut transaction, id, event, vec![change.event]).await?;
                commit(transaction).await?;
                Ok(changed)
            }
        }
    }

    async fn delete_run(&self, id: &RunId) -> Result<(), Error> {
        let mut transaction = self.write().await?;
        let statement = by_id(id).push(self.dialect.for_update());
        let found = statement.optional::<Run>(&mut transaction).await?;
        let run = found.ok_or_else(|| Error::not_found("run"))?;
        if !run.status.is_over() {
            let message = format!("the run is {}: cancel it first", run.status);
            let details = json!({ "runId": id });
            return Err(Error::conflict("run_active", message).with_details(details));
        }
        // With this, no run that works from the bundle can be added until the transaction is over.
        let statement = sql("select id from spec_bundles where run_id = $1");
        let statement = statement.push(self.dialect.for_update()).bind(id.as_str());
        if let Some(bundle) = statement.optional::<String>(&mut transaction).await? {
            let statement = sql("select id from runs where spec_bundle_id = $1 and id <> $2
                 and status in ('QUEUED', 'RUNNING', 'PAUSED') limit 1");
            let statement = statement.bind(bundle).bind(id.as_str());
            if let Some(other) = statement.optional::<String>(&mut transaction).await? {
                let message = format!("run {other} works from its bundle and isn't over");
                let details = json!({ "runId": other });
                return Err(Error::conflict("bundle_in_use", message).with_details(details));
            }
        }
        let statement = sql("delete from runs where id = $1");
        statement
            .bind(id.as_str())
            .execute(&mut transaction)
            .await?;
        commit(transaction).await
    }

    async fn count_runs(&self) -> Result<Vec<(RunStatus, i64)>, Error> {
        let statement = sql("select status, count(*) as runs from runs group by status");
        let counts: Vec<Count> = statement.all(&mut *self.read().await?).await?;
        Ok(counts
            .into_iter()
            .map(|Count(status, runs)| (status, runs))
            .collect())
    }

    async fn sum_runs(
        &self,
        project: Option<&ProjectId>,
        since: Timestamp,
    ) -> Result<Vec<RunSum>, Error> {
        let mut statement = sql(
            "select status, count(*) as runs, cast(sum(cost_micro_usd) as bigint) as cost \
             from runs where created_at >= $1",
        );
        statement = statement.bind(since.as_millis());
        if let Some(project) = project {
            statement = statement
                .push(" and project_id = ")
                .push_bind(project.as_str());
        }
        statement = statement.push(" group by status");
        statement.all(&mut *self.read().await?).await
    }
}

fn by_id(id: &RunId) -> Statement {
    sql(format!("select {COLUMNS} from runs where id = $1")).bind(id.as_str())
}

/// The runs that a list is about.
pub(super) fn filtered(filter: &RunFilter) -> Statement {
    let mut statement = sql(format!("select {COLUMNS} from runs where true"));
    if let Some(project) = &filter.project {
        statement = statement
            .push(" and project_id = ")
            .push_bind(project.as_str());
    }
    for (place, status) in filter.status.iter().enumerate() {
        let before = if place == 0 { " and status in (" } else { ", " };
        statement = statement.push(before).push_bind(status.as_str());
    }
    if !filter.status.is_empty() {
        statement = statement.push(")");
    }
    if let Some(run_type) = filter.run_type {
        statement = statement
            .push(" and run_type = ")
            .push_bind(run_type.as_str());
    }
    if let Some(branch) = &filter.target_branch {
        statement = statement
            .push(" and target_branch = ")
            .push_bind(branch.as_str());
    }
    if let Some(moment) = filter.finished_before {
        statement = statement
            .push(" and finished_at < ")
            .push_bind(moment.as_millis());
    }
    statement
}

/// Notes that a key is about to make a run; says whether it's the first time.
async fn keep_key(
    on: &mut Connection,
    key: IdempotencyKey<'_>,
    run: &RunId,
    now: Timestamp,
) -> Result<bool, Error> {
    let age = i64::try_from(IDEMPOTENCY.as_millis()).unwrap_or(i64::MAX);
    let statement = sql("delete from idempotency_keys where created_at <= $1");
    statement
        .bind(now.as_millis().saturating_sub(age))
        .execute(on)
        .await?;
    let statement = sql(
        "insert into idempotency_keys (actor, key, fingerprint, run_id, created_at)
         values ($1, $2, $3, $4, $5) on conflict (actor, key) do nothing",
    );
    let statement = statement
        .bind(key.actor)
        .bind(key.key)
        .bind(key.fingerprint)
        .bind(run.as_str())
        .bind(now.as_millis());
    Ok(statement.execute(on).await? == 1)
}

/// The run that a key has made, if the same was asked for.
async fn made_by(on: &mut Connection, key: IdempotencyKey<'_>) -> Result<Option<Run>, Error> {
    let statement =
        sql("select run_id, fingerprint from idempotency_keys where actor = $1 and key = $2");
    let found = statement
        .bind(key.actor)
        .bind(key.key)
        .optional::<Made>(on)
        .await?;
    let Some(made) = found else {
        return Ok(None);
    };
    if made.fingerprint != key.fingerprint {
        let message = format!(
            "the key was used before for another request, which made run {}",
            made.run
        );
        let details = json!({ "runId": made.run });
        return Err(Error::conflict("idempotency_key_reused", message).with_details(details));
    }
    by_id(&made.run).optional(on).await
}

/// Adds a run with its first event. None if another was in the way that is gone again.
async fn add(
    on: &mut Connection,
    id: RunId,
    new: &NewRun,
    event: &NewEvent,
) -> Result<Option<Run>, Error> {
    let branch = (&new.project_id, &new.target_branch);
    let may_collide = new.run_type == RunType::Implementation && !new.force;
    if may_collide && let Some(other) = active_on(on, branch, &id).await? {
        return Err(collides(Some(&other), &new.target_branch));
    }
    let Some(run) = insert_run(on, &id, new, event.ts).await? else {
        // Somebody was faster than the look above.
        let other = active_on(on, branch, &id).await?;
        return match other {
            Some(other) => Err(collides(Some(&other), &new.target_branch)),
            None => Ok(None),
        };
    };
    run_pipelines::take_over(on, &id, new).await?;
    insert(on, &id, (run.last_seq, None), vec![event.clone()]).await?;
    Ok(Some(run))
}

async fn insert_run(
    on: &mut Connection,
    id: &RunId,
    new: &NewRun,
    now: Timestamp,
) -> Result<Option<Run>, Error> {
    let statement = sql(format!(
        "insert into runs (id, project_id, attractor_def_id, run_type, source_branch, target_branch,
             status, spec_bundle_id, model_config, attractor_version, attractor_sha256, force,
             rerun_of, rerun_from_node, last_seq, created_at, lease_owner)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15,
             (select lease_owner from runs where id = $13))
         on conflict do nothing returning {COLUMNS}"
    ));
    let statement = statement
        .bind(id.as_str())
        .bind(new.project_id.as_str())
        .bind(new.attractor_def_id.as_str())
        .bind(new.run_type.as_str())
        .bind(new.source_branch.as_str())
        .bind(new.target_branch.as_str())
        .bind(RunStatus::Queued.as_str())
        .bind(new.spec_bundle_id.as_ref().map(BundleId::as_str))
        .bind(row::json(&new.model_config)?)
        .bind(new.attractor_version)
        .bind(new.attractor_sha256.as_deref())
        .bind(i64::from(new.force))
        .bind(new.rerun_of.as_ref().map(RunId::as_str))
        .bind(new.rerun_from_node.as_deref())
        .bind(now.as_millis());
    let inserted = statement.optional(on).await;
    inserted.or_missing("project, attractor, spec bundle or run")
}

/// An implementation run that isn't over and writes to a branch, other than this one.
async fn active_on(
    on: &mut Connection,
    (project, branch): (&ProjectId, &BranchName),
    but: &RunId,
) -> Result<Option<String>, Error> {
    let statement = sql(
        "select id from runs where project_id = $1 and target_branch = $2
         and run_type = 'implementation' and status in ('QUEUED', 'RUNNING', 'PAUSED')
         and id <> $3 order by created_at, id limit 1",
    );
    let statement = statement
        .bind(project.as_str())
        .bind(branch.as_str())
        .bind(but.as_str());
    statement.optional(on).await
}

fn collides(other: Option<&str>, branch: &BranchName) -> Error {
    let who = other.map_or_else(|| "another run".to_owned(), |id| format!("run {id}"));
    let message = format!("{who} works on the branch {branch} and isn't over");
    Error::conflict("run_active", message).with_details(json!({ "runId": other }))
}

/// The one statement that changes a run's status, but for the one that claims. None if it's another by
/// now.
async fn put_status(
    on: &mut Connection,
    run: &Run,
    next: RunStatus,
    change: &Change,
) -> Result<Option<Run>, Error> {
    let finished_at = next.is_over().then_some(change.at.as_millis());
    let statement = sql(format!(
        "update runs set status = $4, error = $5, pr_url = coalesce($6, pr_url),
             spec_bundle_id = coalesce($7, spec_bundle_id), not_before = $8, finished_at = $9,
             last_seq = last_seq + 1, deferral = null, stop = null, lease_expires_at = null,
             token_hash = null
         where id = $1 and status = $2 and attempt = $3 returning {COLUMNS}"
    ));
    let statement = statement
        .bind(run.id.as_str())
        .bind(run.status.as_str())
        .bind(run.attempt)
        .bind(next.as_str())
        .bind(change.error.as_deref().map(row::storable))
        .bind(change.pr_url.as_deref())
        .bind(change.spec_bundle_id.as_ref().map(BundleId::as_str))
        .bind(change.not_before.unwrap_or(change.at).as_millis())
        .bind(finished_at);
    let changed = statement.optional(on).await?;
    if matches!(next, RunStatus::Succeeded | RunStatus::Canceled) {
        // Nothing resumes it any more, so nobody will read an answer.
        let statement = sql("update run_questions set status = 'TIMEOUT'
             where run_id = $1 and status = 'PENDING'");
        statement.bind(run.id.as_str()).execute(on).await?;
    }
    Ok(changed)
}
