use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value, json};
use url::form_urlencoded;

use super::limits::{FIELDS, FORM_BYTES};
use super::shell::csrf;
use crate::api::{Refusal, parse, read};
use crate::app::App;
use crate::auth;
use crate::domain::{Error, ErrorKind};

/// The field that shows that a form is one of ours.
const CSRF_FIELD: &str = "_csrf";

/// What a form says, and what is wrong with it: a page shows it again as it was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    fields: BTreeMap<String, String>,
    problem: Option<Problem>,
}

#[derive(Clone, Debug)]
struct Problem {
    /// The field that it's about; the form as a whole, if none.
    field: Option<String>,
    message: String,
}

impl Form {
    /// A form that nobody has filled in yet.
    pub(crate) fn of<'a>(fields: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let fields = fields.into_iter();
        Self {
            fields: fields
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            problem: None,
        }
    }

    /// What a field says; nothing if it isn't there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// What a field says, if it says something.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|text| !text.is_empty())
    }

    /// Whether a box is ticked.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Whether a field says just this.
    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == value
    }

    /// The fields whose names begin with something, and what follows it.
    pub(crate) fn all<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let fields = self.fields.iter();
        fields.filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }

    /// What is wrong with a field.
    pub(crate) fn problem_of(&self, name: &str) -> Option<&str> {
        let problem = self.problem.as_ref()?;
        (problem.field.as_deref() == Some(name)).then_some(&*problem.message)
    }

    /// What is wrong that isn't about one of the fields that the page has.
    pub(crate) fn problem_beside(&self, fields: &[&str]) -> Option<&str> {
        let problem = self.problem.as_ref()?;
        let field = problem.field.as_deref();
        let is_shown = field.is_some_and(|field| fields.contains(&field));
        (!is_shown).then_some(&*problem.message)
    }

    /// What a field says of several that are numbered.
    pub(crate) fn numbered(&self, name: &str, number: &usize) -> &str {
        self.get(&format!("{name}.{number}"))
    }

    /// Whether something is wrong.
    pub(crate) fn has_problem(&self) -> bool {
        self.problem.is_some()
    }

    /// The form with what is wrong with it, and the status that says so; what no change of the form would
    /// mend is refused as elsewhere.
    pub(crate) fn refused(mut self, error: Error) -> Result<(Self, StatusCode), Error> {
        let is_the_forms = matches!(
            error.kind(),
            ErrorKind::Invalid
                | ErrorKind::Conflict
                | ErrorKind::NotFound
                | ErrorKind::TooLarge
                | ErrorKind::Upstream
                | ErrorKind::RateLimited
        );
        if !is_the_forms {
            return Err(error);
        }
        let field = error.details().and_then(|it| it["field"].as_str());
        let text = error.to_string();
        let after = field.and_then(|field| text.strip_prefix(field));
        let message = after.map_or(&*text, |it| it.trim_start_matches([':', ' ']));
        let field = field.or_else(|| field_of(error.code())).map(|it| match it {
            // One field of a form for two of the API.
            "modelConfig.provider" | "modelConfig.modelId" => "modelConfig",
            other => other,
        });
        self.problem = Some(Problem {
            field: field.map(str::to_owned),
            message: message.to_owned(),
        });
        let status = StatusCode::from_u16(error.kind().status());
        Ok((self, status.unwrap_or(StatusCode::BAD_REQUEST)))
    }

    /// What is here, and for fields that aren't here what another form says.
    #[must_use]
    pub(crate) fn or(mut self, other: Self) -> Self {
        for (name, value) in other.fields {
            self.fields.entry(name).or_insert(value);
        }
        self
    }

    /// The form without the fields whose names begin with something.
    #[must_use]
    pub(crate) fn without(mut self, prefix: &str) -> Self {
        self.fields.retain(|name, _| !name.starts_with(prefix));
        self
    }

    /// A field that says a number, or nothing: then it's `null`.
    pub(crate) fn number(&self, name: &str) -> Result<Value, Error> {
        let Some(text) = self.given(name) else {
            return Ok(Value::Null);
        };
        let number = serde_json::from_str::<Number>(text);
        number.map(Value::Number).map_err(|_| {
            let error = Error::invalid("invalid_field", format!("{name}: it must be a number"));
            error.with_details(json!({ "field": name }))
        })
    }

    /// What a form says as the body that the API takes: the same fields, the same errors. What is `null` is
    /// left out.
    pub(crate) fn body<T: DeserializeOwned>(
        fields: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<T, Error> {
        Self::whole_body(fields.into_iter().filter(|(_, value)| !value.is_null()))
    }

    /// The same with what is `null`, which takes away what there was.
    pub(crate) fn whole_body<T: DeserializeOwned>(
        fields: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<T, Error> {
        let fields = fields.into_iter();
        let body: Map<String, Value> = fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let text = serde_json::to_vec(&body)
            .map_err(|error| Error::internal("a form can't be written").caused_by(error))?;
        parse(&text)
    }
}

impl FromRequest<App> for Form {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        if !is_form(&parts.headers) {
            let message = "a page takes forms only: the API is below /api";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Refusal::with_status(
                status,
                "unsupported_media_type",
                message,
            ));
        }
        let bytes = read(body, FORM_BYTES).await?;
        let pairs = form_urlencoded::parse(&bytes).take(FIELDS);
        let mut fields: BTreeMap<String, String> = pairs
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let session = auth::session_value(app.config(), &parts.headers);
        let is_ours = fields.remove(CSRF_FIELD) == Some(csrf(session));
        if !is_ours || !auth::is_same_site(&parts.headers) {
            let message =
                "the form isn't from a page of this session: load the page again, and send it anew";
            return Err(Refusal::with_status(StatusCode::FORBIDDEN, "csrf", message));
        }
        Ok(Self {
            fields,
            problem: None,
        })
    }
}

/// The field that an error is about which the API has for the body as a whole.
fn field_of(code: &str) -> Option<&'static str> {
    Some(match code {
        "name_taken" => "name",
        "namespace_taken" => "namespace",
        "invalid_pipeline" | "content_too_large" | "version_conflict" => "content",
        _ => return None,
    })
}

fn is_form(headers: &HeaderMap) -> bool {
    let text = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let kind = text.unwrap_or_default().split(';').next();
    kind.unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_stands_at_its_field() {
        let form = Form::of([("name", "x".to_owned())]);
        let error = Error::invalid("invalid_field", "name: it must have 2 to 80 characters");
        let error = error.with_details(json!({ "field": "name" }));
        let (form, status) = form.refused(error).unwrap();
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(
            form.problem_of("name"),
            Some("it must have 2 to 80 characters")
        );
        assert_eq!(form.problem_beside(&["name"]), None);
        assert_eq!(
            form.problem_beside(&["other"]),
            Some("it must have 2 to 80 characters")
        );
        assert_eq!(form.get("name"), "x");
        let internal = form.refused(Error::internal("secret")).unwrap_err();
        assert_eq!(internal.kind(), ErrorKind::Internal);
    }
}
