use async_trait::async_trait;
use serde_json::json;
use sqlx::any::AnyRow;

use super::events::insert;
use super::limits::{HOME, RETRIES};
use super::row::{Columns as _, FromRow};
use super::runs::COLUMNS;
use super::statement::sql;
use super::{Connection, SqlStore, commit};
use crate::domain::{
    Error, NewEvent, ProjectId, Run, RunEvent, RunId, RunStatus, Timestamp, Transition, event_type,
};
use crate::store::{ClaimLimits, Deferral, Fence, Lease, LeasedRun, Leases, StopRequest};

const LEASE_COLUMNS: &str = "lease_owner, lease_expires_at, stop, journal_seq";

/// The oldest run that may be dispatched, of the project that has the fewest under way. One that was
/// dispatched before is for the server that has its files.
const NEXT: &str = "
    with active as (
        select project_id, count(*) as runs from runs where status = 'RUNNING' group by project_id
    )
    select r.id, p.namespace from runs r
        join projects p on p.id = r.project_id
        left join active a on a.project_id = r.project_id
    where r.status = 'QUEUED' and r.not_before <= $1
        and (select count(*) from runs where status = 'RUNNING') < $2
        and coalesce(a.runs, 0) < coalesce(p.concurrency_limit, $3)
        and (r.run_type <> 'implementation' or not exists (
            select 1 from runs o where o.project_id = r.project_id
                and o.target_branch = r.target_branch and o.run_type = 'implementation'
                and o.status = 'RUNNING'))
        and (r.lease_owner is null or r.lease_owner = $4
            or (r.not_before <= $5 and r.created_at <= $5))
    order by coalesce(a.runs, 0), r.created_at, r.id limit 1";

/// The oldest run of each project that waits, and what it may wait for.
const OLDEST: &str = "
    select r.id, p.id as project_id, coalesce(p.concurrency_limit, $2) as slots,
        (select count(*) from runs a where a.project_id = p.id and a.status = 'RUNNING') as active,
        (select o.id from runs o where r.run_type = 'implementation' and o.project_id = p.id
            and o.target_branch = r.target_branch and o.run_type = 'implementation'
            and o.status = 'RUNNING') as blocker
    from projects p join runs r on r.id = (
        select q.id from runs q where q.project_id = p.id and q.status = 'QUEUED'
            and q.not_before <= $1
        order by q.created_at, q.id limit 1)
    order by r.created_at, r.id";

impl FromRow for LeasedRun {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        let stop = match row.text_or_none("stop")?.as_deref() {
            Some("pause") => Some(StopRequest::Pause),
            Some("cancel") => Some(StopRequest::Cancel),
            _ => None,
        };
        Ok(Self {
            run: Run::from_row(row)?,
            owner: row.text("lease_owner")?,
            expires_at: row.time("lease_expires_at")?,
            stop,
            journal_seq: row.number("journal_seq")?,
        })
    }
}

/// A run that may be dispatched.
struct Next {
    id: RunId,
    namespace: String,
}

impl FromRow for Next {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        let id = row.word("id")?;
        let namespace = row.text("namespace")?;
        Ok(Self { id, namespace })
    }
}

/// A run that waits, and for what.
struct Waiting(RunId, ProjectId, Option<Deferral>);

impl FromRow for Waiting {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        let (active, limit) = (row.number("active")?, row.number("slots")?);
        let blocker: Option<RunId> = row.word_or_none("blocker")?;
        let deferral = match blocker {
            _ if active >= limit => Some(Deferral::Concurrency { active, limit }),
            Some(by) => Some(Deferral::BranchLock { by }),
            None => None,
        };
        Ok(Self(row.word("id")?, row.word("project_id")?, deferral))
    }
}

#[async_trait]
impl Leases for SqlStore {
    async fn claim(
        &self,
        lease: &Lease,
        limits: ClaimLimits,
        now: Timestamp,
    ) -> Result<Option<LeasedRun>, Error> {
        let mut transaction = self.write().await?;
        if let Some(lock) = self.dialect.lock_claims() {
            sql(lock).execute(&mut transaction).await?;
        }
        let home = i64::try_from(HOME.as_millis()).unwrap_or(i64::MAX);
        // Whoever cancels a run doesn't take the lock of those who claim.
        for _ in 0..RETRIES {
            let statement = sql(NEXT)
                .bind(now.as_millis())
                .bind(limits.global)
                .bind(limits.per_project)
                .bind(lease.owner.as_str())
                .bind(now.as_millis().saturating_sub(home));
            let Some(next) = statement.optional::<Next>(&mut transaction).await? else {
                return Ok(None);
            };
            if let Some(leased) = take(&mut transaction, &next, lease, now).await? {
                commit(transaction).await?;
                return Ok(Some(leased));
            }
        }
        Ok(None)
    }

