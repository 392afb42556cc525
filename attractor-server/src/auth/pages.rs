use super::access::{Access, Rule, rule};
use crate::domain::Role;

use Access::{Anywhere, Factory, Project, Public};
use Role::{Admin, Operator, Viewer};

/// Every page of the web UI and what it takes; their forms are sent to the address of their page.
#[rustfmt::skip]
pub(crate) const PAGES: &[Rule] = &[
    rule("GET",    "/assets/{version}/{*name}", Public),
    rule("GET",    "/sign-in", Public),
    rule("POST",   "/sign-in", Public),
    rule("POST",   "/sign-out", Anywhere(Viewer)),
    rule("GET",    "/", Anywhere(Viewer)),
    rule("GET",    "/part/overview", Anywhere(Viewer)),
    rule("GET",    "/projects", Anywhere(Viewer)),
    rule("GET",    "/projects/new", Factory(Admin)),
    rule("POST",   "/projects/new", Factory(Admin)),
    rule("GET",    "/projects/{projectId}", Project(Viewer)),
    rule("GET",    "/projects/{projectId}/part/runs", Project(Viewer)),
    rule("GET",    "/projects/{projectId}/settings", Project(Admin)),
    rule("POST",   "/projects/{projectId}/settings", Project(Admin)),
    rule("GET",    "/projects/{projectId}/github", Project(Admin)),
    rule("POST",   "/projects/{projectId}/github", Project(Admin)),
    rule("POST",   "/projects/{projectId}/delete", Factory(Admin)),
    rule("GET",    "/projects/{projectId}/attractors", Project(Viewer)),
    rule("GET",    "/projects/{projectId}/attractors/new", Project(Operator)),
    rule("POST",   "/projects/{projectId}/attractors/new", Project(Operator)),
    rule("GET",    "/projects/{projectId}/attractors/{attractorId}", Project(Viewer)),
    rule("POST",   "/projects/{projectId}/attractors/{attractorId}", Project(Operator)),
    rule("POST",   "/projects/{projectId}/attractors/{attractorId}/delete", Project(Operator)),
    rule("GET",    "/projects/{projectId}/attractors/{attractorId}/versions/{version}", Project(Viewer)),
    rule("GET",    "/projects/{projectId}/secrets", Project(Viewer)),
    rule("GET",    "/projects/{projectId}/secrets/new", Project(Admin)),
    rule("POST",   "/projects/{projectId}/secrets/new", Project(Admin)),
    rule("POST",   "/projects/{projectId}/secrets/{secretId}/delete", Project(Admin)),
    rule("GET",    "/projects/{projectId}/runs/new", Project(Operator)),
    rule("POST",   "/projects/{projectId}/runs/new", Project(Operator)),
    rule("GET",    "/runs", Anywhere(Viewer)),
    rule("GET",    "/part/runs", Anywhere(Viewer)),
    rule("GET",    "/models", Anywhere(Viewer)),
    rule("GET",    "/tokens", Factory(Admin)),
    rule("POST",   "/tokens", Factory(Admin)),
    rule("POST",   "/tokens/{tokenId}/revoke", Factory(Admin)),
    rule("GET",    "/settings", Factory(Admin)),
];
