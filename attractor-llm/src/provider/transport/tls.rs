//! TLS with its cryptography named here, so that nothing depends on a process-wide default.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::RootCertStore;
#[cfg(feature = "vertex")]
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring;
use rustls_platform_verifier::Verifier;

use super::configuration;
use crate::error::Error;

/// What all connections over TLS have in common.
pub(super) fn config() -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| configuration("TLS", error))?;
    let verifier = Verifier::new(provider)
        .inspect_err(|error| tracing::warn!(%error, "no system certificates: HTTPS will fail"));
    let mut config = match verifier {
        Ok(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth(),
        // A machine without certificates may still talk to its own servers in the clear; to any
        // other the handshake fails and says so.
        Err(_) => builder
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Gives the process the cryptography of these connections, unless it has another: for a crate that
/// takes what it finds there.
#[cfg(feature = "vertex")]
pub(crate) fn install_cryptography() {
    if CryptoProvider::get_default().is_none() {
        // An `Err` means that someone else was quicker.
        drop(ring::default_provider().install_default());
    }
}