    async fn deferred(
        &self,
        limits: ClaimLimits,
        now: Timestamp,
    ) -> Result<Vec<(RunId, ProjectId, Deferral)>, Error> {
        let statement = sql(OLDEST).bind(now.as_millis()).bind(limits.per_project);
        let waiting: Vec<Waiting> = statement.all(&mut *self.read().await?).await?;
        let deferred = waiting.into_iter();
        Ok(deferred
            .filter_map(|Waiting(run, project, deferral)| Some((run, project, deferral?)))
            .collect())
    }

    async fn tell_deferral(
        &self,
        run: &RunId,
        deferral: &Deferral,
        event: NewEvent,
    ) -> Result<Option<RunEvent>, Error> {
        let cause = cause(deferral);
        let statement = sql("select id from runs where id = $1 and status = 'QUEUED'
             and (deferral is null or deferral <> $2)");
        let statement = statement.bind(run.as_str()).bind(cause.as_str());
        let is_new = statement
            .optional::<String>(&mut *self.read().await?)
            .await?;
        if is_new.is_none() {
            // Most often: nobody who writes has to wait for this.
            return Ok(None);
        }
        let mut transaction = self.write().await?;
        let statement = sql("update runs set deferral = $2, last_seq = last_seq + 1
             where id = $1 and status = 'QUEUED' and (deferral is null or deferral <> $2)
             returning last_seq");
        let statement = statement.bind(run.as_str()).bind(cause);
        let Some(seq) = statement.optional::<i64>(&mut transaction).await? else {
            return Ok(None);
        };
        let stored = insert(&mut transaction, run, (seq, None), vec![event]).await?;
        commit(transaction).await?;
        Ok(stored.into_iter().next())
    }

    async fn run_of_token(&self, token_hash: &[u8]) -> Result<Option<LeasedRun>, Error> {
        let statement = sql(format!(
            "select {COLUMNS}, {LEASE_COLUMNS} from runs where token_hash = $1 and status = 'RUNNING'"
        ));
        statement
            .bind(token_hash)
            .optional(&mut *self.read().await?)
            .await
    }

    async fn heartbeat(
        &self,
        run: &RunId,
        fence: Fence,
        until: Timestamp,
    ) -> Result<LeasedRun, Error> {
        let statement = sql(format!(
            "update runs set lease_expires_at = $3
             where id = $1 and attempt = $2 and status = 'RUNNING'
             returning {COLUMNS}, {LEASE_COLUMNS}"
        ));
        let statement = statement
            .bind(run.as_str())
            .bind(fence.0)
            .bind(until.as_millis());
        let mut transaction = self.write().await?;
        let leased = statement
            .optional(&mut transaction)
            .await?
            .ok_or_else(stale)?;
        commit(transaction).await?;
        Ok(leased)
    }

    async fn expired(&self, now: Timestamp, limit: u32) -> Result<Vec<LeasedRun>, Error> {
        let statement = sql(format!(
            "select {COLUMNS}, {LEASE_COLUMNS} from runs
             where status = 'RUNNING' and lease_expires_at <= $1 order by lease_expires_at limit $2"
        ));
        let statement = statement.bind(now.as_millis()).bind(i64::from(limit));
        statement.all(&mut *self.read().await?).await
    }

    async fn take_over(
        &self,
        run: &RunId,
        fence: Fence,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<bool, Error> {
        let statement = sql("update runs set lease_expires_at = $4
             where id = $1 and attempt = $2 and status = 'RUNNING' and lease_expires_at <= $3");
        let statement = statement
            .bind(run.as_str())
            .bind(fence.0)
            .bind(now.as_millis())
            .bind(until.as_millis());
        let mut transaction = self.write().await?;
        let taken = statement.execute(&mut transaction).await? == 1;
        commit(transaction).await?;
        Ok(taken)
    }

    async fn leased_by(&self, owner: &str) -> Result<Vec<LeasedRun>, Error> {
        let statement = sql(format!(
            "select {COLUMNS}, {LEASE_COLUMNS} from runs
             where status = 'RUNNING' and lease_owner = $1 order by created_at, id"
        ));
        statement.bind(owner).all(&mut *self.read().await?).await
    }

    async fn request_stop(
        &self,
        run: &RunId,
        stop: StopRequest,
        event: NewEvent,
    ) -> Result<Run, Error> {
        let word = match stop {
            StopRequest::Pause => "pause",
            StopRequest::Cancel => "cancel",
        };
        let mut transaction = self.write().await?;
        let statement = sql(format!(
            "update runs set stop = case when stop = 'cancel' then stop else $2 end,
                 last_seq = last_seq + 1
             where id = $1 and status = 'RUNNING' returning {COLUMNS}"
        ));
        let statement = statement.bind(run.as_str()).bind(word);
        let Some(asked) = statement.optional::<Run>(&mut transaction).await? else {
            let statement = sql("select status from runs where id = $1").bind(run.as_str());
            let status = statement.optional::<String>(&mut transaction).await?;
            let status = status.ok_or_else(|| Error::not_found("run"))?;
            return Err(not_in(&status));
        };
        insert(&mut transaction, run, (asked.last_seq, None), vec![event]).await?;
        commit(transaction).await?;
        Ok(asked)
    }
}

impl SqlStore {
    /// Sees to it that an attempt stays under way until the transaction ends.
    pub(super) async fn hold(
        &self,
        on: &mut Connection,
        run: &RunId,
        fence: Fence,
    ) -> Result<(), Error> {
        let statement =
            sql("select id from runs where id = $1 and attempt = $2 and status = 'RUNNING'");
        let statement = statement.push(self.dialect.for_update());
        let statement = statement.bind(run.as_str()).bind(fence.0);
        let held = statement.optional::<String>(on).await?;
        held.map(drop).ok_or_else(stale)
    }
}

/// Gives a run to whoever asks, if it still waits.
async fn take(
    on: &mut Connection,
    next: &Next,
    lease: &Lease,
    now: Timestamp,
) -> Result<Option<LeasedRun>, Error> {
    let Some(status) = RunStatus::Queued.after(Transition::Dispatch) else {
        return Ok(None);
    };
    let statement = sql(format!(
        "update runs set status = $2, attempt = attempt + 1, last_seq = last_seq + 1,
             started_at = coalesce(started_at, $3), deferral = null, stop = null,
             lease_owner = $4, lease_expires_at = $5, token_hash = $6
         where id = $1 and status = 'QUEUED' returning {COLUMNS}, {LEASE_COLUMNS}"
    ));
    let statement = statement
        .bind(next.id.as_str())
        .bind(status.as_str())
        .bind(now.as_millis())
        .bind(lease.owner.as_str())
        .bind(now.plus(lease.duration).as_millis())
        .bind(lease.token_hash.as_slice());
    let Some(leased) = statement.optional::<LeasedRun>(on).await? else {
        return Ok(None);
    };
    let run = &leased.run;
    let payload = json!({
        "runId": run.id,
        "status": run.status,
        "namespace": next.namespace,
        "jobName": null,
        "runType": run.run_type,
        "attempt": run.attempt,
    });
    let event = NewEvent::new(event_type::DISPATCHED, now, payload);
    insert(on, &run.id, (run.last_seq, None), vec![event]).await?;
    Ok(Some(leased))
}

/// A reason to wait, as the run's row remembers it.
fn cause(deferral: &Deferral) -> String {
    match deferral {
        Deferral::Concurrency { .. } => "concurrency".to_owned(),
        Deferral::BranchLock { by } => format!("branch {by}"),
    }
}

/// The attempt is over, or there never was such a one.
pub(super) fn stale() -> Error {
    let message = "the attempt isn't under way any more: what its runner says doesn't count";
    Error::conflict("stale_attempt", message)
}

/// A run's status doesn't allow it.
pub(super) fn not_in(status: &str) -> Error {
    let message = format!("the run is {status}");
    Error::conflict("run_status", message).with_details(json!({ "status": status }))
}
