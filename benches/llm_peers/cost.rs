//! CPU and time.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use rustix::time::{ClockId, clock_gettime};

use crate::Effort;
use crate::clients::Client;
use crate::replies::DELTA;
use crate::scenario::Scenario;

/// What one round found, in microseconds, and in events a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// CPU for each event that comes alone, and of those that come 64 at a time.
    pub(crate) cpu_per_event: [f64; 2],
    pub(crate) events_per_second: [f64; 2],
    pub(crate) cpu_per_request: f64,
    pub(crate) to_first_delta: f64,
}

impl Figures {
    /// What nothing found is better than.
    pub(crate) const WORST: Self = Self {
        cpu_per_event: [f64::INFINITY; 2],
        events_per_second: [0.0; 2],
        cpu_per_request: f64::INFINITY,
        to_first_delta: f64::INFINITY,
    };
}

/// Events in one write, for the two columns.
const PER_WRITE: [usize; 2] = [1, 64];

/// The connection, the certificates, the first look at everything.
pub(crate) async fn warm_up(client: &dyn Client) {
    read(client, Scenario::new(64, 1)).await;
}

/// The columns of requests, one after the other.
pub(crate) async fn requests(client: &dyn Client, requests: usize) -> Figures {
    Figures {
        cpu_per_request: cpu_per_request(client, requests).await,
        to_first_delta: to_first_delta(client, requests).await,
        ..Figures::WORST
    }
}

/// The columns of long streams.
pub(crate) async fn streams(client: &dyn Client, effort: Effort) -> Figures {
    let mut figures = Figures::WORST;
    for (column, per_write) in PER_WRITE.into_iter().enumerate() {
        let (began, cpu) = (Instant::now(), cpu_time());
        read(client, Scenario::new(effort.events, per_write)).await;
        let (time, cpu) = (began.elapsed(), cpu_time() - cpu);
        figures.cpu_per_event[column] = micros(cpu) / count(effort.events);
        figures.events_per_second[column] = count(effort.events) / time.as_secs_f64();
    }
    figures
}

/// Reads a stream to its end and checks that all of it has come.
pub(crate) async fn read(client: &dyn Client, scenario: Scenario) {
    let mut deltas = client.stream(&scenario.model()).await;
    let mut bytes = 0;
    while let Some(delta) = deltas.next().await {
        bytes += delta;
    }
    assert_eq!(bytes, scenario.events * DELTA.len(), "{}", client.name());
}

async fn cpu_per_request(client: &dyn Client, requests: usize) -> f64 {
    let scenario = Scenario::new(12, 1);
    let cpu = cpu_time();
    for _ in 0..requests {
        let bytes = client.complete(&scenario.model()).await;
        assert_eq!(bytes, scenario.events * DELTA.len(), "{}", client.name());
    }
    micros(cpu_time() - cpu) / count(requests)
}

/// The median, from the call to the first delta; the stream is then read to its end.
async fn to_first_delta(client: &dyn Client, requests: usize) -> f64 {
    let model = Scenario::new(2, 2).model();
    let mut times = Vec::new();
    for _ in 0..requests {
        let began = Instant::now();
        let mut deltas = client.stream(&model).await;
        while deltas.next().await == Some(0) {}
        times.push(began.elapsed());
        while deltas.next().await.is_some() {}
    }
    times.sort_unstable();
    micros(times[times.len() / 2])
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.try_into().unwrap()
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}
