use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;

use toml::{Table, Value};

use super::key::{Form, KEYS, Key};
use crate::domain::Error;

/// Bytes of a file: it's written by people.
const FILE_BYTES: u64 = 1024 * 1024;

/// What is said of a server, and where: flags, then the environment, then the file, then the defaults.
/// What was said first stays.
#[derive(Debug, Default)]
pub(crate) struct Layers(BTreeMap<&'static str, (Value, String)>);

impl Layers {
    /// What a flag says, if it's there.
    pub(crate) fn flag<T: Into<Value>>(&mut self, name: &'static str, value: Option<T>) {
        let source = format!("--{}", name.replace('_', "-"));
        if let Some(value) = value {
            self.say(name, value.into(), source);
        }
    }

    /// What a flag that may be given more than once says.
    pub(crate) fn flags<T: Display>(&mut self, name: &'static str, values: &[T]) {
        let list = values.iter().map(|it| Value::String(it.to_string()));
        let list: Vec<Value> = list.collect();
        if !list.is_empty() {
            // Each is given by itself.
            let one = name.trim_end_matches('s').replace('_', "-");
            self.say(name, Value::Array(list), format!("--{one}"));
        }
    }

    /// What the variables say.
    pub(crate) fn environment(&mut self, read: impl Fn(&str) -> Option<String>) {
        for key in KEYS {
            let set = key
                .variables()
                .find_map(|name| Some((read(&name)?, name)))
                .filter(|(text, _)| !text.trim().is_empty());
            if let Some((text, variable)) = set {
                self.say(key.name, from_text(key.form, text.trim()), variable);
            }
        }
    }

    /// What a file says.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::domain::ErrorKind::Invalid) if it isn't TOML, or has a key that
    /// there isn't; [`Unavailable`](crate::domain::ErrorKind::Unavailable) if it can't be read.
    pub(crate) fn file(&mut self, path: &Path) -> Result<(), Error> {
        let shown = path.display();
        let unreadable = |error: std::io::Error| {
            Error::unavailable(format!("can't read {shown}: {error}")).caused_by(error)
        };
        if std::fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES {
            let message = format!("{shown} has more than {FILE_BYTES} bytes");
            return Err(Error::invalid("invalid_config_file", message));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let message = format!("{shown} isn't TOML: {}", error.to_string().trim_end());
            Error::invalid("invalid_config_file", message)
        })?;
        for (name, value) in table {
            let key = Key::find(&name).ok_or_else(|| unknown(path, &name))?;
            if key.form == Form::Secret {
                let variable = key.variables().next().unwrap_or_default();
                let message = format!(
                    "{shown}: {name} is a secret, which has no place in it: use {variable} or {name}_file"
                );
                return Err(Error::invalid("invalid_config_file", message));
            }
            self.say(key.name, value, shown.to_string());
        }
        Ok(())
    }

    /// What holds where nothing is said.
    pub(crate) fn usual<T: Into<Value>>(&mut self, name: &'static str, value: T) {
        self.say(name, value.into(), "default".to_owned());
    }

    fn say(&mut self, name: &'static str, value: Value, source: String) {
        self.0.entry(name).or_insert((value, source));
    }

    /// A value in its type.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::domain::ErrorKind::Invalid), naming the value and who says it.
    pub(crate) fn parsed<T>(&self, name: &str) -> Result<Option<T>, Error>
    where
        T: FromStr,
        T::Err: Display,
    {
        let Some((value, source)) = self.0.get(name) else {
            return Ok(None);
        };
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Integer(_) => value.to_string(),
            _ => return Err(refused(name, source, "it can't be this")),
        };
        match text.parse::<T>() {
            Ok(parsed) => Ok(Some(parsed)),
            Err(error) => Err(refused(name, source, &error.to_string())),
        }
    }

    /// A number within a range; it has a default.
    pub(crate) fn number(&self, name: &str, range: RangeInclusive<u32>) -> Result<u32, Error> {
        let number = self.parsed::<u32>(name)?.unwrap_or(*range.start());
        if range.contains(&number) {
            return Ok(number);
        }
        let why = format!("it must be from {} to {}", range.start(), range.end());
        Err(refused(name, self.source(name), &why))
    }

    /// Whether something is so; not, if nothing is said.
    pub(crate) fn is(&self, name: &str) -> Result<bool, Error> {
        match self.0.get(name) {
            None => Ok(false),
            Some((Value::Boolean(is), _)) => Ok(*is),
            Some((_, source)) => Err(refused(name, source, "it must be true or false")),
        }
    }

    /// Several texts.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<String>, Error> {
        let Some((value, source)) = self.0.get(name) else {
            return Ok(Vec::new());
        };
        let items = value.as_array().map_or(&[][..], Vec::as_slice);
        let texts: Option<Vec<_>> = items.iter().map(|it| it.as_str()).collect();
        match texts {
            Some(texts) if value.is_array() => Ok(texts.into_iter().map(str::to_owned).collect()),
            _ => Err(refused(name, source, "it must be a list of texts")),
        }
    }

    fn source(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |(_, source)| source)
    }

    /// All values as a file that says the same, each with who says it; secrets aren't shown.
    pub(crate) fn print(&self) -> String {
        let mut text = String::new();
        for key in KEYS {
            let _ = match self.0.get(key.name) {
                None if key.form == Form::Secret => Ok(()),
                None => writeln!(text, "# {} =", key.name),
                Some((_, source)) if key.form == Form::Secret => {
                    writeln!(text, "# {} is set by {source}", key.name)
                }
                Some((value, source)) => {
                    let shown = without_password(value);
                    writeln!(text, "{} = {shown} # {source}", key.name)
                }
            };
        }
        text
    }
}

