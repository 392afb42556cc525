use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// What a ticket is for; its text begins with it, so that one that got lost is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `att_…`: an API token.
    Token,
    /// `ats_…`: a session of a browser.
    Session,
    /// `atl_…`: a sign-in link.
    Link,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Token => "att_",
            Self::Session => "ats_",
            Self::Link => "atl_",
        }
    }
}

/// A text that lets in whoever has it: 256 random bits. Only its hash is kept.
#[derive(Clone)]
pub(crate) struct Ticket(String);

impl Ticket {
    /// A new one.
    pub(crate) fn new(kind: Kind) -> Self {
        let bytes: [u8; 32] = rand::random();
        Self(format!(
            "{}{}",
            kind.prefix(),
            URL_SAFE_NO_PAD.encode(bytes)
        ))
    }

    /// The text, for the one who is given it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        hash_of(&self.0)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket")
    }
}

/// The SHA-256 of a ticket's text, by which it is looked up: how long that takes depends on the hash,
/// which nobody can choose.
pub(crate) fn hash_of(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_ticket_is_like_another_or_shows_itself() {
        let (one, other) = (Ticket::new(Kind::Token), Ticket::new(Kind::Token));
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), "att_".len() + 43);
        assert!(one.expose().starts_with("att_"));
        assert_eq!(one.hash(), hash_of(one.expose()));
        assert_eq!(format!("{one:?}"), "Ticket");
    }
}
