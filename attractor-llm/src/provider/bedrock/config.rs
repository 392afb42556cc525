//! How to reach the API.

use std::sync::Arc;

use super::credentials::{AwsCredentialSource, AwsCredentials};
use super::sign::Signer;
use super::{BedrockAdapter, Converse};
use crate::error::{Error, ErrorKind};
use crate::provider::ProviderAdapter;
use crate::provider::adapter::Wire;
use crate::provider::credential::Credential;
use crate::provider::discover::Environment;
use crate::provider::endpoint::{EndpointBuilder, endpoint_setters};

const NAME: &str = "bedrock";

/// Gathers what a [`BedrockAdapter`] needs.
#[derive(Debug)]
pub struct BedrockBuilder {
    region: String,
    endpoint: EndpointBuilder,
    aws: Option<Arc<dyn AwsCredentialSource>>,
}

impl BedrockBuilder {
    pub(super) fn new(region: String) -> Self {
        let base_url = base_url(&region);
        Self {
            region,
            endpoint: EndpointBuilder::new(NAME, base_url, ""),
            aws: None,
        }
    }

    /// Sets the Bedrock API key, which is sent as it is. One that is renewed comes from
    /// [`credentials`](Self::credentials).
    #[must_use]
    pub fn api_key(mut self, api_key: impl AsRef<str>) -> Self {
        self.endpoint.key = Credential::new(api_key);
        self
    }

    /// Signs each request with the access keys of `source`, in place of an API key.
    #[must_use]
    pub fn aws_credentials(mut self, source: impl AwsCredentialSource) -> Self {
        self.aws = Some(Arc::new(source));
        self
    }

    /// Sets where the API is: all that stands before `/model`. Another place than the region's own,
    /// a private endpoint for instance.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.endpoint.base_url = base_url.into();
        self
    }

    endpoint_setters!();

    /// Makes the adapter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when there is neither a key nor a source, the region isn't one or
    /// the base URL isn't an HTTP URL.
    pub fn build(self) -> Result<BedrockAdapter, Error> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if self.region.is_empty() || !self.region.chars().all(is_part) {
            let message = format!("{:?} isn't a region of AWS", self.region);
            return Err(
                Error::new(ErrorKind::Configuration, message).with_provider(self.endpoint.name)
            );
        }
        let endpoint = match self.aws {
            Some(source) => self.endpoint.build_with(Some(Box::new(Signer {
                region: self.region,
                source,
            })))?,
            None => self.endpoint.build("authorization", "Bearer ")?,
        };
        Ok(BedrockAdapter(Wire::new(endpoint, Converse)))
    }
}

/// The endpoint of a region.
fn base_url(region: &str) -> String {
    let end = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://bedrock-runtime.{region}.amazonaws.com{end}")
}

/// The adapter whose API key, or whose access keys, are in the environment.
///
/// Access keys without a region are for something else.
///
/// # Errors
///
/// [`ErrorKind::Configuration`] for an API key without a region, or a base URL that is none.
pub(crate) fn discover(from: &Environment<'_>) -> Result<Vec<Arc<dyn ProviderAdapter>>, Error> {
    let region = from
        .get("AWS_REGION")
        .or_else(|| from.get("AWS_DEFAULT_REGION"));
    let keys = || {
        let id = from.get("AWS_ACCESS_KEY_ID")?;
        let keys = AwsCredentials::new(id, from.get("AWS_SECRET_ACCESS_KEY")?);
        Some(match from.get("AWS_SESSION_TOKEN") {
            Some(token) => keys.session_token(token),
            None => keys,
        })
    };
    let mut builder = match (from.get("AWS_BEARER_TOKEN_BEDROCK"), region, keys()) {
        (Some(key), Some(region), _) => BedrockBuilder::new(region).api_key(key),
        (Some(_), None, _) => {
            let message = "AWS_BEARER_TOKEN_BEDROCK needs a region: set AWS_REGION";
            return Err(Error::new(ErrorKind::Configuration, message).with_provider(NAME));
        }
        (None, Some(region), Some(keys)) => BedrockBuilder::new(region).aws_credentials(keys),
        (None, ..) => return Ok(Vec::new()),
    };
    from.apply(&mut builder.endpoint);
    if let Some(base_url) = from.get("AWS_ENDPOINT_URL_BEDROCK_RUNTIME") {
        builder = builder.base_url(base_url);
    }
    Ok(vec![Arc::new(builder.build()?)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(set: &[(&str, &str)]) -> Result<usize, Error> {
        let variable = |name: &str| {
            let found = set.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let environment = Environment {
            variable: &variable,
            transport: None,
        };
        discover(&environment).map(|adapters| adapters.len())
    }

    #[test]
    fn a_key_or_access_keys_with_a_region_configure_it() {
        let region = ("AWS_REGION", "us-east-1");
        let key = ("AWS_BEARER_TOKEN_BEDROCK", "k");
        let access = [("AWS_ACCESS_KEY_ID", "i"), ("AWS_SECRET_ACCESS_KEY", "s")];
        assert_eq!(found(&[key, region]).unwrap(), 1);
        assert_eq!(found(&[access[0], access[1], region]).unwrap(), 1);
        assert_eq!(found(&[access[0], region]).unwrap(), 0);
        assert_eq!(found(&access).unwrap(), 0);
        assert_eq!(found(&[key]).unwrap_err().kind(), ErrorKind::Configuration);
    }

    #[test]
    fn a_region_has_its_host_and_nothing_else_is_one() {
        assert_eq!(
            base_url("eu-west-1"),
            "https://bedrock-runtime.eu-west-1.amazonaws.com"
        );
        assert!(base_url("cn-north-1").ends_with(".com.cn"));
        for region in ["", "evil.example/"] {
            let error = BedrockAdapter::new(region, "k").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
        }
        assert!(BedrockAdapter::new("us-east-1", "").is_err());
    }
}
