//! How a connection comes about: to the host itself or over a proxy, with TLS where the address says
//! so, in limited time.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use rustls::ClientConfig;
use tower_service::Service;

#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
use crate::limits::UNACKNOWLEDGED;
use crate::limits::{KEEPALIVE, KEEPALIVE_PROBES};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;
type Tcp = HttpConnector<Resolver>;

/// Where connections may go.
#[derive(Clone, Debug)]
pub(super) enum Reach {
    /// To any host, over the proxies that are meant for it.
    Proxies(Arc<Matcher>),
    /// To any host, directly.
    Direct,
    /// To these addresses, whatever the host's name is.
    Addresses(Vec<IpAddr>),
}

/// Connects within a limited time, TLS included.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    secured: HttpsConnector<Route>,
    limit: Duration,
}

impl Connector {
    pub(super) fn new(tls: ClientConfig, reach: Reach, limit: Duration) -> Self {
        let tls = Arc::new(tls);
        let (resolver, proxies) = match reach {
            Reach::Proxies(proxies) => (Resolver::System(GaiResolver::new()), Some(proxies)),
            Reach::Direct => (Resolver::System(GaiResolver::new()), None),
            Reach::Addresses(addresses) => (Resolver::Fixed(addresses), None),
        };
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(KEEPALIVE));
        tcp.set_keepalive_retries(Some(KEEPALIVE_PROBES));
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let route = Route {
            to_proxy: HttpsConnector::from((tcp.clone(), Arc::clone(&tls))),
            tcp,
            proxies,
        };
        Self {
            secured: HttpsConnector::from((route, tls)),
            limit,
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Line;
    type Error = BoxError;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.secured.poll_ready(cx)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = self.secured.call(to);
        let limit = self.limit;
        Box::pin(async move {
            match tokio::time::timeout(limit, connecting).await {
                Ok(Ok(MaybeHttpsStream::Http(line))) => Ok(line),
                Ok(Ok(secured)) => Ok(Line::to_the_host(secured)),
                Ok(Err(error)) => Err(error),
                Err(_) => Err(format!("none within {limit:?}").into()),
            }
        })
    }
}

/// The way to a host, on which TLS is put where the host's address asks for it.
#[derive(Clone, Debug)]
struct Route {
    tcp: Tcp,
    to_proxy: HttpsConnector<Tcp>,
    proxies: Option<Arc<Matcher>>,
}

impl Service<Uri> for Route {
    type Response = Line;
    type Error = BoxError;
    type Future = Connecting<Line>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        match self.proxies.as_ref().and_then(|them| them.intercept(&to)) {
            Some(proxy) => self.over(&proxy, to),
            None => {
                let connecting = self.tcp.call(to);
                Box::pin(async { Ok(Line::to_the_host(connecting.await?)) })
            }
        }
    }
}

impl Route {
    fn over(&self, proxy: &Intercept, to: Uri) -> Connecting<Line> {
        let at = proxy.uri().clone();
        match at.scheme_str() {
            Some("http" | "https") if to.scheme_str() == Some("http") => {
                let connecting = self.to_proxy.clone().call(at);
                Box::pin(async { Ok(Line::to_a_proxy(connecting.await?)) })
            }
            Some("http" | "https") => {
                let mut tunnel = Tunnel::new(at, self.to_proxy.clone());
                if let Some(auth) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(auth.clone());
                }
                let connecting = tunnel.call(to);
                Box::pin(async { Ok(Line::to_the_host(connecting.await?)) })
            }
            Some(socks @ ("socks5" | "socks5h")) => {
                let mut socks =
                    SocksV5::new(at.clone(), self.tcp.clone()).local_dns(socks == "socks5");
                if let Some((name, password)) = proxy.raw_auth() {
                    socks = socks.with_auth(name.to_owned(), password.to_owned());
                }
                let connecting = socks.call(with_port(to));
                Box::pin(async { Ok(Line::to_the_host(connecting.await?)) })
            }
            other => {
                let scheme = other.unwrap_or_default();
                let problem = format!(
                    "the proxy of the environment is of kind {scheme:?}; http, https, socks5 and socks5h are spoken"
                );
                Box::pin(async { Err(problem.into()) })
            }
        }
    }
}

/// An address in the clear with its port: over SOCKS, an address without one is taken for TLS.
fn with_port(to: Uri) -> Uri {
    let (Some("http"), Some(host), None) = (to.scheme_str(), to.host(), to.port()) else {
        return to;
    };
    let with_port = Uri::builder()
        .scheme("http")
        .authority(format!("{host}:80"))
        .path_and_query("/")
        .build();
    with_port.unwrap_or(to)
}

/// A connection, and who reads the requests on it.
#[derive(Debug)]
pub(super) struct Line {
    /// In a box: room for TLS, which is much, is taken only where there is TLS.
    stream: Box<dyn Stream>,
    by_proxy: bool,
}

/// What bytes go over.
trait Stream: Read + Write + Connection + Debug + Send + Unpin + 'static {}

impl<T: Read + Write + Connection + Debug + Send + Unpin + 'static> Stream for T {}

impl Line {
    fn to_the_host(stream: impl Stream) -> Self {
        Self {
            stream: Box::new(stream),
            by_proxy: false,
        }
    }

    /// Requests then say which host they are for.
    fn to_a_proxy(stream: impl Stream) -> Self {
        Self {
            stream: Box::new(stream),
            by_proxy: true,
        }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut dyn Stream> {
        Pin::new(&mut *self.get_mut().stream)
    }
}

impl Connection for Line {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.by_proxy)
    }
}

impl Read for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buffer)
    }
}

impl Write for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(cx, bytes)
    }
}

/// Who tells a host's addresses.
#[derive(Clone, Debug)]
enum Resolver {
    System(GaiResolver),
    Fixed(Vec<IpAddr>),
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::System(resolver) => resolver.poll_ready(cx),
            Self::Fixed(_) => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, name: Name) -> Self::Future {
        match self {
            Self::System(resolver) => {
                let resolving = resolver.call(name);
                Box::pin(async { Ok(resolving.await?.collect::<Vec<_>>().into_iter()) })
            }
            Self::Fixed(addresses) => {
                // Port 0: the one of the URL.
                let fixed = addresses.iter().map(|address| SocketAddr::new(*address, 0));
                let fixed: Vec<_> = fixed.collect();
                Box::pin(async { Ok(fixed.into_iter()) })
            }
        }
    }
}
