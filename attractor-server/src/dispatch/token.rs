use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::RngExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// What the token of a runner begins with.
const PREFIX: &str = "arr_";

/// A token for one attempt: 256 random bits.
pub(super) fn mint() -> SecretString {
    let bytes: [u8; 32] = rand::rng().random();
    format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)).into()
}

/// What is kept of it.
pub(super) fn hash(token: &SecretString) -> Vec<u8> {
    Sha256::digest(token.expose_secret().as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_is_another_and_only_its_sum_is_kept() {
        let (one, other) = (mint(), mint());
        assert!(one.expose_secret().starts_with(PREFIX));
        assert_eq!(one.expose_secret().len(), 4 + 43);
        assert_ne!(one.expose_secret(), other.expose_secret());
        assert_eq!(hash(&one).len(), 32);
    }
}
