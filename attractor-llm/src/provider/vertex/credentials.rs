use std::fmt;

use async_trait::async_trait;
use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};
use tokio::sync::OnceCell;

use crate::error::{Error, ErrorKind};
use crate::provider::{Credential, CredentialSource, transport};

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The credentials that the machine has for Google Cloud ("application default credentials"): the
/// file that `GOOGLE_APPLICATION_CREDENTIALS` names, those of `gcloud auth application-default
/// login`, or what the metadata server of a machine in Google Cloud gives.
///
/// They are looked for with the first request, and tokens are renewed before they expire. Google's
/// crate takes its cryptography from what is installed in the process; where nothing is, `ring` is
/// installed, which is what the adapters themselves use.
///
/// ```
/// use attractor_llm::VertexAdapter;
/// use attractor_llm::provider::vertex::GoogleCredentials;
///
/// let vertex = VertexAdapter::builder("my-project", "global")
///     .credentials(GoogleCredentials::default())
///     .build()?;
/// # Ok::<(), attractor_llm::Error>(())
/// ```
#[derive(Default)]
pub struct GoogleCredentials(OnceCell<AccessTokenCredentials>);

#[async_trait]
impl CredentialSource for GoogleCredentials {
    async fn credential(&self) -> Result<Credential, Error> {
        let credentials = self.0.get_or_try_init(async || find()).await?;
        let token = credentials.access_token().await.map_err(|error| {
            let message = format!("Google Cloud gave no token: {error}");
            let kind = if error.is_transient() {
                ErrorKind::Network
            } else {
                ErrorKind::Authentication
            };
            Error::new(kind, message).with_source(error)
        })?;
        Ok(Credential::new(token.token))
    }
}

impl fmt::Debug for GoogleCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoogleCredentials").finish_non_exhaustive()
    }
}

fn find() -> Result<AccessTokenCredentials, Error> {
    transport::install_cryptography();
    let builder = Builder::default().with_scopes([SCOPE]);
    builder.build_access_token_credentials().map_err(|error| {
        let message = format!("no credentials for Google Cloud: {error}");
        Error::new(ErrorKind::Authentication, message).with_source(error)
    })
}
