//! A port that nobody else listens on, not even while its server is away.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Below the ports that the system gives out by itself.
const FIRST: usize = 10_000;
const PORTS: usize = 22_000;

/// A port that no other test has until it's dropped: a runner whose server is dead must not be answered by
/// another test's server.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    /// Locked; what other processes of these tests look at.
    _lock: File,
}

impl Port {
    pub(crate) fn reserve() -> Self {
        let begin = std::process::id() as usize;
        for step in 0..1_000 {
            let number = u16::try_from(FIRST + (begin + step * 37) % PORTS).unwrap();
            let path = std::env::temp_dir().join(format!("attractor-test-port-{number}"));
            let Ok(lock) = File::create(path) else {
                continue;
            };
            let is_free = || TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok();
            if lock.try_lock().is_ok() && is_free() {
                return Self {
                    number,
                    _lock: lock,
                };
            }
        }
        panic!("no port is free");
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }
}
