use async_trait::async_trait;
use sqlx::any::AnyRow;

use super::list::{First, Listed, page};
use super::row::{Columns as _, FromRow, json};
use super::statement::sql;
use super::{SqlStore, commit};
use crate::domain::{
    AuditEntry, AuditId, Error, NewAuditEntry, Page, PageRequest, ProjectId, Timestamp,
};
use crate::store::Audit;

const COLUMNS: &str = "id, created_at, actor, action, project_id, subject, details";

impl FromRow for AuditEntry {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.word("id")?,
            created_at: row.time("created_at")?,
            actor: row.text("actor")?,
            action: row.text("action")?,
            project_id: row.word_or_none("project_id")?,
            subject: row.text_or_none("subject")?,
            details: row.json("details")?,
        })
    }
}

impl Listed for AuditEntry {
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

#[async_trait]
impl Audit for SqlStore {
    async fn record(&self, new: NewAuditEntry, at: Timestamp) -> Result<AuditEntry, Error> {
        let statement = sql(format!(
            "insert into audit_log ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7) returning {COLUMNS}"
        ));
        let statement = statement
            .bind(AuditId::new().as_str())
            .bind(at.as_millis())
            .bind(new.actor)
            .bind(new.action)
            .bind(new.project_id.as_ref().map(ProjectId::as_str))
            .bind(new.subject)
            .bind(json(&new.details)?);
        let mut transaction = self.write().await?;
        let entry = statement.one(&mut transaction).await?;
        commit(transaction).await?;
        Ok(entry)
    }

    async fn audit(
        &self,
        project: Option<&ProjectId>,
        request: &PageRequest,
    ) -> Result<Page<AuditEntry>, Error> {
        let statement = sql(format!("select {COLUMNS} from audit_log where true"));
        let statement = match project {
            None => statement,
            Some(project) => statement
                .push(" and project_id = ")
                .push_bind(project.as_str()),
        };
        let mut connection = self.read().await?;
        page(
            statement,
            ("created_at", First::Newest),
            request,
            &mut connection,
        )
        .await
    }
}
