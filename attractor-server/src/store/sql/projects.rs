use async_trait::async_trait;
use sqlx::any::AnyRow;

use super::error::Refine as _;
use super::list::{First, Listed, page};
use super::row::{Columns as _, FromRow};
use super::statement::sql;
use super::{Connection, SqlStore, commit};
use crate::domain::{
    Error, NewProject, Page, PageRequest, Project, ProjectChange, ProjectId, Repository, Timestamp,
};
use crate::store::Projects;

const COLUMNS: &str = "id, name, namespace, github_installation_id, repository, default_branch, \
     concurrency_limit, created_at, updated_at";

impl FromRow for Project {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        let repository: Option<Repository> = row.word_or_none("repository")?;
        let limit = row.number_or_none("concurrency_limit")?;
        Ok(Self {
            id: row.word("id")?,
            name: row.text("name")?,
            namespace: row.word("namespace")?,
            github_installation_id: row.text_or_none("github_installation_id")?,
            repo_full_name: repository.as_ref().and_then(Repository::full_name),
            repository,
            default_branch: row.word_or_none("default_branch")?,
            concurrency_limit: limit.and_then(|limit| u32::try_from(limit).ok()),
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Listed for Project {
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

#[async_trait]
impl Projects for SqlStore {
    async fn create_project(&self, new: NewProject) -> Result<Project, Error> {
        let mut transaction = self.write().await?;
        let added = add(&mut transaction, &new, self.now()).await?;
        let project = added.ok_or_else(|| {
            let message = format!("another project has the namespace {}", new.namespace);
            Error::conflict("namespace_taken", message)
        })?;
        commit(transaction).await?;
        Ok(project)
    }

    async fn upsert_project(
        &self,
        new: NewProject,
        change: ProjectChange,
    ) -> Result<Project, Error> {
        let mut transaction = self.write().await?;
        let project = match add(&mut transaction, &new, self.now()).await? {
            Some(project) => project,
            None => {
                let text = format!("select {COLUMNS} from projects where namespace = $1");
                let statement = sql(text).push(self.dialect.for_update());
                let found = statement
                    .bind(new.namespace.as_str())
                    .optional(&mut transaction)
                    .await?;
                // It was there a moment ago.
                found
                    .ok_or_else(|| Error::unavailable("the project is being deleted: try again"))?
            }
        };
        let change = ProjectChange {
            name: change.name.or(Some(new.name)),
            ..change
        };
        let project = put(&mut transaction, project, change, self.now()).await?;
        commit(transaction).await?;
        Ok(project)
    }

    async fn project(&self, id: &ProjectId) -> Result<Project, Error> {
        let statement = sql(format!("select {COLUMNS} from projects where id = $1"));
        let mut connection = self.read().await?;
        let found = statement
            .bind(id.as_str())
            .optional(&mut connection)
            .await?;
        found.ok_or_else(|| Error::not_found("project"))
    }

    async fn projects(
        &self,
        only: Option<&ProjectId>,
        request: &PageRequest,
    ) -> Result<Page<Project>, Error> {
        let statement = sql(format!("select {COLUMNS} from projects where true"));
        let statement = match only {
            None => statement,
            Some(id) => statement.push(" and id = ").push_bind(id.as_str()),
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

    async fn change_project(
        &self,
        id: &ProjectId,
        change: ProjectChange,
    ) -> Result<Project, Error> {
        let mut transaction = self.write().await?;
        let text = format!("select {COLUMNS} from projects where id = $1");
        let statement = sql(text).push(self.dialect.for_update()).bind(id.as_str());
        let found = statement.optional(&mut transaction).await?;
        let project = found.ok_or_else(|| Error::not_found("project"))?;
        let project = put(&mut transaction, project, change, self.now()).await?;
        commit(transaction).await?;
        Ok(project)
    }

    async fn delete_project(&self, id: &ProjectId) -> Result<(), Error> {
        let mut transaction = self.write().await?;
        // With this, no run can be added until the transaction is over.
        let statement =
            sql("select id from projects where id = $1").push(self.dialect.for_update());
        let found = statement
            .bind(id.as_str())
            .optional::<String>(&mut transaction)
            .await?;
        found.ok_or_else(|| Error::not_found("project"))?;
        let statement = sql("select id from runs where project_id = $1
             and status in ('QUEUED', 'RUNNING', 'PAUSED') limit 1");
        let active = statement
            .bind(id.as_str())
            .optional::<String>(&mut transaction)
            .await?;
        if let Some(run) = active {
            let message = format!("run {run} of the project isn't over: cancel it first");
            let details = serde_json::json!({ "runId": run });
            return Err(Error::conflict("run_active", message).with_details(details));
        }
        let statement = sql("delete from projects where id = $1");
        statement
            .bind(id.as_str())
            .execute(&mut transaction)
            .await?;
        commit(transaction).await
    }
}

/// Adds a project, unless one has its namespace.
async fn add(
    on: &mut Connection,
    new: &NewProject,
    now: Timestamp,
) -> Result<Option<Project>, Error> {
    let statement = sql(format!(
        "insert into projects (id, name, namespace, created_at, updated_at)
         values ($1, $2, $3, $4, $4) on conflict (namespace) do nothing returning {COLUMNS}"
    ));
    let statement = statement
        .bind(ProjectId::new().as_str())
        .bind(new.name.as_str())
        .bind(new.namespace.as_str())
        .bind(now.as_millis());
    statement.optional(on).await
}

/// Writes a project with what is different about it.
async fn put(
    on: &mut Connection,
    project: Project,
    change: ProjectChange,
    now: Timestamp,
) -> Result<Project, Error> {
    let installation = change
        .github_installation_id
        .unwrap_or(project.github_installation_id);
    let repository = change.repository.unwrap_or(project.repository);
    let branch = change.default_branch.unwrap_or(project.default_branch);
    let limit = change
        .concurrency_limit
        .unwrap_or(project.concurrency_limit);
    let statement = sql(format!(
        "update projects set name = $2, github_installation_id = $3, repository = $4,
         default_branch = $5, concurrency_limit = $6, updated_at = $7 where id = $1
         returning {COLUMNS}"
    ));
    let statement = statement
        .bind(project.id.as_str())
        .bind(change.name.unwrap_or(project.name))
        .bind(installation)
        .bind(repository.map(|it| it.to_string()))
        .bind(branch.map(|it| it.to_string()))
        .bind(limit.map(i64::from))
        .bind(now.as_millis());
    statement
        .one(on)
        .await
        .or_taken(|| Error::conflict("namespace_taken", "it exists already"))
}
