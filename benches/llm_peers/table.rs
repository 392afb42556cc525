//! The figures as text.

use crate::cost::Figures;
use crate::memory::PerStream;

/// The best figures of a client.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    best: Option<Figures>,
    pub(crate) memory: Option<PerStream>,
}

impl Row {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            best: None,
            memory: None,
        }
    }

    /// Takes what another round found.
    pub(crate) fn add(&mut self, figures: &Figures) {
        let Some(best) = &mut self.best else {
            self.best = Some(*figures);
            return;
        };
        for column in 0..2 {
            let (new, old) = (
                figures.cpu_per_event[column],
                &mut best.cpu_per_event[column],
            );
            *old = old.min(new);
            let (new, old) = (
                figures.events_per_second[column],
                &mut best.events_per_second[column],
            );
            *old = old.max(new);
        }
        best.cpu_per_request = best.cpu_per_request.min(figures.cpu_per_request);
        best.to_first_delta = best.to_first_delta.min(figures.to_first_delta);
    }
}

pub(crate) fn print(rows: &[Row]) {
    println!(
        "| client | CPU per event, 1 a write (µs) | CPU per event, 64 a write (µs) | events/s, 1 a write | events/s, 64 a write | CPU per request (µs) | first delta (µs) | heap per stream (kB) | resident per stream (kB) |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for row in rows {
        let (Some(best), Some(memory)) = (&row.best, &row.memory) else {
            continue;
        };
        println!(
            "| {} | {:.2} | {:.2} | {:.0} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} |",
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
