//! Keys and tokens, and where they come from.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::http::{HttpHeader, HttpRequest};
use crate::error::{Error, ErrorKind};

/// Gives the key or token of each request: for those that expire or come from a vault.
///
/// ```
/// use attractor_llm::provider::{Credential, CredentialSource};
/// use attractor_llm::{AnthropicAdapter, Error, async_trait};
///
/// #[derive(Debug)]
/// struct Vault;
///
/// #[async_trait]
/// impl CredentialSource for Vault {
///     async fn credential(&self) -> Result<Credential, Error> {
///         Ok(Credential::new("the token of this hour"))
///     }
/// }
///
/// let adapter = AnthropicAdapter::builder("").credentials(Vault).build()?;
/// # Ok::<(), Error>(())
/// ```
///
/// Source: unified-llm-spec 7.
#[async_trait]
pub trait CredentialSource: fmt::Debug + Send + Sync + 'static {
    /// The credential of the request that is about to be sent.
    ///
    /// # Behavior
    ///
    /// - Is asked before every request: it keeps a token as long as that is good, and lets
    ///   concurrent callers wait for one renewal.
    /// - Its time counts towards that of the request.
    /// - An `Err` is the request's.
    async fn credential(&self) -> Result<Credential, Error>;
}

/// Fails to compile if the trait stops being dyn-safe.
const _: Option<&dyn CredentialSource> = None;

/// A key or token; `Debug` doesn't tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(Arc<str>);

impl Credential {
    /// A credential; blanks around it aren't part of it.
    #[must_use]
    pub fn new(secret: impl AsRef<str>) -> Self {
        Self(secret.as_ref().trim().into())
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text without the secret, should a server have repeated it.
    pub(crate) fn scrub(&self, text: &str) -> String {
        text.replace(&*self.0, "[redacted]")
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A key that never changes.
#[async_trait]
impl CredentialSource for Credential {
    async fn credential(&self) -> Result<Credential, Error> {
        Ok(self.clone())
    }
}

/// Proves to the server who asks.
#[async_trait]
pub(crate) trait Authorize: fmt::Debug + Send + Sync + 'static {
    /// Adds the proof if it is at hand; tells what of it mustn't show up in an error.
    fn try_authorize(&self, _request: &mut HttpRequest) -> Option<Option<Credential>> {
        None
    }

    /// Gets the proof and adds it; tells what of it mustn't show up in an error.
    async fn authorize(&self, request: &mut HttpRequest) -> Result<Option<Credential>, Error>;
}

/// A credential in a header.
#[derive(Debug)]
pub(crate) struct KeyHeader {
    pub(crate) name: &'static str,
    /// What stands before the credential: `Bearer `.
    pub(crate) prefix: &'static str,
    pub(crate) source: Arc<dyn CredentialSource>,
    /// The credential that never changes, if it is one.
    pub(crate) fixed: Option<Credential>,
}

#[async_trait]
impl Authorize for KeyHeader {
    fn try_authorize(&self, request: &mut HttpRequest) -> Option<Option<Credential>> {
        if request.headers.iter().any(|it| it.name == self.name) {
            // A header of the user's takes its place.
            return Some(None);
        }
        let fixed = self.fixed.clone()?;
        self.add(&fixed, request);
        Some(Some(fixed))
    }

    async fn authorize(&self, request: &mut HttpRequest) -> Result<Option<Credential>, Error> {
        let credential = self.source.credential().await?;
        if credential.is_empty() {
            let message = "the credential source gave an empty credential";
            return Err(Error::new(ErrorKind::Authentication, message));
        }
        self.add(&credential, request);
        Ok(Some(credential))
    }
}

impl KeyHeader {
    fn add(&self, credential: &Credential, request: &mut HttpRequest) {
        let value = [self.prefix, credential.expose()].concat();
        request
            .headers
            .push(HttpHeader::sensitive(self.name, value));
    }
}
