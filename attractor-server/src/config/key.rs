//! What a server can be set up with: one row for each value.

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A text: an address, a path.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// Several texts; in a variable with commas between.
    List,
    /// A text that is in no file and isn't printed.
    Secret,
}

/// A value by its names.
#[derive(Debug)]
pub(crate) struct Key {
    /// What it is called in `attractor.toml`; `ATTRACTOR_` and the name in capitals is its variable.
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    /// What the contract calls its variable (A).
    pub(crate) contract: Option<&'static str>,
}

const fn key(name: &'static str, form: Form) -> Key {
    Key {
        name,
        form,
        contract: None,
    }
}

const fn also(name: &'static str, form: Form, variable: &'static str) -> Key {
    Key {
        name,
        form,
        contract: Some(variable),
    }
}

/// All of them, as they are printed.
#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    key("listen", Form::Text),
    key("data_dir", Form::Text),
    key("database_url", Form::Text),
    key("public_url", Form::Text),
    key("insecure_bind", Form::Flag),
    key("repository_roots", Form::List),
    key("repository_hosts", Form::List),
    key("max_runs", Form::Number),
    also("max_project_runs", Form::Number, "PROJECT_CONCURRENCY_LIMIT"),
    key("max_streams", Form::Number),
    key("keep_runs_days", Form::Number),
    also("runner_image", Form::Text, "RUNNER_IMAGE"),
    key("simulate", Form::Flag),
    key("log", Form::Text),
    key("log_format", Form::Text),
    key("secret_key_file", Form::Text),
    key("secret_key", Form::Secret),
    also("github_app_id", Form::Text, "GITHUB_APP_ID"),
    also("github_app_slug", Form::Text, "GITHUB_APP_SLUG"),
    key("github_app_private_key_file", Form::Text),
    also("github_app_private_key", Form::Secret, "GITHUB_APP_PRIVATE_KEY"),
    key("github_api_url", Form::Text),
    key("github_web_url", Form::Text),
];

impl Key {
    /// The row of that name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// The variables that have it, the first before the second.
    pub(crate) fn variables(&self) -> impl Iterator<Item = String> {
        let own = format!("ATTRACTOR_{}", self.name.to_ascii_uppercase());
        [Some(own), self.contract.map(str::to_owned)]
            .into_iter()
            .flatten()
    }
}
