//! What the editor's forms do: what the API does.

use axum::extract::State;
use serde_json::{Value, json};

use super::page::EditorPage;
use crate::api::{Answer, InProject, Path, attractors, invalid_field, parse};
use crate::app::App;
use crate::domain::{AttractorDef, AttractorId, Error, ProjectId, slug};
use crate::web::form::Form;
use crate::web::model;
use crate::web::shell::Visitor;
use crate::web::show;

/// Saves an attractor; another text becomes its next version.
pub(super) async fn change(
    State(app): State<App>,
    visitor: Visitor,
    Path((project, id)): Path<(ProjectId, AttractorId)>,
    form: Form,
) -> Answer {
    let body = body(&form, |body| {
        body["expectedContentVersion"] = json!(number(&form, "expectedContentVersion")?);
        Ok(())
    });
    let saved = match body.and_then(|it| parse(&it)) {
        Ok(body) => attractors::change_attractor(&app, &visitor.who, &project, &id, body).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(saved) => go_to(&saved),
        Err(error) => {
            let attractor = app.store().attractor(&project, &id).await?;
            again(&app, visitor, &project, Some(attractor), form, error).await
        }
    }
}

/// Makes an attractor.
pub(super) async fn create(
    State(app): State<App>,
    visitor: Visitor,
    InProject(project): InProject,
    form: Form,
) -> Answer {
    let made = match body(&form, |_| Ok(())).and_then(|it| parse(&it)) {
        Ok(body) => attractors::create_attractor(&app, &visitor.who, &project, body).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => go_to(&made),
        Err(error) => again(&app, visitor, &project, None, form, error).await,
    }
}

/// Deletes an attractor that has no runs.
pub(super) async fn delete(
    State(app): State<App>,
    visitor: Visitor,
    Path((project, id)): Path<(ProjectId, AttractorId)>,
    _: Form,
) -> Answer {
    attractors::delete_attractor(&app, &visitor.who, &project, &id).await?;
    show::go_to(&format!("/projects/{project}/attractors"))
}

fn go_to(saved: &AttractorDef) -> Answer {
    let (project, id) = (&saved.project_id, &saved.id);
    show::go_to(&format!("/projects/{project}/attractors/{id}?saved=yes"))
}

/// The page as it was sent, with what is wrong.
async fn again(
    app: &App,
    visitor: Visitor,
    project: &ProjectId,
    attractor: Option<AttractorDef>,
    form: Form,
    error: Error,
) -> Answer {
    let project = app.store().project(project).await?;
    let error = match error.code() {
        "invalid_pipeline" => at("content", &error),
        "version_conflict" => {
            let said = "somebody has saved another version meanwhile: compare it with yours in Versions, then save again";
            Error::conflict("version_conflict", said)
        }
        _ => match error.details().and_then(|it| it["field"].as_str()) {
            Some("modelConfig.provider" | "modelConfig.modelId") => at("modelConfig", &error),
            _ => error,
        },
    };
    let (form, status) = form.refused(error)?;
    // Whoever has read what is wrong saves over the version that there is now.
    EditorPage::new(visitor, project, attractor, form)?.show(status)
}

/// The same error at a field of the form.
fn at(field: &str, error: &Error) -> Error {
    let said = error.to_string();
    let said = said
        .strip_prefix("modelConfig.")
        .unwrap_or(&said)
        .to_owned();
    Error::invalid("invalid_field", said).with_details(json!({ "field": field }))
}

/// The form as the API's body.
fn body(form: &Form, more: impl FnOnce(&mut Value) -> Result<(), Error>) -> Result<Vec<u8>, Error> {
    // Browsers end a text's lines with two characters.
    let content = form.get("content").replace("\r\n", "\n");
    let path = form.given("repoPath").map(str::to_owned);
    let path = path.unwrap_or_else(|| format!("{}.dot", slug(form.get("name"))));
    let mut body = json!({
        "name": form.get("name").trim(),
        "repoPath": path,
        "defaultRunType": form.get("defaultRunType"),
        "description": form.given("description"),
        "active": form.has("active"),
        "modelConfig": model::chosen(form)?,
        "message": form.given("message"),
    });
    if !content.trim().is_empty() {
        body["content"] = json!(content);
    }
    more(&mut body)?;
    serde_json::to_vec(&body)
        .map_err(|error| Error::internal("a form can't be written").caused_by(error))
}

fn number(form: &Form, field: &str) -> Result<Option<u32>, Error> {
    let number = form.given(field).map(str::parse::<u32>).transpose();
    number.map_err(|_| invalid_field(field, "it must be a whole number that isn't negative"))
}
