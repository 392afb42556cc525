use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::domain::{Error, Timestamp};
use crate::forge::limits::{CLOCK_SKEW, JWT_TIME};

/// A GitHub App: what the server signs in at GitHub with.
pub struct GitHubApp {
    id: String,
    slug: Option<String>,
    key: RsaKeyPair,
}

impl GitHubApp {
    /// The App with that id (or client id) and private key in PEM, in which `\n` may stand for a line's
    /// end, as in an environment variable.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::domain::ErrorKind::Invalid) with the code `invalid_app_key`.
    pub fn new(id: impl Into<String>, private_key: &SecretString) -> Result<Self, Error> {
        let invalid = || {
            let message = "the GitHub App's private key isn't an RSA key in PEM: take the file that GitHub gave when the key was made";
            Error::invalid("invalid_app_key", message)
        };
        let pem = SecretString::from(private_key.expose_secret().replace("\\n", "\n"));
        let der = PrivateKeyDer::from_pem_slice(pem.expose_secret().as_bytes());
        let key = match der.map_err(|_| invalid())? {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(invalid()),
        };
        Ok(Self {
            id: id.into(),
            slug: None,
            key: key.map_err(|_| invalid())?,
        })
    }

    /// What the App is called in addresses; people can be sent to install it then.
    #[must_use]
    pub fn with_slug(mut self, slug: impl Into<String>) -> Self {
        self.slug = Some(slug.into());
        self
    }

    /// The App's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the App is called in addresses.
    pub fn slug(&self) -> Option<&str> {
        self.slug.as_deref()
    }

    /// What the App signs in with for some minutes.
    ///
    /// Source: GitHub's documentation, "Generating a JSON Web Token (JWT) for a GitHub App".
    pub(super) fn jwt(&self, now: Timestamp) -> Result<SecretString, Error> {
        let seconds = now.as_millis() / 1_000;
        let skew = i64::try_from(CLOCK_SKEW.as_secs()).unwrap_or_default();
        let time = i64::try_from(JWT_TIME.as_secs()).unwrap_or_default();
        let claims = json!({ "iat": seconds - skew, "exp": seconds + time, "iss": self.id });
        let header = json!({ "alg": "RS256", "typ": "JWT" });
        let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .map_err(|_| Error::internal("the GitHub App's key can't sign"))?;
        Ok(SecretString::from(format!(
            "{signed}.{}",
            URL_SAFE_NO_PAD.encode(signature)
        )))
    }
}

impl fmt::Debug for GitHubApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHubApp")
            .field("id", &self.id)
            .field("slug", &self.slug)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        for bad in [
            "",
            "sesame",
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        ] {
            let error = GitHubApp::new("1", &SecretString::from(bad)).unwrap_err();
            assert_eq!(error.code(), "invalid_app_key");
            assert!(!error.to_string().contains("sesame"));
        }
    }
}
