use super::limits::{LINK_TIME, SESSION_TIME};
use super::{Kind, Ticket, hash_of};
use crate::app::App;
use crate::domain::{Error, ErrorKind, TokenId};
use crate::store::{NewWebSession, SignInLink};

/// What is wrong with a link that doesn't sign in.
pub(crate) const INVALID_LINK: &str =
    "the link isn't good: it was used, or is older than 15 minutes";

/// Makes a link that signs one person in once, with the rights of a token: the secret in it.
pub(crate) async fn create_link(app: &App, token_id: TokenId) -> Result<Ticket, Error> {
    let ticket = Ticket::new(Kind::Link);
    let now = app.now();
    let link = SignInLink {
        hash: ticket.hash(),
        token_id,
        expires_at: now.plus(LINK_TIME),
    };
    app.store().create_sign_in_link(link, now).await?;
    Ok(ticket)
}

/// Uses a link up: the token that it stands for.
pub(crate) async fn use_link(app: &App, secret: &str) -> Result<TokenId, Error> {
    let taken = app
        .store()
        .take_sign_in_link(&hash_of(secret), app.now())
        .await?;
    taken.ok_or_else(|| Error::new(ErrorKind::Unauthenticated, "invalid_link", INVALID_LINK))
}

/// Signs a browser in with the rights of a token: what its cookie says.
pub(crate) async fn begin_session(app: &App, token_id: TokenId) -> Result<Ticket, Error> {
    let ticket = Ticket::new(Kind::Session);
    let now = app.now();
    let session = NewWebSession {
        hash: ticket.hash(),
        token_id,
        created_at: now,
        expires_at: now.plus(SESSION_TIME),
    };
    app.store().create_session(session).await?;
    Ok(ticket)
}
