use std::path::PathBuf;

use serde_json::json;

use super::DataDir;
use crate::app::App;
use crate::auth::{Kind, Ticket, create_link, hash_of};
use crate::domain::{Error, NewAuditEntry, NewToken, Role, TokenId};

/// The file with the administrator's token.
const FILE: &str = "admin-token";

/// The administrator's token and the file that it's in: made at the first start, and again if the file
/// is gone or its token was taken back.
pub(crate) async fn admin(app: &App, directory: &DataDir) -> Result<(TokenId, PathBuf), Error> {
    if let Some(text) = directory.read(FILE)? {
        let known = app
            .store()
            .token_by_hash(&hash_of(text.trim()), app.now())
            .await?;
        if let Some(token) = known.filter(|token| token.role == Role::Admin) {
            return Ok((token.id, directory.join(FILE)));
        }
    }
    let ticket = Ticket::new(Kind::Token);
    let new = NewToken {
        name: "admin".to_owned(),
        role: Role::Admin,
        project_id: None,
        expires_at: None,
        hash: ticket.hash(),
    };
    let path = directory.write_private(FILE, &format!("{}\n", ticket.expose()))?;
    let token = app.store().create_token(new).await?;
    app.record(NewAuditEntry {
        actor: "server".to_owned(),
        action: "token.create".to_owned(),
        project_id: None,
        subject: Some(token.id.to_string()),
        details: json!({ "name": token.name, "role": token.role }),
    })
    .await;
    Ok((token.id, path))
}

/// An address that signs one browser in, once.
pub(crate) async fn sign_in_url(app: &App, token: TokenId) -> Result<String, Error> {
    let ticket = create_link(app, token).await?;
    let base = app.config().base_url();
    Ok(format!("{base}/sign-in?link={}", ticket.expose()))
}
