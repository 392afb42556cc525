use async_trait::async_trait;
use sqlx::any::AnyRow;

use super::error::Refine as _;
use super::list::{First, Listed, page};
use super::row::{Columns as _, FromRow, json_or_none};
use super::statement::sql;
use super::{Connection, SqlStore, commit};
use crate::domain::{
    AttractorDef, AttractorId, AttractorVersion, Error, NewAttractor, NewAttractorVersion, Page,
    PageRequest, ProjectId, Timestamp, VersionId,
};
use crate::store::Attractors;

const COLUMNS: &str = "id, project_id, name, repo_path, default_run_type, description, active, \
     model_config, content_version, created_at, updated_at";

const VERSION_COLUMNS: &str =
    "id, attractor_id, version, content_sha256, size_bytes, author, message, created_at";

impl FromRow for AttractorDef {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.word("id")?,
            project_id: row.word("project_id")?,
            name: row.text("name")?,
            repo_path: row.word("repo_path")?,
            default_run_type: row.choice("default_run_type")?,
            description: row.text_or_none("description")?,
            active: row.flag("active")?,
            model_config: row.json_or_none("model_config")?,
            content_version: row.number("content_version")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Listed for AttractorDef {
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

impl FromRow for AttractorVersion {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.word("id")?,
            attractor_id: row.word("attractor_id")?,
            version: row.number("version")?,
            content_sha256: row.text("content_sha256")?,
            size_bytes: row.number("size_bytes")?,
            author: row.text_or_none("author")?,
            message: row.text_or_none("message")?,
            created_at: row.time("created_at")?,
        })
    }
}

/// Versions are ordered by their numbers, whatever the clocks of two servers say.
impl Listed for AttractorVersion {
    fn place(&self) -> (Timestamp, &str) {
        (Timestamp::from_millis(self.version), self.id.as_str())
    }
}

/// A version's text.
struct Content(String);

impl FromRow for Content {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        row.text("content").map(Self)
    }
}

#[async_trait]
impl Attractors for SqlStore {
    async fn create_attractor(
        &self,
        new: NewAttractor,
        content: Option<NewAttractorVersion>,
    ) -> Result<AttractorDef, Error> {
        let mut transaction = self.write().await?;
        let added = add(&mut transaction, &new, self.now()).await?;
        let mut attractor = added.ok_or_else(|| taken(&new.name))?;
        if let Some(content) = content {
            attractor = add_version(&mut transaction, attractor, content, self.now()).await?;
        }
        commit(transaction).await?;
        Ok(attractor)
    }

    async fn upsert_attractor(&self, new: NewAttractor) -> Result<AttractorDef, Error> {
        let mut transaction = self.write().await?;
        let attractor = match add(&mut transaction, &new, self.now()).await? {
            Some(attractor) => attractor,
            None => {
                let statement =
                    sql("select id from attractor_defs where project_id = $1 and name = $2");
                let statement = statement
                    .bind(new.project_id.as_str())
                    .bind(new.name.as_str());
                let id: String = statement.one(&mut transaction).await?;
                put(
                    &mut transaction,
                    &AttractorId::try_from(id)?,
                    &new,
                    self.now(),
                )
                .await?
            }
        };
        commit(transaction).await?;
        Ok(attractor)
    }

    async fn attractor(
        &self,
        project: &ProjectId,
        id: &AttractorId,
    ) -> Result<AttractorDef, Error> {
        let statement = sql(format!(
            "select {COLUMNS} from attractor_defs where id = $1 and project_id = $2"
        ));
        let statement = statement.bind(id.as_str()).bind(project.as_str());
        let found = statement.optional(&mut *self.read().await?).await?;
        found.ok_or_else(|| Error::not_found("attractor"))
    }

    async fn attractors(
        &self,
        project: &ProjectId,
        request: &PageRequest,
    ) -> Result<Page<AttractorDef>, Error> {
        let text = format!("select {COLUMNS} from attractor_defs where project_id = $1");
        let statement = sql(text).bind(project.as_str());
        let mut connection = self.read().await?;
        page(
            statement,
            ("created_at", First::Newest),
            request,
            &mut connection,
        )
        .await
    }

    async fn change_attractor(
        &self,
        id: &AttractorId,
        new: NewAttractor,
        content: Option<NewAttractorVersion>,
    ) -> Result<AttractorDef, Error> {
        let mut transaction = self.write().await?;
        let mut attractor = put(&mut transaction, id, &new, self.now()).await?;
        if let Some(content) = content {
            attractor = add_version(&mut transaction, attractor, content, self.now()).await?;
        }
        commit(transaction).await?;
        Ok(attractor)
    }

    async fn attractor_versions(
        &self,
        id: &AttractorId,
        request: &PageRequest,
    ) -> Result<Page<AttractorVersion>, Error> {
        let statement = sql(format!(
            "select {VERSION_COLUMNS} from attractor_versions where attractor_id = $1"
        ));
        let statement = statement.bind(id.as_str());
        let mut connection = self.read().await?;
        page(
            statement,
            ("version", First::Newest),
            request,
            &mut connection,
        )
        .await
    }

