//! The fields of the form of an attractor.

use serde_json::{Value, json};

use crate::domain::{AttractorDef, Error};
use crate::web::form::Form;
use crate::web::model;

/// The fields that the page shows problems at.
pub(super) const FIELDS: [&str; 9] = [
    "name",
    "repoPath",
    "defaultRunType",
    "description",
    "content",
    model::FIELDS[0],
    model::FIELDS[1],
    model::FIELDS[2],
    model::FIELDS[3],
];

/// What runs of an attractor usually are.
pub(super) const TYPES: [(&str, &str); 3] = [
    ("planning", "planning: writes a specification bundle"),
    (
        "implementation",
        "implementation: changes files, opens a pull request",
    ),
    ("task", "task: leaves artifacts, changes nothing"),
];

/// The form of an attractor that there is.
pub(super) fn filled(attractor: &AttractorDef, content: &str) -> Form {
    let mut fields = vec![
        ("name", attractor.name.clone()),
        ("repoPath", attractor.repo_path.to_string()),
        (
            "defaultRunType",
            attractor.default_run_type.as_str().to_owned(),
        ),
        (
            "description",
            attractor.description.clone().unwrap_or_default(),
        ),
        (
            "expectedContentVersion",
            attractor.content_version.to_string(),
        ),
        ("content", content.to_owned()),
    ];
    if attractor.active {
        fields.push(("active", "yes".to_owned()));
    }
    fields.extend(model::filled(attractor.model_config.as_ref()));
    Form::of(fields)
}

/// What the form says, as the API takes it; what isn't given is `null`.
pub(super) fn body(form: &Form) -> Result<Vec<(&'static str, Value)>, Error> {
    // Browsers send line ends as CR LF, which nobody has written.
    let content = form.get("content").replace("\r\n", "\n");
    let path = form.given("repoPath").map_or_else(
        || format!("{}.dot", crate::domain::slug(form.get("name"))),
        str::to_owned,
    );
    Ok(vec![
        ("name", json!(form.get("name").trim())),
        ("repoPath", json!(path)),
        ("defaultRunType", json!(form.get("defaultRunType"))),
        ("description", json!(form.given("description"))),
        ("active", json!(form.has("active"))),
        ("modelConfig", model::chosen(form)?),
        (
            "content",
            json!(Some(content).filter(|it| !it.trim().is_empty())),
        ),
    ])
}
