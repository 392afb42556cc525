//! Which provider a request goes to.

use std::sync::Arc;

use crate::catalog::model_of;
use crate::error::{Error, ErrorKind};
use crate::middleware::Router;
use crate::provider::ProviderAdapter;
use crate::provider::discover::how_to_configure;
use crate::types::Request;

#[derive(Debug)]
pub(super) struct Routes {
    adapters: Vec<Arc<dyn ProviderAdapter>>,
    default_provider: Option<String>,
}

impl Routes {
    pub(super) fn new(
        adapters: Vec<Arc<dyn ProviderAdapter>>,
        default_provider: Option<String>,
    ) -> Result<Self, Error> {
        for (index, adapter) in adapters.iter().enumerate() {
            if adapters[..index]
                .iter()
                .any(|other| other.name() == adapter.name())
            {
                return Err(configuration(format!(
                    "provider {:?} is registered twice",
                    adapter.name()
                )));
            }
        }
        let default_provider = default_provider.or_else(|| match adapters.as_slice() {
            [only] => Some(only.name().to_owned()),
            _ => None,
        });
        let routes = Self {
            adapters,
            default_provider,
        };
        if let Some(name) = &routes.default_provider
            && routes.find(name).is_none()
        {
            return Err(routes.unknown(name));
        }
        Ok(routes)
    }

    pub(super) fn adapters(&self) -> impl Iterator<Item = &dyn ProviderAdapter> {
        self.adapters.iter().map(Arc::as_ref)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.adapters().map(ProviderAdapter::name)
    }

    pub(super) fn find(&self, name: &str) -> Option<&dyn ProviderAdapter> {
        self.adapters().find(|adapter| adapter.name() == name)
    }

    pub(super) fn default_provider(&self) -> Option<&str> {
        self.default_provider.as_deref()
    }

    /// Sets the request's provider, takes the provider's prefix off its model and puts a model's id
    /// in the place of its alias.
    ///
    /// A provider the request names wins; else a prefix that is a registered provider; else the
    /// default.
    pub(super) fn resolve(&self, mut request: Request) -> Result<Request, Error> {
        let prefix = request.model.split_once('/').and_then(|(prefix, model)| {
            let named = request
                .provider
                .as_deref()
                .is_none_or(|provider| provider == prefix);
            (named && self.find(prefix).is_some()).then(|| (prefix.to_owned(), model.to_owned()))
        });
        if let Some((provider, model)) = prefix {
            request.provider = Some(provider);
            request.model = model;
        }
        if request.provider.is_none() {
            request.provider.clone_from(&self.default_provider);
        }
        self.adapter(&request)?;
        if let Some(id) = request
            .provider
            .as_deref()
            .and_then(|it| unaliased(it, &request.model))
        {
            id.clone_into(&mut request.model);
        }
        Ok(request)
    }

    fn unknown(&self, name: &str) -> Error {
        let registered: Vec<&str> = self.names().collect();
        let have = match registered.as_slice() {
            [] => "none is".to_owned(),
            names => format!("registered: {}", names.join(", ")),
        };
        configuration(format!(
            "provider {name:?} isn't registered ({have}); {}",
            how_to_configure()
        ))
    }
}

impl Router for Routes {
    fn resolve(&self, request: Request) -> Result<Request, Error> {
        Self::resolve(self, request)
    }

    fn adapter(&self, request: &Request) -> Result<&dyn ProviderAdapter, Error> {
        match request.provider.as_deref().or(self.default_provider()) {
            Some(name) => self.find(name).ok_or_else(|| self.unknown(name)),
            None if self.adapters.is_empty() => Err(configuration(format!(
                "no provider is configured; {}",
                how_to_configure()
            ))),
            None => Err(configuration(format!(
                "the request for the model {:?} names no provider and there is no default; name one \
                 of {} in the request, or write provider/model",
                request.model,
                self.names().collect::<Vec<_>>().join(", ")
            ))),
        }
    }
}

/// The id of a model that is named by an alias, which its provider wouldn't know.
fn unaliased(provider: &str, model: &str) -> Option<&'static str> {
    let info = model_of(provider, model)?;
    let is_alias = info.id != model && info.aliases.iter().any(|alias| alias == model);
    is_alias.then_some(info.id.as_str())
}

fn configuration(message: String) -> Error {
    Error::new(ErrorKind::Configuration, message)
}
