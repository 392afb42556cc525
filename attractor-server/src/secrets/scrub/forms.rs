use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded::byte_serialize;

use crate::secrets::limits::{SCRUBBED_CHARACTERS, SCRUBBED_LINE_CHARACTERS};

/// All forms in which a value is looked for.
pub(super) fn forms(value: &SecretString) -> Vec<Vec<u8>> {
    let value = value.expose_secret();
    let mut forms = Vec::new();
    for text in [value, value.trim()] {
        if text.chars().count() >= SCRUBBED_CHARACTERS {
            add_forms(text, &mut forms);
        }
    }
    if value.trim().contains('\n') {
        for line in value.lines().map(str::trim) {
            // What frames a key in PEM is no secret.
            let is_frame = line.starts_with("-----");
            if line.chars().count() >= SCRUBBED_LINE_CHARACTERS && !is_frame {
                add_forms(line, &mut forms);
            }
        }
    }
    forms
}

fn add_forms(text: &str, forms: &mut Vec<Vec<u8>>) {
    forms.push(text.as_bytes().to_vec());
    for escaped in [escape(text), escape_slashes(text), escape_ascii(text)] {
        forms.push(escaped.into_bytes());
    }
    for encoded in percent_forms(text) {
        forms.push(encoded.into_bytes());
    }
    for shift in 0..3 {
        forms.extend(base64_forms(text.as_bytes(), shift));
    }
}

/// As in a string of JSON.
fn escape(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// As some programs write JSON.
fn escape_slashes(text: &str) -> String {
    escape(text).replace('/', "\\/")
}

/// As others do: only ASCII.
fn escape_ascii(text: &str) -> String {
    let mut escaped = String::new();
    for c in escape(text).chars() {
        if c.is_ascii() {
            escaped.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            escaped.push_str(&format!("\\u{unit:04x}"));
        }
    }
    escaped
}

/// In a URL: as forms are, with `+` for spaces; as paths and queries are by different programs.
fn percent_forms(text: &str) -> Vec<String> {
    let form: String = byte_serialize(text.as_bytes()).collect();
    let component = form.replace('+', "%20");
    let mut forms = vec![form, component];
    // What a `Url` leaves in a path and in a query as it is.
    for kept in ["-_.~!$&'()*+,;=:@", "-_.~!$&'()*+,;=:@/?"] {
        forms.push(percent(text, kept));
    }
    let lower: Vec<String> = forms.iter().map(|it| lower_escapes(it)).collect();
    forms.extend(lower);
    forms
}

fn percent(text: &str, kept: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || (byte.is_ascii() && kept.contains(c)) {
            encoded.push(c);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// `%C3` as `%c3`.
fn lower_escapes(text: &str) -> String {
    let mut left = 0;
    let lower = |c: char| {
        if c == '%' {
            left = 2;
            return c;
        }
        let is_digit = left > 0;
        left = left.max(1) - 1;
        if is_digit { c.to_ascii_lowercase() } else { c }
    };
    text.chars().map(lower).collect()
}

/// The characters of Base64 that only the value decides on, if it begins `shift` bytes behind the
/// beginning of a group of three.
fn base64_forms(bytes: &[u8], shift: usize) -> Vec<Vec<u8>> {
    let shifted = [&vec![0; shift][..], bytes].concat();
    // Of the first character that holds bits of the value some are of what is before it; of the last
    // one some are of what follows.
    let first = (shift * 8).div_ceil(6);
    let last = shifted.len() * 8 / 6;
    [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD]
        .map(|engine| engine.encode(&shifted).as_bytes()[first..last].to_vec())
        .into_iter()
        .filter(|form| form.len() >= SCRUBBED_CHARACTERS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_any_surroundings_holds_a_form_of_the_value() {
        let value = "value-7?>";
        for before in 0..7 {
            for after in 0..7 {
                let whole = format!("{}{value}{}", "b".repeat(before), "a".repeat(after));
                let encoded = STANDARD_NO_PAD.encode(&whole).into_bytes();
                let found = base64_forms(value.as_bytes(), before % 3)
                    .iter()
                    .any(|form| encoded.windows(form.len()).any(|window| window == form));
                assert!(found, "{before} before, {after} after");
            }
        }
    }

    #[test]
    fn escapes_are_written_both_ways() {
        assert_eq!(lower_escapes("A%C3%A4B%2FC"), "A%c3%a4B%2fC");
        assert_eq!(escape_ascii("ä\u{1f511}\"/"), "\\u00e4\\ud83d\\udd11\\\"/");
        assert_eq!(percent("a b/ä", "/"), "a%20b/%C3%A4");
    }
}
