use async_trait::async_trait;
use serde_json::Value;
use sqlx::any::AnyRow;

use super::events::insert;
use super::row::{Columns as _, FromRow, json, json_or_none, storable};
use super::statement::sql;
use super::{Connection, SqlStore, commit};
use crate::domain::{
    Error, NewEvent, NewQuestion, ProjectId, QuestionId, QuestionStatus, RunId, RunQuestion,
    Timestamp,
};
use crate::store::{Fence, Questions};

const COLUMNS: &str = "id, run_id, key, node_id, prompt, question, options, answer, answered_by, \
     status, created_at, expires_at, answered_at";

impl FromRow for RunQuestion {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        let status = match row.text("status")?.as_str() {
            "PENDING" => QuestionStatus::Pending,
            "ANSWERED" => QuestionStatus::Answered,
            _ => QuestionStatus::Timeout,
        };
        Ok(Self {
            id: row.word("id")?,
            run_id: row.word("run_id")?,
            key: row.text("key")?,
            node_id: row.text("node_id")?,
            prompt: row.text("prompt")?,
            question: row.json("question")?,
            options: row.json_or_none("options")?,
            answer: row.json_or_none("answer")?,
            answered_by: row.text_or_none("answered_by")?,
            status,
            created_at: row.time("created_at")?,
            expires_at: row.time_or_none("expires_at")?,
            answered_at: row.time_or_none("answered_at")?,
        })
    }
}

#[async_trait]
impl Questions for SqlStore {
    async fn ask(
        &self,
        run: &RunId,
        fence: Fence,
        new: NewQuestion,
        event: NewEvent,
    ) -> Result<RunQuestion, Error> {
        let mut transaction = self.write().await?;
        self.hold(&mut transaction, run, fence).await?;
        let statement = sql(format!(
            "select {COLUMNS} from run_questions where run_id = $1 and key = $2"
        ));
        let statement = statement.bind(run.as_str()).bind(new.key.as_str());
        if let Some(asked) = statement.optional(&mut transaction).await? {
            return Ok(asked);
        }
        let statement = sql(format!(
            "insert into run_questions (id, run_id, key, node_id, prompt, question, options, status,
                 created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, 'PENDING', $8, $9) returning {COLUMNS}"
        ));
        let statement = statement
            .bind(QuestionId::new().as_str())
            .bind(run.as_str())
            .bind(new.key)
            .bind(new.node_id)
            .bind(storable(&new.prompt))
            .bind(json(&new.question)?)
            .bind(json_or_none(new.options.as_ref())?)
            .bind(event.ts.as_millis())
            .bind(new.expires_at.map(Timestamp::as_millis));
        let question = statement.one(&mut transaction).await?;
        tell(&mut transaction, run, event).await?;
        commit(transaction).await?;
        Ok(question)
    }

    async fn question(&self, run: &RunId, id: &QuestionId) -> Result<RunQuestion, Error> {
        let text = format!("select {COLUMNS} from run_questions where id = $1 and run_id = $2");
        let statement = sql(text).bind(id.as_str()).bind(run.as_str());
        let found = statement.optional(&mut *self.read().await?).await?;
        found.ok_or_else(|| Error::not_found("question"))
    }

    async fn questions(&self, run: &RunId) -> Result<Vec<RunQuestion>, Error> {
        let statement = sql(format!(
            "select {COLUMNS} from run_questions where run_id = $1 order by created_at, id"
        ));
        statement
            .bind(run.as_str())
            .all(&mut *self.read().await?)
            .await
    }

    async fn pending_questions(
        &self,
        project: Option<&ProjectId>,
        limit: u32,
    ) -> Result<Vec<RunQuestion>, Error> {
        let statement = sql(format!(
            "select {COLUMNS} from run_questions where status = 'PENDING' and exists (
                 select 1 from runs r where r.id = run_questions.run_id
                 and r.status in ('QUEUED', 'RUNNING', 'PAUSED')"
        ));
        let statement = match project {
            None => statement,
            Some(project) => statement
                .push(" and r.project_id = ")
                .push_bind(project.as_str()),
        };
        let statement = statement
            .push(") order by created_at, id limit ")
            .push_bind(i64::from(limit));
        statement.all(&mut *self.read().await?).await
    }

    async fn answer(
        &self,
        run: &RunId,
        id: &QuestionId,
        answer: Value,
        by: &str,
        event: NewEvent,
    ) -> Result<RunQuestion, Error> {
        let mut transaction = self.write().await?;
        let statement = sql(format!(
            "update run_questions set status = 'ANSWERED', answer = $3, answered_by = $4,
                 answered_at = $5
             where id = $1 and run_id = $2 and status = 'PENDING' returning {COLUMNS}"
        ));
        let statement = statement
            .bind(id.as_str())
            .bind(run.as_str())
            .bind(json(&answer)?)
            .bind(by)
            .bind(event.ts.as_millis());
        let Some(question) = statement.optional(&mut transaction).await? else {
            drop(transaction);
            let question = self.question(run, id).await?;
            return Err(not_pending(&question));
        };
        tell(&mut transaction, run, event).await?;
        commit(transaction).await?;
        Ok(question)
    }

    async fn expire_question(
        &self,
        run: &RunId,
        id: &QuestionId,
        at: Timestamp,
        event: NewEvent,
    ) -> Result<bool, Error> {
        let mut transaction = self.write().await?;
        let statement = sql("update run_questions set status = 'TIMEOUT'
             where id = $1 and run_id = $2 and status = 'PENDING'
                 and (expires_at is null or expires_at <= $3)");
        let statement = statement
            .bind(id.as_str())
            .bind(run.as_str())
            .bind(at.as_millis());
        if statement.execute(&mut transaction).await? == 0 {
            return Ok(false);
        }
        tell(&mut transaction, run, event).await?;
        commit(transaction).await?;
        Ok(true)
    }
}

fn not_pending(question: &RunQuestion) -> Error {
    let message = match question.status {
        QuestionStatus::Answered => "the question was answered already",
        _ => "the question isn't open any more",
    };
    Error::conflict("not_pending", message)
}

/// Stores the event that tells of a question.
async fn tell(on: &mut Connection, run: &RunId, event: NewEvent) -> Result<(), Error> {
    let statement = sql("update runs set last_seq = last_seq + 1 where id = $1 returning last_seq");
    let seq: i64 = statement.bind(run.as_str()).one(on).await?;
    insert(on, run, (seq, None), vec![event]).await?;
    Ok(())
}
