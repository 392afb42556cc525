//! What the server is to answer, told in the model's name.

/// A reply of as many events of text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) events: usize,
    /// Events in one write.
    pub(crate) per_write: usize,
    /// Whether the connection stays open after the last of them, without an end.
    pub(crate) stays_open: bool,
}

impl Scenario {
    pub(crate) fn new(events: usize, per_write: usize) -> Self {
        Self {
            events,
            per_write,
            stays_open: false,
        }
    }

    pub(crate) fn staying_open(self) -> Self {
        Self {
            stays_open: true,
            ..self
        }
    }

    pub(crate) fn model(self) -> String {
        let open = u8::from(self.stays_open);
        format!("bench-{}-{}-{open}", self.events, self.per_write)
    }

    pub(crate) fn from_model(model: &str) -> Option<Self> {
        let mut numbers = model
            .strip_prefix("bench-")?
            .split('-')
            .map(str::parse::<usize>);
        let mut next = || numbers.next()?.ok();
        Some(Self {
            events: next()?,
            per_write: next()?,
            stays_open: next()? == 1,
        })
    }
}
