use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Error, ProjectId, Timestamp, TokenId};

/// What somebody may do. Each role may do what those before it may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// Read all but secrets.
    Viewer,
    /// Create, answer, stop and repeat runs; write attractors.
    Operator,
    /// Everything: projects, secrets, tokens.
    Admin,
}

impl Role {
    /// The word that it goes by: `admin`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "viewer" => Ok(Self::Viewer),
            "operator" => Ok(Self::Operator),
            "admin" => Ok(Self::Admin),
            _ => {
                let message = format!("{text:?} is no role: admin, operator or viewer");
                Err(Error::invalid("invalid_role", message))
            }
        }
    }
}

/// What is known about an API token: never the token, of which only a hash is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    /// Its id.
    pub id: TokenId,
    /// What people call it.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// The only project that its bearer sees; all if none.
    pub project_id: Option<ProjectId>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

/// A token to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// What people call it.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// The only project that its bearer sees.
    pub project_id: Option<ProjectId>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The SHA-256 of the token.
    pub hash: Vec<u8>,
}

/// Who asks for something, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The token that they came with.
    pub token_id: TokenId,
    /// What people call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The only project that they see; all if none.
    pub project_id: Option<ProjectId>,
}

impl Principal {
    /// Whether they may do what takes a role, in a project or, with none, in the factory as a whole.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](super::ErrorKind::NotFound) for a project that they don't see,
    /// [`ErrorKind::Forbidden`](super::ErrorKind::Forbidden) if they see it and may not do it.
    pub fn may(&self, role: Role, project: Option<&ProjectId>) -> Result<(), Error> {
        if let (Some(own), Some(wanted)) = (&self.project_id, project)
            && own != wanted
        {
            return Err(Error::not_found("project"));
        }
        let is_outside = self.project_id.is_some() && project.is_none();
        if self.role < role || is_outside {
            let message = match is_outside {
                true => "the token is for one project only".to_owned(),
                false => format!(
                    "this takes the role {}: the token's is {}",
                    role.as_str(),
                    self.role.as_str()
                ),
            };
            return Err(Error::new(
                super::ErrorKind::Forbidden,
                "forbidden",
                message,
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ErrorKind;

    #[test]
    fn a_role_holds_within_its_project_only() {
        let (own, other) = (ProjectId::new(), ProjectId::new());
        let principal = |role, project_id| Principal {
            token_id: TokenId::new(),
            name: "ci".to_owned(),
            role,
            project_id,
        };
        let scoped = principal(Role::Admin, Some(own.clone()));
        assert!(scoped.may(Role::Admin, Some(&own)).is_ok());
        let hidden = scoped.may(Role::Viewer, Some(&other)).unwrap_err();
        assert_eq!(hidden.kind(), ErrorKind::NotFound);
        let outside = scoped.may(Role::Viewer, None).unwrap_err();
        assert_eq!(outside.kind(), ErrorKind::Forbidden);
        let viewer = principal(Role::Viewer, None);
        assert!(viewer.may(Role::Viewer, Some(&own)).is_ok());
        let refused = viewer.may(Role::Operator, Some(&own)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Forbidden);
    }
}