/// A variable's text as the value that a file would have.
fn from_text(form: Form, text: &str) -> Value {
    match form {
        Form::Number => text
            .parse::<i64>()
            .map_or_else(|_| text.into(), Value::from),
        Form::Flag => match text {
            "true" | "1" => true.into(),
            "false" | "0" => false.into(),
            other => other.into(),
        },
        Form::List => {
            let items = text.split(',').map(str::trim);
            let items = items.filter(|it| !it.is_empty());
            Value::Array(items.map(Value::from).collect())
        }
        Form::Text | Form::Secret => text.into(),
    }
}

fn refused(name: &str, source: &str, why: &str) -> Error {
    Error::invalid("invalid_setting", format!("{name} ({source}): {why}"))
}

fn unknown(path: &Path, name: &str) -> Error {
    let known: Vec<&str> = KEYS
        .iter()
        .filter(|key| key.form != Form::Secret)
        .map(|key| key.name)
        .collect();
    let message = format!(
        "{}: there is no {name:?}; there are {}",
        path.display(),
        known.join(", ")
    );
    Error::invalid("invalid_config_file", message)
}

/// A value without the password that an address may have in it.
fn without_password(value: &Value) -> Value {
    let hidden = || {
        let mut url = url::Url::parse(value.as_str()?).ok()?;
        url.password()?;
        url.set_password(Some("hidden")).ok()?;
        Some(Value::String(url.into()))
    };
    hidden().unwrap_or_else(|| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("attractor.toml");
        std::fs::write(&path, text).unwrap();
        (directory, path)
    }

    #[test]
    fn flags_go_before_the_environment_before_the_file_before_defaults() {
        let (_directory, path) = file(
            "listen = \"127.0.0.1:3\"\nmax_runs = 3\nmax_project_runs = 3\nrepository_roots = [\"/c\"]",
        );
        let mut layers = Layers::default();
        layers.flag("listen", Some("127.0.0.1:1"));
        layers.flag("max_runs", None::<i64>);
        layers.flags("repository_roots", &["/a", "/b"]);
        layers.environment(|name| match name {
            "ATTRACTOR_LISTEN" => Some("127.0.0.1:2".to_owned()),
            "ATTRACTOR_MAX_RUNS" => Some("2".to_owned()),
            "ATTRACTOR_REPOSITORY_HOSTS" => Some("x, y".to_owned()),
            "ATTRACTOR_SECRET_KEY" => Some("c2VjcmV0".to_owned()),
            "ATTRACTOR_DATABASE_URL" => Some("postgres://me:secret@db/x".to_owned()),
            "GITHUB_APP_ID" => Some("7".to_owned()),
            _ => None,
        });
        layers.file(&path).unwrap();
        layers.usual("max_streams", 4);
        assert_eq!(
            layers.parsed::<String>("listen").unwrap().unwrap(),
            "127.0.0.1:1"
        );
        assert_eq!(layers.number("max_runs", 1..=9).unwrap(), 2);
        assert_eq!(layers.number("max_project_runs", 1..=9).unwrap(), 3);
        assert_eq!(layers.list("repository_roots").unwrap(), ["/a", "/b"]);
        assert_eq!(layers.list("repository_hosts").unwrap(), ["x", "y"]);
        let printed = layers.print();
        assert!(printed.contains("max_runs = 2 # ATTRACTOR_MAX_RUNS\n"));
        assert!(printed.contains("max_streams = 4 # default\n"));
        assert!(printed.contains("# public_url =\n"));
        assert!(printed.contains("github_app_id = \"7\" # GITHUB_APP_ID\n"));
        assert!(printed.contains("# secret_key is set by ATTRACTOR_SECRET_KEY\n"));
        assert!(!printed.contains("c2Vj") && !printed.contains("me:secret"));
        let (_directory, again) = file(&printed);
        Layers::default().file(&again).unwrap();
    }

    #[test]
    fn what_cannot_be_names_the_value_and_who_says_it() {
        let mut layers = Layers::default();
        layers.environment(|name| match name {
            "ATTRACTOR_MAX_RUNS" => Some("many".to_owned()),
            "ATTRACTOR_SIMULATE" => Some("perhaps".to_owned()),
            "ATTRACTOR_MAX_STREAMS" => Some("0".to_owned()),
            _ => None,
        });
        let error = layers.number("max_runs", 1..=9).unwrap_err().to_string();
        assert!(error.contains("max_runs (ATTRACTOR_MAX_RUNS)"), "{error}");
        assert!(layers.is("simulate").is_err());
        assert!(layers.number("max_streams", 1..=9).is_err());
        for bad in [
            "listn = 1",
            "listen = ",
            "secret_key = \"x\"",
            "github_app_private_key = \"x\"",
        ] {
            let (_directory, path) = file(bad);
            let error = Layers::default().file(&path).unwrap_err();
            assert_eq!(error.code(), "invalid_config_file", "{bad}");
        }
    }
}
