use std::fmt;

use async_trait::async_trait;

use crate::error::Error;

/// Gives the access keys that each request is signed with.
///
/// Keys that don't change are a source themselves. What `aws-config` finds (profiles, SSO, roles of
/// machines and containers) is plugged in like this; give `aws-config` an HTTP client of your own
/// choice, so that only one library for TLS is built:
///
/// ```
/// use attractor_llm::provider::bedrock::{AwsCredentialSource, AwsCredentials, BedrockAdapter};
/// use attractor_llm::{Error, ErrorKind, async_trait};
/// use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
///
/// #[derive(Debug)]
/// struct FromAwsConfig(SharedCredentialsProvider);
///
/// #[async_trait]
/// impl AwsCredentialSource for FromAwsConfig {
///     async fn credentials(&self) -> Result<AwsCredentials, Error> {
///         let found = self.0.provide_credentials().await.map_err(|error| {
///             Error::new(ErrorKind::Authentication, "no AWS credentials").with_source(error)
///         })?;
///         let keys = AwsCredentials::new(found.access_key_id(), found.secret_access_key());
///         Ok(match found.session_token() {
///             Some(token) => keys.session_token(token),
///             None => keys,
///         })
///     }
/// }
///
/// # fn example(provider: SharedCredentialsProvider) -> Result<BedrockAdapter, Error> {
/// // let provider = aws_config::load_defaults(…).await.credentials_provider().ok_or(…)?;
/// BedrockAdapter::builder("eu-central-1").aws_credentials(FromAwsConfig(provider)).build()
/// # }
/// ```
#[async_trait]
pub trait AwsCredentialSource: fmt::Debug + Send + Sync + 'static {
    /// The access keys of the request that is about to be sent.
    ///
    /// # Behavior
    ///
    /// - Is asked before every request: it keeps keys as long as they are good, and lets concurrent
    ///   callers wait for one renewal.
    /// - Its time counts towards that of the request.
    /// - An `Err` is the request's.
    async fn credentials(&self) -> Result<AwsCredentials, Error>;
}

/// Fails to compile if the trait stops being dyn-safe.
const _: Option<&dyn AwsCredentialSource> = None;

/// Access keys of AWS; `Debug` tells only the id.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsCredentials {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: Option<String>,
}

impl AwsCredentials {
    /// Keys that last.
    #[must_use]
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
        }
    }

    /// Sets the token that makes keys of a session valid.
    #[must_use]
    pub fn session_token(mut self, session_token: impl Into<String>) -> Self {
        self.session_token = Some(session_token.into());
        self
    }
}

impl fmt::Debug for AwsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsCredentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl AwsCredentialSource for AwsCredentials {
    async fn credentials(&self) -> Result<AwsCredentials, Error> {
        Ok(self.clone())
    }
}