    async fn attractor_version(
        &self,
        id: &AttractorId,
        version: i64,
    ) -> Result<(AttractorVersion, String), Error> {
        let statement = sql(format!(
            "select {VERSION_COLUMNS}, content from attractor_versions
             where attractor_id = $1 and version = $2"
        ));
        let statement = statement.bind(id.as_str()).bind(version);
        let found = statement.optional(&mut *self.read().await?).await?;
        let (version, Content(text)) = found.ok_or_else(|| Error::not_found("version"))?;
        Ok((version, text))
    }

    async fn delete_attractor(&self, project: &ProjectId, id: &AttractorId) -> Result<(), Error> {
        let mut transaction = self.write().await?;
        // With this, no run of it can be added until the transaction is over.
        let statement = sql("select id from attractor_defs where id = $1 and project_id = $2");
        let statement = statement.push(self.dialect.for_update());
        let statement = statement.bind(id.as_str()).bind(project.as_str());
        let found = statement.optional::<String>(&mut transaction).await?;
        found.ok_or_else(|| Error::not_found("attractor"))?;
        let statement = sql("select id from runs where attractor_def_id = $1 limit 1");
        let run = statement
            .bind(id.as_str())
            .optional::<String>(&mut transaction)
            .await?;
        if let Some(run) = run {
            let message =
                format!("the attractor has runs, such as {run}: delete them, or make it inactive");
            return Err(Error::conflict("attractor_in_use", message));
        }
        let statement = sql("delete from attractor_defs where id = $1");
        statement
            .bind(id.as_str())
            .execute(&mut transaction)
            .await?;
        commit(transaction).await
    }
}

fn taken(name: &str) -> Error {
    let message = format!("another attractor of the project is called {name:?}");
    Error::conflict("name_taken", message)
}

/// Adds an attractor, unless the project has one of that name.
async fn add(
    on: &mut Connection,
    new: &NewAttractor,
    now: Timestamp,
) -> Result<Option<AttractorDef>, Error> {
    let statement = sql(format!(
        "insert into attractor_defs (id, project_id, name, repo_path, default_run_type, description,
             active, model_config, content_version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $9)
         on conflict (project_id, name) do nothing returning {COLUMNS}"
    ));
    let statement = statement
        .bind(AttractorId::new().as_str())
        .bind(new.project_id.as_str())
        .bind(new.name.as_str())
        .bind(new.repo_path.as_str())
        .bind(new.default_run_type.as_str())
        .bind(new.description.as_deref())
        .bind(i64::from(new.active))
        .bind(json_or_none(new.model_config.as_ref())?)
        .bind(now.as_millis());
    statement.optional(on).await.or_missing("project")
}

/// Gives an attractor other fields; whose it is doesn't change.
async fn put(
    on: &mut Connection,
    id: &AttractorId,
    new: &NewAttractor,
    now: Timestamp,
) -> Result<AttractorDef, Error> {
    let statement = sql(format!(
        "update attractor_defs set name = $3, repo_path = $4, default_run_type = $5,
             description = $6, active = $7, model_config = $8, updated_at = $9
         where id = $1 and project_id = $2 returning {COLUMNS}"
    ));
    let statement = statement
        .bind(id.as_str())
        .bind(new.project_id.as_str())
        .bind(new.name.as_str())
        .bind(new.repo_path.as_str())
        .bind(new.default_run_type.as_str())
        .bind(new.description.as_deref())
        .bind(i64::from(new.active))
        .bind(json_or_none(new.model_config.as_ref())?)
        .bind(now.as_millis());
    let found = statement.optional(on).await.or_taken(|| taken(&new.name))?;
    found.ok_or_else(|| Error::not_found("attractor"))
}

/// Adds a version, unless the newest has the same text. Whoever calls has written the attractor's row
/// in this transaction, so nobody else adds one meanwhile.
async fn add_version(
    on: &mut Connection,
    attractor: AttractorDef,
    content: NewAttractorVersion,
    now: Timestamp,
) -> Result<AttractorDef, Error> {
    let newest = attractor.content_version;
    if content
        .expected_version
        .is_some_and(|expected| expected != newest)
    {
        let message = format!("the newest version is {newest}: look at it first");
        let details = serde_json::json!({ "contentVersion": newest });
        return Err(Error::conflict("version_conflict", message).with_details(details));
    }
    let statement = sql("select content_sha256 from attractor_versions
         where attractor_id = $1 and version = $2");
    let statement = statement.bind(attractor.id.as_str()).bind(newest);
    let sha256 = statement.optional::<String>(on).await?;
    if sha256.as_deref() == Some(&content.content_sha256) {
        return Ok(attractor);
    }
    let statement = sql("insert into attractor_versions
             (id, attractor_id, version, content, content_sha256, size_bytes, author, message,
              created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    let size = i64::try_from(content.content.len()).unwrap_or(i64::MAX);
    let statement = statement
        .bind(VersionId::new().as_str())
        .bind(attractor.id.as_str())
        .bind(newest + 1)
        .bind(content.content)
        .bind(content.content_sha256)
        .bind(size)
        .bind(content.author)
        .bind(content.message)
        .bind(now.as_millis());
    statement.execute(on).await?;
    let statement = sql(format!(
        "update attractor_defs set content_version = $2 where id = $1 returning {COLUMNS}"
    ));
    statement
        .bind(attractor.id.as_str())
        .bind(newest + 1)
        .one(on)
        .await
}
