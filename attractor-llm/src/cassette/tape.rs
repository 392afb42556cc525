//! [`Tape`]: the exchanges recorded so far, and the file that they are written to.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::exchange::{Cassette, Exchange};
use super::file;
use crate::error::{Error, ErrorKind};
use crate::limits::MAX_CASSETTE_BYTES;

/// Keeps each exchange as the text it has in the file, so that none is written out twice.
#[derive(Debug)]
pub(super) struct Tape {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    environment: BTreeMap<String, String>,
    /// In the order of the requests; `None` until what came of one is known.
    exchanges: Vec<Option<String>>,
    bytes: usize,
    /// Why an exchange is missing in the file.
    failure: Option<String>,
}

impl Tape {
    /// A tape that begins with what the cassette holds; writes the file, to find out that it can.
    pub(super) fn begin(path: PathBuf, cassette: &Cassette) -> Result<Self, Error> {
        let mut state = State {
            environment: cassette.environment.clone(),
            ..State::default()
        };
        for exchange in &cassette.exchanges {
            state.add(exchange)?;
        }
        let tape = Self {
            path,
            state: Mutex::new(state),
        };
        tape.write(&tape.lock())?;
        Ok(tape)
    }

    /// Writes what the client is made of.
    pub(super) fn set_environment(
        &self,
        environment: BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let mut state = self.lock();
        state.environment = environment;
        self.write(&state)
    }

    /// A place for what will come of a request that is sent now.
    pub(super) fn reserve(&self) -> Result<usize, Error> {
        let mut state = self.lock();
        state.check()?;
        state.exchanges.push(None);
        Ok(state.exchanges.len() - 1)
    }

    /// Writes what came of the request at this place. A failure to do so is that of the next request,
    /// since this one has its answer.
    pub(super) fn fill(&self, place: usize, exchange: &Exchange) {
        let mut state = self.lock();
        let written = state.render(exchange).and_then(|text| {
            state.exchanges[place] = Some(text);
            self.write(&state)
        });
        if let Err(error) = written {
            tracing::error!(%error, "an exchange isn't in the cassette");
            state
                .failure
                .get_or_insert_with(|| error.message().to_owned());
        }
    }

    /// Whether everything is in the file.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.lock().check()
    }

    fn write(&self, state: &State) -> Result<(), Error> {
        let empty = Cassette {
            environment: state.environment.clone(),
            exchanges: Vec::new(),
        };
        let frame = pretty(&empty)?;
        // The empty list at the end is where the exchanges go.
        let (head, tail) = frame.rsplit_once("[]").unwrap_or((&frame, ""));
        let mut parts = vec![head];
        let mut separator = "[\n";
        for exchange in state.exchanges.iter().flatten() {
            parts.extend([separator, exchange]);
            separator = ",\n";
        }
        parts.push(if parts.len() == 1 { "[]" } else { "\n  ]" });
        parts.extend([tail, "\n"]);
        file::replace(&self.path, &parts)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, exchange: &Exchange) -> Result<(), Error> {
        let text = self.render(exchange)?;
        self.exchanges.push(Some(text));
        Ok(())
    }

    fn render(&mut self, exchange: &Exchange) -> Result<String, Error> {
        let text = pretty(exchange)?;
        let mut indented = String::with_capacity(text.len() * 5 / 4);
        for line in text.lines() {
            let separator = if indented.is_empty() { "" } else { "\n" };
            indented.extend([separator, "    ", line]);
        }
        self.bytes += indented.len();
        if self.bytes > MAX_CASSETTE_BYTES {
            let message = format!("the cassette is larger than {MAX_CASSETTE_BYTES} bytes");
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        Ok(indented)
    }

    fn check(&self) -> Result<(), Error> {
        match &self.failure {
            Some(failure) => Err(Error::new(ErrorKind::Configuration, failure.clone())),
            None => Ok(()),
        }
    }
}

fn pretty(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string_pretty(value).map_err(|error| {
        Error::new(ErrorKind::Configuration, "the exchange isn't JSON").with_source(error)
    })
}
