//! The figures as text.

use crate::cost::Figures;
use crate::memory::PerStream;

/// The best figures of a client.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    best: Figures,
    pub(crate) memory: Option<PerStream>,
}

impl Row {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            best: Figures::WORST,
            memory: None,
        }
    }

    /// Takes what another round found.
    pub(crate) fn add(&mut self, found: &Figures) {
        let best = &mut self.best;
        let lower = |old: &mut f64, new: f64| *old = old.min(new);
        for column in 0..2 {
            lower(&mut best.cpu_per_event[column], found.cpu_per_event[column]);
            let old = &mut best.events_per_second[column];
            *old = old.max(found.events_per_second[column]);
        }
        lower(&mut best.cpu_per_request, found.cpu_per_request);
        lower(&mut best.to_first_delta, found.to_first_delta);
    }
}

pub(crate) fn print(rows: &[Row]) {
    println!(
        "| client | CPU per event, 1 a write (µs) | CPU per event, 64 a write (µs) | events/s, 1 a write | events/s, 64 a write | CPU per request (µs) | first delta (µs) | heap per stream (kB) | resident per stream (kB) |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for row in rows {
        let (best, Some(memory)) = (&row.best, &row.memory) else {
            continue;
        };
        println!(
            "| {} | {:.2} | {:.2} | {:.0} | {:.0} | {:.1} | {:.1} | {:.1} | {:.1} |",
            row.name,
            best.cpu_per_event[0],
            best.cpu_per_event[1],
            best.events_per_second[0],
            best.events_per_second[1],
            best.cpu_per_request,
            best.to_first_delta,
            kilobytes(memory.heap),
            kilobytes(memory.resident),
        );
    }
}

fn kilobytes(bytes: isize) -> f64 {
    f64::from(i32::try_from(bytes).unwrap()) / 1000.0
}
