//! How to reach the API.

use std::sync::Arc;

use super::VertexAdapter;
use super::credentials::GoogleCredentials;
use super::protocol::Vertex;
use crate::error::{Error, ErrorKind};
use crate::provider::ProviderAdapter;
use crate::provider::adapter::Wire;
use crate::provider::discover::Environment;
use crate::provider::endpoint::{EndpointBuilder, endpoint_setters, with_version};

const NAME: &str = "vertex";
const VERSION: &str = "/v1beta1";

/// Gathers what a [`VertexAdapter`] needs.
#[derive(Debug)]
pub struct VertexBuilder {
    project: String,
    location: String,
    endpoint: EndpointBuilder,
}

impl VertexBuilder {
    pub(super) fn new(project: String, location: String) -> Self {
        let base_url = with_version(&host(&location), VERSION);
        Self {
            project,
            location,
            endpoint: EndpointBuilder::new(NAME, base_url, ""),
        }
    }

    /// Sets where the API is: all that stands before `/projects`. A host alone stands for its
    /// `/v1beta1`; a query is kept. Another place than the location's own, a gateway for instance.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.endpoint.base_url = with_version(&base_url.into(), VERSION);
        self
    }

    endpoint_setters!();

    /// Makes the adapter. Without [`credentials`](Self::credentials) of its own it takes those that
    /// the machine has for Google Cloud, see [`GoogleCredentials`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when project or location can't be one, or the base URL isn't an
    /// HTTP URL.
    pub fn build(mut self) -> Result<VertexAdapter, Error> {
        for (what, name) in [("project", &self.project), ("location", &self.location)] {
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.');
            if name.is_empty() || !name.chars().all(is_part) {
                let message = format!("{name:?} isn't a {what} of Google Cloud");
                return Err(
                    Error::new(ErrorKind::Configuration, message).with_provider(self.endpoint.name)
                );
            }
        }
        self.endpoint
            .credentials
            .get_or_insert_with(|| Arc::new(GoogleCredentials::default()));
        let endpoint = self.endpoint.build("authorization", "Bearer ")?;
        let vertex = Vertex::new(&self.project, &self.location);
        Ok(VertexAdapter(Wire::new(endpoint, vertex)))
    }
}

/// The host of a location: its own, or the one of a group of them.
fn host(location: &str) -> String {
    match location {
        "global" => "https://aiplatform.googleapis.com".to_owned(),
        "eu" | "us" => format!("https://aiplatform.{location}.rep.googleapis.com"),
        location => format!("https://{location}-aiplatform.googleapis.com"),
    }
}

/// The adapter whose project and location are in the environment; a project alone is for something
/// else.
pub(crate) fn discover(from: &Environment<'_>) -> Result<Vec<Arc<dyn ProviderAdapter>>, Error> {
    let (Some(project), Some(location)) = (
        from.get("GOOGLE_CLOUD_PROJECT"),
        from.get("GOOGLE_CLOUD_LOCATION"),
    ) else {
        return Ok(Vec::new());
    };
    let mut builder = VertexBuilder::new(project, location);
    from.apply(&mut builder.endpoint);
    if let Some(base_url) = from.get("GOOGLE_VERTEX_BASE_URL") {
        builder = builder.base_url(base_url);
    }
    Ok(vec![Arc::new(builder.build()?)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_location_has_its_host() {
        let cases = [
            ("global", "https://aiplatform.googleapis.com"),
            ("eu", "https://aiplatform.eu.rep.googleapis.com"),
            (
                "europe-west4",
                "https://europe-west4-aiplatform.googleapis.com",
            ),
        ];
        for (location, expected) in cases {
            assert_eq!(host(location), expected);
        }
    }

    #[test]
    fn what_cannot_be_a_project_or_a_location_is_refused() {
        for (project, location) in [("", "global"), ("p", ""), ("p", "a/b"), ("p/q", "eu")] {
            let error = VertexAdapter::builder(project, location)
                .build()
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
        }
    }
}
