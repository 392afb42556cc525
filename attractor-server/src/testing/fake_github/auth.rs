//! Who asks, and what they may see.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use rustls_pki_types::PrivatePkcs1KeyDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::FakeGitHub;
use super::world::{FakeRepository, Issued, World};
use crate::domain::Timestamp;

/// Who asks.
#[derive(Clone, Debug)]
pub(super) enum Caller {
    Nobody,
    /// Signed in with a token that isn't good.
    Stranger,
    Person,
    App,
    Installation(Issued),
}

impl Caller {
    pub(super) fn of(world: &World, authorization: Option<&str>, now: Timestamp) -> Self {
        let Some(token) = authorization.and_then(|it| it.strip_prefix("Bearer ")) else {
            return Self::Nobody;
        };
        if token == FakeGitHub::TOKEN {
            return Self::Person;
        }
        if is_app(token, now) {
            return Self::App;
        }
        let is_it = |it: &&Issued| it.token == token && it.expires_at > now;
        match world.tokens.iter().find(is_it) {
            Some(issued) => Self::Installation(issued.clone()),
            None => Self::Stranger,
        }
    }

    /// Whether the caller sees a repository.
    pub(super) fn sees(&self, repository: &FakeRepository) -> bool {
        match self {
            Self::Person => true,
            Self::Installation(issued) => !repository.private || has(issued, repository),
            Self::Nobody => !repository.private,
            Self::App | Self::Stranger => false,
        }
    }

    /// Whether the caller may do something to a repository.
    pub(super) fn may(&self, repository: &FakeRepository, permission: &str) -> bool {
        match self {
            Self::Person => true,
            Self::Installation(issued) => {
                has(issued, repository) && issued.permissions[permission] == "write"
            }
            _ => false,
        }
    }
}

/// Whether a token is for a repository.
pub(super) fn has(issued: &Issued, repository: &FakeRepository) -> bool {
    let is_installed = repository.owner() == "octo";
    let is_named = |names: &Vec<String>| names.contains(&repository.full_name);
    is_installed && issued.repositories.as_ref().is_none_or(is_named)
}

/// Whether a token is what the App signs in with: signed by its key, and for ten minutes at most.
fn is_app(token: &str, now: Timestamp) -> bool {
    let verified = || {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let pem = FakeGitHub::app_key();
        let der = PrivatePkcs1KeyDer::from_pem_slice(pem.expose_secret().as_bytes()).ok()?;
        let key = RsaKeyPair::from_der(der.secret_pkcs1_der()).ok()?;
        let public: RsaPublicKeyComponents<Vec<u8>> = key.public().into();
        public
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
            .ok()?;
        let claims = URL_SAFE_NO_PAD.decode(signed.split('.').nth(1)?).ok()?;
        let claims: Value = serde_json::from_slice(&claims).ok()?;
        let (issued, expires) = (claims["iat"].as_i64()?, claims["exp"].as_i64()?);
        let now = now.as_millis() / 1_000;
        let is_good = claims["iss"] == FakeGitHub::APP_ID
            && issued <= now
            && expires > now
            && expires <= now + 600;
        is_good.then_some(())
    };
    verified().is_some()
}
