//! Signatures of requests (AWS Signature Version 4).

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

use super::credentials::{AwsCredentialSource, AwsCredentials};
use crate::error::{Error, ErrorKind};
use crate::provider::credential::{Authorize, Credential};
use crate::provider::http::{HttpHeader, HttpRequest};

/// The name that requests are signed for.
const SERVICE: &str = "bedrock";

/// Signs requests for a region.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) region: String,
    pub(super) source: Arc<dyn AwsCredentialSource>,
}

#[async_trait]
impl Authorize for Signer {
    async fn authorize(&self, request: &mut HttpRequest) -> Result<Option<Credential>, Error> {
        if request.headers.iter().any(|it| it.name == "authorization") {
            // A header of the user's takes its place.
            return Ok(None);
        }
        let keys = self.source.credentials().await?;
        if keys.access_key_id.is_empty() || keys.secret_access_key.is_empty() {
            let message = "the credential source gave an empty access key";
            return Err(Error::new(ErrorKind::Authentication, message));
        }
        let headers = signature(request, &keys, &self.region, SystemTime::now())?;
        request.headers.extend(headers);
        // What a server says of a wrong signature may hold the token.
        let secret = keys.session_token.unwrap_or(keys.secret_access_key);
        Ok(Some(Credential::new(secret)))
    }
}

/// The headers that sign the request at that time.
pub(super) fn signature(
    request: &HttpRequest,
    keys: &AwsCredentials,
    region: &str,
    now: SystemTime,
) -> Result<Vec<HttpHeader>, Error> {
    let token = keys.session_token.clone();
    let (id, secret) = (&keys.access_key_id, &keys.secret_access_key);
    let identity = Credentials::new(id, secret, token, None, "attractor").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(unsigned)?
        .into();
    let given = request.headers.iter();
    let given = given.map(|header| (header.name.as_str(), header.value.as_str()));
    let body = SignableBody::Bytes(&request.body);
    let signable =
        SignableRequest::new("POST", request.url.as_str(), given, body).map_err(unsigned)?;
    let (instructions, _) = sign(signable, &params).map_err(unsigned)?.into_parts();
    let (headers, _) = instructions.into_parts();
    let headers = headers.iter();
    Ok(headers
        .map(|header| HttpHeader::sensitive(header.name(), header.value()))
        .collect())
}

fn unsigned(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Configuration, "the request can't be signed").with_source(error)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_signature_names_its_scope_and_what_it_covers_and_depends_on_all_of_it() {
        let keys = AwsCredentials::new("AKIDEXAMPLE", "secret").session_token("token");
        let url = "https://bedrock-runtime.us-east-1.amazonaws.com/model/a.b-v1%3A0/converse";
        let content = vec![HttpHeader::new("content-type", "application/json")];
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let signed = |url: &str, body: &'static str| {
            let request = HttpRequest::json(url, content.clone(), body);
            let headers = signature(&request, &keys, "us-east-1", now).unwrap();
            let value = |name: &str| {
                let found = headers.iter().find(|header| header.name == name);
                found.map(|header| header.value.clone()).unwrap_or_default()
            };
            assert_eq!(value("x-amz-date"), "20231114T221320Z");
            assert_eq!(value("x-amz-security-token"), "token");
            assert!(!format!("{headers:?}").contains("token\""));
            value("authorization")
        };
        let authorization = signed(url, "{}");
        for part in [
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/bedrock/aws4_request, ",
            "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, ",
            "Signature=",
        ] {
            assert!(authorization.contains(part), "{authorization}");
        }
        assert_eq!(authorization, signed(url, "{}"));
        assert_ne!(authorization, signed(url, "{ }"));
        assert_ne!(authorization, signed(&url.replace("%3A", "%3B"), "{}"));
    }
}
