//! The projection table: which keys a provider's secret has, and which variables they are for.
//!
//! The contract's two tables in one (6.3), and two rows of our own for what signs in at a forge: `git` and
//! `github`.

/// The provider of secrets whose logical keys are the variables themselves.
pub const ARBITRARY: &str = "__arbitrary__";

/// A row of the table.
#[derive(Debug)]
pub(super) struct SecretProvider {
    pub(super) name: &'static str,
    /// Logical keys, and the variables that they are for.
    pub(super) variables: &'static [(&'static str, &'static str)],
    pub(super) required: Required,
}

/// Which logical keys a secret of the provider must have.
#[derive(Clone, Copy, Debug)]
pub(super) enum Required {
    All(&'static [&'static str]),
    Any(&'static [&'static str]),
}

use Required::{All, Any};

const fn row(
    name: &'static str,
    variables: &'static [(&'static str, &'static str)],
    required: Required,
) -> SecretProvider {
    SecretProvider {
        name,
        variables,
        required,
    }
}

/// By name.
#[rustfmt::skip]
pub(super) const PROVIDERS: &[SecretProvider] = &[
    row("amazon-bedrock", &[
        ("awsAccessKeyId", "AWS_ACCESS_KEY_ID"),
        ("awsSecretAccessKey", "AWS_SECRET_ACCESS_KEY"),
        ("awsProfile", "AWS_PROFILE"),
        ("awsBearerTokenBedrock", "AWS_BEARER_TOKEN_BEDROCK"),
        ("awsWebIdentityTokenFile", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    ], Any(&["awsAccessKeyId", "awsProfile", "awsBearerTokenBedrock", "awsWebIdentityTokenFile"])),
    row("anthropic", &[
        ("apiKey", "ANTHROPIC_API_KEY"),
        ("oauthToken", "ANTHROPIC_OAUTH_TOKEN"),
    ], Any(&["apiKey", "oauthToken"])),
    row("azure-openai-responses", &[("apiKey", "AZURE_OPENAI_API_KEY")], All(&["apiKey"])),
    row("cerebras", &[("apiKey", "CEREBRAS_API_KEY")], All(&["apiKey"])),
    row("git", &[
        ("username", "GIT_USERNAME"),
        ("password", "GIT_PASSWORD"),
    ], All(&["password"])),
    row("github", &[("token", "GITHUB_TOKEN")], All(&["token"])),
    row("github-app", &[
        ("appId", "GITHUB_APP_ID"),
        ("privateKey", "GITHUB_APP_PRIVATE_KEY"),
        ("appSlug", "GITHUB_APP_SLUG"),
        ("webhookSecret", "GITHUB_WEBHOOK_SECRET"),
        ("token", "GITHUB_TOKEN"),
    ], All(&["appId", "privateKey"])),
    row("github-copilot", &[("githubToken", "COPILOT_GITHUB_TOKEN")], All(&["githubToken"])),
    row("google", &[("apiKey", "GEMINI_API_KEY")], All(&["apiKey"])),
    row("google-vertex", &[
        ("googleCloudProject", "GOOGLE_CLOUD_PROJECT"),
        ("googleCloudLocation", "GOOGLE_CLOUD_LOCATION"),
        ("googleApplicationCredentials", "GOOGLE_APPLICATION_CREDENTIALS"),
    ], All(&["googleCloudProject", "googleCloudLocation"])),
    row("groq", &[("apiKey", "GROQ_API_KEY")], All(&["apiKey"])),
    row("huggingface", &[("apiKey", "HF_TOKEN")], All(&["apiKey"])),
    row("kimi-coding", &[("apiKey", "KIMI_API_KEY")], All(&["apiKey"])),
    row("minimax", &[("apiKey", "MINIMAX_API_KEY")], All(&["apiKey"])),
    row("minimax-cn", &[("apiKey", "MINIMAX_CN_API_KEY")], All(&["apiKey"])),
    row("mistral", &[("apiKey", "MISTRAL_API_KEY")], All(&["apiKey"])),
    row("openai", &[
        ("apiKey", "OPENAI_API_KEY"),
        ("orgId", "OPENAI_ORG_ID"),
        ("projectId", "OPENAI_PROJECT_ID"),
        ("baseUrl", "OPENAI_BASE_URL"),
    ], All(&["apiKey"])),
    row("openai-codex", &[("apiKey", "OPENAI_API_KEY")], All(&["apiKey"])),
    row("opencode", &[("apiKey", "OPENCODE_API_KEY")], All(&["apiKey"])),
    row("openrouter", &[("apiKey", "OPENROUTER_API_KEY")], All(&["apiKey"])),
    row("vercel-ai-gateway", &[("apiKey", "AI_GATEWAY_API_KEY")], All(&["apiKey"])),
    row("xai", &[("apiKey", "XAI_API_KEY")], All(&["apiKey"])),
    row("zai", &[("apiKey", "ZAI_API_KEY")], All(&["apiKey"])),
];
