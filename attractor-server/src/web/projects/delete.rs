use axum::extract::State;

use crate::api::projects::delete_project;
use crate::api::{Answer, Path};
use crate::app::App;
use crate::domain::{Error, ProjectId};
use crate::web::form::Form;
use crate::web::projects::settings::refused;
use crate::web::shell::Visitor;
use crate::web::show;

/// Deletes a project whose name was typed.
pub(crate) async fn delete(
    State(app): State<App>,
    Path(id): Path<ProjectId>,
    visitor: Visitor,
    form: Form,
) -> Answer {
    let project = app.store().project(&id).await?;
    let done = if form.get("confirm") == project.name {
        delete_project(&app, &visitor.who, &id).await
    } else {
        let details = serde_json::json!({ "field": "confirm" });
        let message = "confirm: it isn't the project's name";
        Err(Error::invalid("not_confirmed", message).with_details(details))
    };
    match done {
        Ok(()) => show::go_to("/projects"),
        Err(error) => refused(&app, visitor.shell, project, form, error).await,
    }
}
