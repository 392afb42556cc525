use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::limits::{ADDRESSES, FAILURE_TIME, FAILURES};
use crate::domain::{Error, ErrorKind, Timestamp};

/// Sign-ins that failed of late, by the address that they came from.
///
/// Whoever has a good token is never held up: failures of another behind the same address are no
/// reason. Guessing one isn't possible; this keeps the log and the database quiet.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<VecDeque<Failures>>);

#[derive(Debug)]
struct Failures {
    address: IpAddr,
    since: Timestamp,
    count: u32,
}

impl Throttle {
    /// Notes a failure.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RateLimited`] if there were too many.
    pub(crate) fn failed(&self, address: IpAddr, now: Timestamp) -> Result<(), Error> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while all
            .front()
            .is_some_and(|it| now.since(it.since) >= FAILURE_TIME)
        {
            all.pop_front();
        }
        if let Some(known) = all.iter_mut().find(|it| it.address == address) {
            known.count = known.count.saturating_add(1);
            if known.count > FAILURES {
                let message = "too many sign-ins have failed: wait a minute";
                return Err(Error::new(
                    ErrorKind::RateLimited,
                    "too_many_failures",
                    message,
                ));
            }
            return Ok(());
        }
        if all.len() == ADDRESSES {
            all.pop_front();
        }
        all.push_back(Failures {
            address,
            since: now,
            count: 1,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_fails_too_often_has_to_wait_a_minute() {
        let throttle = Throttle::default();
        let (one, other) = (Ipv4Addr::LOCALHOST.into(), Ipv4Addr::BROADCAST.into());
        let now = Timestamp::from_millis(1_000_000);
        for _ in 0..FAILURES {
            throttle.failed(one, now).unwrap();
        }
        let error = throttle.failed(one, now).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        throttle.failed(other, now).unwrap();
        let later = now.plus(FAILURE_TIME + Duration::from_millis(1));
        throttle.failed(one, later).unwrap();
    }
}
