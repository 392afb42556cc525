//! A server on this machine that behaves like GitHub, as far as the control plane asks it anything.

mod auth;
mod routes;
mod world;

pub use self::world::{FakeRepository, Fault, Recorded};

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use self::world::World;
use crate::domain::Clock;

/// A loopback server with the part of GitHub's API that the forge uses: signing in as an App, its
/// repositories, branches and pull requests, with GitHub's refusals, and faults on demand. Dropping it
/// stops it.
///
/// ```
/// use std::sync::Arc;
/// use attractor_server::testing::{FakeGitHub, FakeRepository, TestClock};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let github = FakeGitHub::start(Arc::new(TestClock::default())).await?;
/// github.add_repository(FakeRepository::new("octo/hello"));
/// assert!(github.url().starts_with("http://127.0.0.1:"));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct FakeGitHub {
    url: String,
    world: Shared,
    _tasks: JoinSet<()>,
}

/// What the handlers share with the test.
#[derive(Clone, Debug)]
struct Shared {
    world: Arc<Mutex<World>>,
    clock: Arc<dyn Clock>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FakeGitHub {
    /// The App that it knows.
    pub const APP_ID: &'static str = "4711";

    /// The installation of that App; it has all repositories of which the owner is `octo`.
    pub const INSTALLATION: &'static str = "99";

    /// The token of a person who may see and change all repositories.
    pub const TOKEN: &'static str = "ghp_fakefakefakefakefakefakefakefakefake";

    /// Starts it on a free port; what it says about time is by this clock.
    ///
    /// # Errors
    ///
    /// When there is no free port.
    pub async fn start(clock: Arc<dyn Clock>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let world = Shared {
            world: Arc::default(),
            clock,
        };
        let routes = routes::router(world.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // It ends with the set.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self {
            url,
            world,
            _tasks: tasks,
        })
    }

    /// Where it is: the API's address and that of its pages.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The App's private key in PEM. It was made for this and is good for nothing else.
    pub fn app_key() -> SecretString {
        SecretString::from(include_str!("app_key.pem"))
    }

    /// Adds a repository.
    pub fn add_repository(&self, repository: FakeRepository) {
        self.world.lock().add(repository);
    }

    /// What happens to the next requests, one after the other, in place of an answer.
    pub fn add_faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.world.lock().faults.extend(faults);
    }

    /// Takes the rights of all tokens that were given to the App.
    pub fn revoke_tokens(&self) {
        self.world.lock().tokens.clear();
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.world.lock().requests.clone()
    }

    /// How many pull requests are open.
    pub fn open_pull_requests(&self) -> usize {
        self.world.lock().pulls.len()
    }
}
