//! `attractor token create|list|revoke`.

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::budget::parse_duration;
use super::place::{PlaceArgs, directory};
use crate::auth::{Kind, Ticket};
use crate::console::{self, style};
use crate::domain::{ApiToken, NewAuditEntry, NewToken, PageRequest, ProjectId, Role, Timestamp};
use crate::exit::Exit;
use crate::server::DataDir;
use crate::store::{SqlStore, Store};
use crate::{Error, report};

/// Create, list and revoke the tokens of a server on this machine.
#[derive(Args, Debug)]
pub(super) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
    #[command(flatten)]
    place: PlaceArgs,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Create a token and print it; it is shown this once.
    Create(CreateArgs),
    /// List the tokens; never their texts.
    List,
    /// Take a token back, with the sessions that began with it.
    Revoke {
        /// The token's id.
        id: String,
    },
}

#[derive(Args, Debug)]
struct CreateArgs {
    /// What people call it.
    #[arg(long, default_value = "cli")]
    name: String,
    /// What its bearer may do.
    #[arg(long, value_enum, default_value_t = RoleName::Operator)]
    role: RoleName,
    /// The only project that its bearer sees: an id.
    #[arg(long, value_name = "ID")]
    project: Option<String>,
    /// When it ends: 90s, 15m, 2h, 30d; never, if it isn't said.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    expires_in: Option<Duration>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    Viewer,
    Operator,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Operator => Self::Operator,
            RoleName::Admin => Self::Admin,
        }
    }
}

pub(super) fn execute(args: TokenArgs) -> Exit {
    let is_json = args.json;
    let done = report::block_on(carry_out(args)).map(|()| Exit::Success);
    report::or_show(is_json, done)
}

async fn carry_out(args: TokenArgs) -> Result<(), Error> {
    let layers = args.place.layers(|_| {})?;
    let directory = DataDir::existing(&directory(&layers)?)?;
    let database = layers.parsed("database_url")?;
    let database = database.unwrap_or_else(|| directory.database_url());
    let store: Arc<dyn Store> = Arc::new(SqlStore::connect(&database).await?);
    match args.command {
        TokenCommand::Create(new) => create(&*store, new, args.json).await?,
        TokenCommand::List => list(&*store, args.json).await?,
        TokenCommand::Revoke { id } => revoke(&*store, &id, args.json).await?,
    }
    store.close().await;
    Ok(())
}

async fn create(store: &dyn Store, args: CreateArgs, json: bool) -> Result<(), Error> {
    let project_id: Option<ProjectId> = args.project.map(|id| id.parse()).transpose()?;
    if let Some(id) = &project_id {
        store.project(id).await?;
    }
    let ticket = Ticket::new(Kind::Token);
    let new = NewToken {
        name: args.name,
        role: args.role.into(),
        project_id,
        expires_at: args.expires_in.map(|time| Timestamp::now().plus(time)),
        hash: ticket.hash(),
    };
    let token = store.create_token(new).await?;
    record(store, "token.create", &token).await?;
    if json {
        let mut whole = serde_json::to_value(&token).unwrap_or_default();
        whole["token"] = ticket.expose().into();
        console::out(whole.to_string());
    } else {
        // Alone on standard output, so that a script can take it.
        let (dim, role) = (style::DIM, token.role.as_str());
        console::err(format!("{dim}{} {role} {}{dim:#}", token.id, token.name));
        console::out(ticket.expose());
    }
    Ok(())
}

async fn list(store: &dyn Store, json: bool) -> Result<(), Error> {
    let mut tokens: Vec<ApiToken> = Vec::new();
    let mut page = store.tokens(&PageRequest::default()).await?;
    loop {
        tokens.append(&mut page.items);
        let Some(next) = page.next else { break };
        page = store.tokens(&PageRequest::new(None, Some(&next))?).await?;
    }
    if json {
        console::out(json!({ "tokens": tokens }).to_string());
        return Ok(());
    }
    for token in tokens {
        let state = match (token.revoked_at, token.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) => format!("until {at}"),
            (None, None) => String::new(),
        };
        let project = token.project_id.map(|id| id.to_string());
        let project = project.unwrap_or_else(|| "all projects".to_owned());
        let (id, role, name) = (token.id, token.role.as_str(), token.name);
        console::out(format!("{id}  {role:<8}  {name:<16}  {project}  {state}").trim_end());
    }
    Ok(())
}

async fn revoke(store: &dyn Store, id: &str, json: bool) -> Result<(), Error> {
    let token = store.revoke_token(&id.parse()?, Timestamp::now()).await?;
    record(store, "token.revoke", &token).await?;
    let shown = match json {
        true => serde_json::to_value(&token).unwrap_or_default().to_string(),
        false => format!("revoked {} ({})", token.id, token.name),
    };
    console::out(shown);
    Ok(())
}

async fn record(store: &dyn Store, action: &str, token: &ApiToken) -> Result<(), Error> {
    let entry = NewAuditEntry {
        actor: "cli".to_owned(),
        action: action.to_owned(),
        project_id: token.project_id.clone(),
        subject: Some(token.id.to_string()),
        details: json!({ "name": token.name, "role": token.role }),
    };
    store.record(entry, Timestamp::now()).await?;
    Ok(())
}
