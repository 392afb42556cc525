//! Where the value of an attribute came from.

use std::borrow::Cow;

use crate::dot::Span;

/// How an element came by a value.
///
/// A stylesheet fills in what isn't [`Explicit`](Self::Explicit).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// From a graph attribute that is the last resort for all nodes.
    Graph,
    /// From a `node [...]` or `edge [...]` block in scope.
    Inherited,
    /// From the model stylesheet.
    Stylesheet,
    /// Written on the element itself, or set by a program.
    Explicit,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    name: Cow<'static, str>,
    origin: Origin,
    span: Option<Span>,
}

/// The attributes that were set on one element. Elements have few, so a scan is fastest.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Origins(Vec<Entry>);

impl Origins {
    pub(crate) fn origin(&self, name: &str) -> Option<Origin> {
        self.entry(name).map(|entry| entry.origin)
    }

    pub(crate) fn span(&self, name: &str) -> Option<Span> {
        self.entry(name).and_then(|entry| entry.span)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|entry| &*entry.name)
    }

    pub(crate) fn record(&mut self, name: Cow<'static, str>, origin: Origin, span: Option<Span>) {
        match self.0.iter_mut().find(|entry| entry.name == name) {
            Some(entry) => *entry = Entry { name, origin, span },
            None => self.0.push(Entry { name, origin, span }),
        }
    }

    pub(crate) fn forget(&mut self, name: &str) {
        self.0.retain(|entry| entry.name != name);
    }

    /// Forgets where values are written: the element is part of another text now.
    pub(crate) fn forget_places(&mut self) {
        self.0.iter_mut().for_each(|entry| entry.span = None);
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.name == name)
    }
}
