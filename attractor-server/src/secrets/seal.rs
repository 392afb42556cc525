use std::collections::BTreeMap;

use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::KeyRing;
use super::key::SealKey;
use crate::domain::{Error, ProjectId};
use crate::store::SealedValues;

/// Names and values of a secret.
pub(super) type Values = BTreeMap<String, SecretString>;

/// How sealed bytes are made up; the first of them.
const VERSION: u8 = 1;

/// A nonce of this length may be drawn at random however often a key is used.
const NONCE_BYTES: usize = 24;

/// What is sealed belongs to one secret: moved to another, or to another project, it can't be opened.
fn associated_data(project: &ProjectId, name: &str) -> Vec<u8> {
    let mut data = b"attractor secret ".to_vec();
    data.push(VERSION);
    // An id has no NUL in it, so the name begins where it seems to.
    data.extend_from_slice(project.as_str().as_bytes());
    data.push(0);
    data.extend_from_slice(name.as_bytes());
    data
}

fn cipher(key: &SealKey) -> XChaCha20Poly1305 {
    let mut bytes = Key::from(*key.bytes());
    let cipher = XChaCha20Poly1305::new(&bytes);
    zeroize::Zeroize::zeroize(bytes.as_mut_slice());
    cipher
}

/// Seals values: version, nonce, ciphertext.
///
/// # Errors
///
/// [`ErrorKind::Internal`](crate::domain::ErrorKind::Internal) if the system gives no random numbers.
pub(super) fn seal(
    ring: &KeyRing,
    project: &ProjectId,
    name: &str,
    values: &Values,
) -> Result<SealedValues, Error> {
    let key = ring.sealing()?;
    let mut nonce = [0; NONCE_BYTES];
    SystemRandom::new()
        .fill(&mut nonce)
        .map_err(|_| Error::internal("the system gives no random numbers"))?;
    let mut text = encode(values);
    cipher(key)
        .encrypt_in_place(
            &XNonce::from(nonce),
            &associated_data(project, name),
            &mut *text,
        )
        .map_err(|_| Error::internal("the secret can't be sealed"))?;
    let bytes = [&[VERSION][..], &nonce, &text].concat();
    Ok(SealedValues {
        key_id: key.id().to_owned(),
        bytes,
    })
}

/// Opens what was sealed for that secret.
///
/// # Errors
///
/// [`ErrorKind::Internal`](crate::domain::ErrorKind::Internal) if the key isn't there, or it was sealed for
/// another secret, or changed.
pub(super) fn open(
    ring: &KeyRing,
    project: &ProjectId,
    name: &str,
    sealed: &SealedValues,
) -> Result<Values, Error> {
    let Some(key) = ring.find(&sealed.key_id) else {
        let message = format!(
            "the secret {name:?} of the project {project} is sealed with the key {}, which isn't there: put it back, or write the secret again",
            sealed.key_id
        );
        return Err(Error::internal(message));
    };
    let opened = split(&sealed.bytes).and_then(|(nonce, ciphertext)| {
        let mut text = Zeroizing::new(ciphertext.to_vec());
        let data = associated_data(project, name);
        let opened = cipher(key).decrypt_in_place(&nonce, &data, &mut *text);
        opened.ok().and_then(|()| decode(&text))
    });
    opened.ok_or_else(|| {
        let message = format!(
            "the secret {name:?} of the project {project} was sealed for another, or changed"
        );
        Error::internal(message)
    })
}

fn split(bytes: &[u8]) -> Option<(XNonce, &[u8])> {
    let (version, rest) = bytes.split_first()?;
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>()?;
    (*version == VERSION).then(|| (XNonce::from(*nonce), ciphertext))
}

/// Each name and value after its length. The buffer never grows, so that no copy of it is left in memory;
/// there is room for the cipher's tag.
fn encode(values: &Values) -> Zeroizing<Vec<u8>> {
    const TAG_BYTES: usize = 16;
    let texts = || {
        values
            .iter()
            .flat_map(|(name, value)| [name.as_str(), value.expose_secret()])
    };
    let length = texts().map(|text| text.len() + 4).sum::<usize>() + TAG_BYTES;
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    for text in texts() {
        // A secret has 256 KiB at most.
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

fn decode(mut bytes: &[u8]) -> Option<Values> {
    let mut values = Values::new();
    while !bytes.is_empty() {
        let name = take_text(&mut bytes)?.to_owned();
        let value = take_text(&mut bytes)?;
        values.insert(name, SecretString::from(value));
    }
    Some(values)
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (text, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    std::str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), SecretString::from(*value));
        pairs.iter().map(own).collect()
    }

    fn shown(values: &Values) -> Vec<(&str, &str)> {
        values
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose_secret()))
            .collect()
    }

    #[test]
    fn what_is_sealed_is_opened_again_and_never_the_same_twice() {
        let (ring, project) = (KeyRing::generate().unwrap(), ProjectId::new());
        for pairs in [
            &[][..],
            &[("a", "")],
            &[("key", "sk-1"), ("ä\0", "two\nlines")],
        ] {
            let values = values(pairs);
            let one = seal(&ring, &project, "s", &values).unwrap();
            let other = seal(&ring, &project, "s", &values).unwrap();
            assert_ne!(one.bytes, other.bytes);
            let opened = open(&ring, &project, "s", &one).unwrap();
            assert_eq!(shown(&opened), pairs);
        }
    }

    #[test]
    fn what_was_moved_or_changed_is_not_opened() {
        let (ring, project) = (KeyRing::generate().unwrap(), ProjectId::new());
        let sealed = seal(&ring, &project, "s", &values(&[("key", "sk-1")])).unwrap();
        assert!(
            open(&ring, &project, "t", &sealed).is_err(),
            "another secret's"
        );
        assert!(
            open(&ring, &ProjectId::new(), "s", &sealed).is_err(),
            "another project's"
        );
        let other_ring = KeyRing::generate().unwrap();
        let error = open(&other_ring, &project, "s", &sealed).unwrap_err();
        assert!(error.to_string().contains(&sealed.key_id), "{error}");
        for at in 0..sealed.bytes.len() {
            let mut changed = sealed.clone();
            changed.bytes[at] ^= 1;
            assert!(open(&ring, &project, "s", &changed).is_err(), "byte {at}");
            changed.bytes.truncate(at);
            assert!(
                open(&ring, &project, "s", &changed).is_err(),
                "the first {at} bytes"
            );
        }
    }

    #[test]
    fn values_are_encoded_without_growing() {
        let values = values(&[("key", "sk-1"), ("other", "")]);
        let bytes = encode(&values);
        assert!(bytes.capacity() >= bytes.len() + 16);
        assert_eq!(shown(&decode(&bytes).unwrap()), shown(&values));
        assert!(decode(&bytes[..bytes.len() - 1]).is_none());
    }
}
