use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::{digest, hkdf};
use zeroize::Zeroizing;

use super::limits::KEYS;
use crate::domain::Error;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// A key that secrets are sealed with. It's removed from memory when it's dropped.
#[derive(Clone)]
pub(super) struct SealKey {
    id: String,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl SealKey {
    fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        // Tells nothing about the key, and the same key has the same id everywhere.
        let mut named = Zeroizing::new(b"attractor key id 1\0".to_vec());
        named.extend_from_slice(&*bytes);
        let hash = digest::digest(&digest::SHA256, &named);
        let id = hash.as_ref()[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self { id, bytes }
    }

    /// A new one, drawn from the system's random numbers.
    pub(super) fn generate() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        SystemRandom::new()
            .fill(&mut *bytes)
            .map_err(|_| Error::internal("the system gives no random numbers"))?;
        Ok(Self::new(bytes))
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        (bytes.len() == KEY_BYTES).then(|| key.copy_from_slice(&bytes))?;
        Some(Self::new(key))
    }

    /// The key as a line of a key file.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(*self.bytes))
    }

    /// What it is called where something is sealed with it.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SealKey").field(&self.id).finish()
    }
}

/// The keys that secrets are sealed with: the first seals, all open.
///
/// As text it's one key a line, 32 random bytes in Base64; what follows `#` is a comment. In an
/// environment variable commas may be between the keys.
///
/// ```
/// use attractor_server::secrets::KeyRing;
///
/// let ring = KeyRing::generate()?;
/// assert_eq!(format!("{ring:?}"), format!("KeyRing({:?})", ring.ids()));
/// assert!(KeyRing::parse("not a key").is_err());
/// # Ok::<(), attractor_server::domain::Error>(())
/// ```
#[derive(Clone)]
pub struct KeyRing(Vec<SealKey>);

impl KeyRing {
    /// A ring of one new key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`](crate::domain::ErrorKind::Internal) if the system gives no random numbers.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self(vec![SealKey::generate()?]))
    }

    /// The keys of a text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::domain::ErrorKind::Invalid) with the code `invalid_key`, naming the
    /// key by its place and never by what's in it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut keys: Vec<SealKey> = Vec::new();
        let lines = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default());
        let written = lines.flat_map(|line| line.split(',')).map(str::trim);
        for (number, line) in written.filter(|it| !it.is_empty()).enumerate() {
            let Some(key) = SealKey::parse(line) else {
                let message = format!("key {} isn't 32 bytes in Base64", number + 1);
                return Err(Error::invalid("invalid_key", message));
            };
            if !keys.iter().any(|known| known.id == key.id) {
                keys.push(key);
            }
        }
        if keys.is_empty() || keys.len() > KEYS {
            let message = format!("there must be from 1 to {KEYS} keys, not {}", keys.len());
            return Err(Error::invalid("invalid_key", message));
        }
        Ok(Self(keys))
    }

    /// The keys' ids; the first seals.
    pub fn ids(&self) -> Vec<&str> {
        self.0.iter().map(SealKey::id).collect()
    }

    /// Bytes for another purpose than secrets, different for each purpose, from the key that seals: what
    /// the server signs for itself with.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`](crate::domain::ErrorKind::Internal), never in practice.
    pub fn derive(&self, purpose: &str) -> Result<Zeroizing<[u8; KEY_BYTES]>, Error> {
        let failed = |_| Error::internal("no key can be derived");
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"attractor");
        let info = [purpose.as_bytes()];
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        let derived = salt.extract(self.sealing()?.bytes());
        let okm = derived.expand(&info, hkdf::HKDF_SHA256).map_err(failed)?;
        okm.fill(&mut *bytes).map_err(failed)?;
        Ok(bytes)
    }

    /// The key that seals.
    pub(super) fn sealing(&self) -> Result<&SealKey, Error> {
        let missing = || Error::internal("the key ring is empty");
        self.0.first().ok_or_else(missing)
    }

    /// The key with that id.
    pub(super) fn find(&self, id: &str) -> Option<&SealKey> {
        self.0.iter().find(|key| key.id == id)
    }

    pub(super) fn keys(&self) -> &[SealKey] {
        &self.0
    }

    /// The same with another key that seals from now on.
    pub(super) fn with_sealing(mut self, key: SealKey) -> Result<Self, Error> {
        if self.0.len() >= KEYS {
            let message = "the key ring is full: remove keys that nothing is sealed with any more";
            return Err(Error::conflict("too_many_keys", message));
        }
        self.0.insert(0, key);
        Ok(self)
    }

    /// Only the key that seals.
    pub(super) fn without_old(mut self) -> Self {
        self.0.truncate(1);
        self
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyRing").field(&self.ids()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: [u8; 32]) -> String {
        STANDARD.encode(bytes)
    }

    #[test]
    fn a_ring_is_read_from_its_text() {
        let (one, other) = (text([1; 32]), text([2; 32]));
        let ring = KeyRing::parse(&format!(
            "# newest, and older\n{one}  # of May\n\n{other}\n{one}\n"
        ))
        .unwrap();
        assert_eq!(ring.ids().len(), 2);
        assert_eq!(ring.sealing().unwrap().bytes(), &[1; 32]);
        assert_eq!(
            KeyRing::parse(&format!("{one},{other}")).unwrap().ids(),
            ring.ids()
        );
        assert!(
            ring.find(&SealKey::new(Zeroizing::new([2; 32])).id)
                .is_some()
        );
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        let short = STANDARD.encode([7; 31]);
        let many: Vec<String> = (0..33).map(|n| text([n; 32])).collect();
        for bad in ["", "# nothing", "sesame", &short, &many.join("\n")] {
            let error = KeyRing::parse(bad).unwrap_err();
            assert_eq!(error.code(), "invalid_key");
            assert!(bad.len() < 3 || !error.to_string().contains(bad), "{error}");
        }
    }

    #[test]
    fn each_purpose_has_bytes_of_its_own() {
        let ring = KeyRing::parse(&text([1; 32])).unwrap();
        let (one, other) = (ring.derive("a").unwrap(), ring.derive("b").unwrap());
        assert_ne!(*one, *other);
        assert_eq!(*one, *ring.derive("a").unwrap());
        assert!(!format!("{ring:?}").contains(&text([1; 32])));
    }
}
