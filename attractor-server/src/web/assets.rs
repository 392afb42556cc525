use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::{LazyLock, Mutex, PoisonError};

use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

use crate::api::{Answer, Path, Refusal};
use crate::domain::Error;

/// What pages are made of beside their HTML: `attractor-server/web`, in the binary. A debug build reads the
/// files where they lie.
#[derive(RustEmbed)]
#[folder = "web/"]
struct Files;

/// The version of all files together, which is part of their addresses: another version is another
/// address, so that browsers keep what they have.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut sum = Sha256::new();
    for name in Files::iter() {
        sum.update(name.as_bytes());
        if let Some(file) = Files::get(&name) {
            sum.update(file.metadata.sha256_hash());
        }
    }
    let sum = sum.finalize();
    sum.iter().take(6).map(|it| format!("{it:02x}")).collect()
});

/// Files as they are sent to browsers that take them compressed, by their names.
static COMPRESSED: Mutex<BTreeMap<String, Bytes>> = Mutex::new(BTreeMap::new());

/// Where the files are: a file's address is this, `/` and its name. Files that name each other do so
/// relatively.
pub(super) fn base() -> String {
    format!("/assets/{}", *VERSION)
}

/// One of the files.
pub(super) async fn asset(
    Path((version, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let missing = || Refusal::from(Error::not_found("file"));
    let kind = kind_of(&name).ok_or_else(missing)?;
    let file = Files::get(&name).ok_or_else(missing)?;
    let body = match takes_gzip(&headers) {
        true => Some(compressed(&name, &file.data)?),
        false => None,
    };
    let is_compressed = body.is_some();
    let body = body.map_or_else(|| plain(file.data), Body::from);
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if is_compressed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    // A page that was loaded before the server was another asks for what isn't there any more: it gets
    // what there is, but doesn't keep it.
    let keep = match version == *VERSION {
        true => "public, max-age=31536000, immutable",
        false => "no-store",
    };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    Ok(response)
}

fn plain(data: Cow<'static, [u8]>) -> Body {
    match data {
        Cow::Borrowed(bytes) => Body::from(Bytes::from_static(bytes)),
        Cow::Owned(bytes) => Body::from(bytes),
    }
}

/// The type of a file; none, if it isn't for browsers.
fn kind_of(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        _ => return None,
    })
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter();
    let mut codings = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && weight.trim() != "q=0"
    })
}

/// A file as gzip; it's made once.
fn compressed(name: &str, data: &[u8]) -> Result<Bytes, Error> {
    let mut made = COMPRESSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bytes) = made.get(name) {
        return Ok(bytes.clone());
    }
    let bytes = Bytes::from(gzip(data).map_err(|error| {
        Error::internal(format!("{name} can't be compressed")).caused_by(error)
    })?);
    made.insert(name.to_owned(), bytes.clone());
    Ok(bytes)
}

fn gzip(data: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use axum::http::header::ACCEPT_ENCODING;

    use super::*;

    #[test]
    fn each_file_has_a_type_and_vendored_ones_a_licence() {
        let names: Vec<_> = Files::iter().collect();
        assert!(names.iter().any(|it| it == "style.css"));
        for name in &names {
            assert!(kind_of(name).is_some() || name.ends_with(".md"), "{name}");
        }
    }

    #[test]
    fn only_who_takes_it_gets_it_compressed() {
        let takes = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(text));
            takes_gzip(&headers)
        };
        assert!(takes("gzip, deflate, br") && takes("br;q=1.0, GZIP;q=0.5"));
        assert!(!takes("identity") && !takes("gzip;q=0") && !takes_gzip(&HeaderMap::new()));
    }
}
