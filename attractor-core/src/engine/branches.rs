//! Executing the attempts of several branches at a time, with one writer for the journal.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::attempt::{Attempt, Happened, until};
use super::drive::EngineRun;
use crate::run::{BranchPath, BranchStep, RunEvent, StageKey, Step};
use crate::{Error, ErrorKind};

/// The attempts that are being made in branches. Dropping this stops them all.
#[derive(Default)]
pub(super) struct Flights {
    air: FuturesUnordered<Pin<Box<dyn Future<Output = Flight> + Send>>>,
    /// Stops the attempt of a branch; has each branch with an attempt.
    stops: BTreeMap<BranchPath, CancellationToken>,
    /// What has happened in branches while others were being stopped.
    later: VecDeque<Flight>,
}

/// The attempt of a branch and what has happened in it last.
enum Flight {
    /// The delay before it is over, or was cut short.
    Waited(StageKey),
    Flying(Box<Attempt>, Happened),
}

impl Flight {
    fn stage(&self) -> &StageKey {
        match self {
            Self::Waited(stage) => stage,
            Self::Flying(attempt, _) => &attempt.stage,
        }
    }
}

impl Flights {
    pub(super) fn is_empty(&self) -> bool {
        self.stops.is_empty()
    }

    fn wait(&mut self, stage: StageKey, until: Instant, stop: CancellationToken) {
        self.air.push(Box::pin(async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = sleep_until(until) => {}
            }
            Flight::Waited(stage)
        }));
    }

    fn fly(&mut self, mut attempt: Box<Attempt>) {
        self.air.push(Box::pin(async move {
            let happened = attempt.next().await;
            Flight::Flying(attempt, happened)
        }));
    }

    /// The next thing that happens in a branch; pends while there is no attempt.
    async fn next(&mut self) -> Flight {
        if let Some(flight) = self.later.pop_front() {
            return flight;
        }
        match self.air.next().await {
            Some(flight) => flight,
            None => std::future::pending().await,
        }
    }

    fn landed(&mut self, stage: &StageKey) {
        if let Some(branch) = stage.branch_path() {
            self.stops.remove(branch);
        }
    }
}

impl EngineRun {
    /// Does one of the steps, or waits for something to happen in a branch.
    pub(super) async fn step_branches(
        &mut self,
        flights: &mut Flights,
        steps: Vec<BranchStep>,
    ) -> Result<(), Error> {
        if steps.is_empty() {
            return Err(Error::new(ErrorKind::Damaged, "no branch can go on"));
        }
        for BranchStep { branch, step } in steps {
            match step {
                Step::Execute { .. } if flights.stops.contains_key(&branch) => {}
                Step::Execute { ref stage, .. } if self.is_refused(stage) => {}
                // Every event may change what the others have to do: one step at a time.
                Step::Execute { stage, delay_ms } => {
                    return self.launch(flights, branch, stage, delay_ms).await;
                }
                Step::RecordTimed(ref event) if cancels(event) && flights.beside(&branch) => {
                    let is_beside = |other: &BranchPath| beside(other, &branch);
                    return self.stop_branches(flights, is_beside).await;
                }
                step => return self.record_step(Some(&branch), step).await,
            }
        }
        if flights.is_empty() {
            return Ok(());
        }
        self.await_branches(flights).await
    }

    async fn launch(
        &mut self,
        flights: &mut Flights,
        branch: BranchPath,
        stage: StageKey,
        delay_ms: u64,
    ) -> Result<(), Error> {
        // Stages that never wait would keep the thread from everything else.
        tokio::task::consume_budget().await;
        let stop = self.cancel.child_token();
        flights.stops.insert(branch, stop.clone());
        if delay_ms > 0 {
            let until = Instant::now() + Duration::from_millis(delay_ms);
            flights.wait(stage, until, stop);
        } else {
            flights.fly(Box::new(self.begin(stage, stop).await?));
        }
        Ok(())
    }

    async fn await_branches(&mut self, flights: &mut Flights) -> Result<(), Error> {
        let cancel = self.cancel.clone();
        let (timeout, deadline) = (self.next_timeout(), self.purse.deadline());
        tokio::select! {
            biased;
            () = cancel.cancelled() => Ok(()),
            () = until(deadline) => self.out_of_time(flights).await,
            () = until(timeout.as_ref().map(|timeout| timeout.0)) => {
                let Some((_, branch, event)) = timeout else { return Ok(()) };
                let took = self.elapsed_since_begin(branch.as_ref(), &event);
                let event = event.lasting(took);
                self.record(branch.as_ref(), event).await
            }
            flight = flights.next() => self.go_on(flights, flight).await,
        }
    }

    /// Stops all branches because the time of the run is up.
    async fn out_of_time(&mut self, flights: &mut Flights) -> Result<(), Error> {
        self.stop_branches(flights, |_| true).await?;
        let open = self.run.open_parallels();
        if let Some(node) = open.first().map(|(_, node, _)| (*node).clone()) {
            self.purse.time_is_up(&node);
        }
        Ok(())
    }

    async fn go_on(&mut self, flights: &mut Flights, flight: Flight) -> Result<(), Error> {
        match flight {
            Flight::Waited(stage) => {
                let stop = stage.branch_path().and_then(|path| flights.stops.get(path));
                let stop = stop.cloned().unwrap_or_default();
                if stop.is_cancelled() || self.is_refused(&stage) {
                    flights.landed(&stage);
                } else {
                    flights.fly(Box::new(self.begin(stage, stop).await?));
                }
            }
            Flight::Flying(mut attempt, Happened::Report(report)) => {
                match self.report(&mut attempt, report).await? {
                    None => flights.fly(attempt),
                    Some(reached) => {
                        self.purse.meet(reached, &attempt.stage.node);
                        self.land(flights, *attempt).await?;
                    }
                }
            }
            Flight::Flying(attempt, Happened::Met(reached)) => {
                self.purse.meet(reached, &attempt.stage.node);
                self.land(flights, *attempt).await?;
            }
            Flight::Flying(attempt, Happened::Ended(outcome)) => {
                flights.landed(&attempt.stage);
                self.finish(*attempt, outcome).await?;
            }
            Flight::Flying(attempt, Happened::Stopped) => self.land(flights, *attempt).await?,
        }
        Ok(())
    }

    /// Stops the attempts of some branches, all at once, and records what they had reported.
    pub(super) async fn stop_branches(
        &mut self,
        flights: &mut Flights,
        which: impl Fn(&BranchPath) -> bool,
    ) -> Result<(), Error> {
        let mut left = 0_usize;
        for (_, stop) in flights.stops.iter().filter(|(path, _)| which(path)) {
            stop.cancel();
            left += 1;
        }
        let mut others = VecDeque::new();
        while left > 0 {
            let flight = flights.next().await;
            if !flight.stage().branch_path().is_some_and(&which) {
                others.push_back(flight);
                continue;
            }
            match flight {
                Flight::Flying(mut attempt, Happened::Report(report)) => {
                    if self.report(&mut attempt, report).await?.is_none() {
                        flights.fly(attempt);
                        continue;
                    }
                    self.land(flights, *attempt).await?;
                }
                Flight::Flying(attempt, _) => self.land(flights, *attempt).await?,
                Flight::Waited(stage) => flights.landed(&stage),
            }
            left -= 1;
        }
        flights.later.append(&mut others);
        Ok(())
    }

    /// Lets go of an attempt that was stopped; how it ended doesn't count.
    async fn land(&mut self, flights: &mut Flights, mut attempt: Attempt) -> Result<(), Error> {
        flights.landed(&attempt.stage);
        self.drain(&mut attempt).await
    }

    /// When the time of the first parallel node is up, and the event that says so.
    fn next_timeout(&self) -> Option<(Instant, Option<BranchPath>, RunEvent)> {
        let open = self.run.open_parallels().into_iter();
        let limited = open.filter_map(|(branch, node, limit)| {
            let began = self.began_at(branch, Some(node));
            let event = RunEvent::ParallelTimedOut {
                node: node.clone(),
                duration_ms: 0,
            };
            Some((began + limit?, branch.cloned(), event))
        });
        limited.min_by_key(|timeout| timeout.0)
    }
}

impl Flights {
    /// Whether there is an attempt in a branch of the same parallel node, or in one of these.
    fn beside(&self, branch: &BranchPath) -> bool {
        self.stops.keys().any(|other| beside(other, branch))
    }
}

/// Whether a branch is within the parallel node of another one.
fn beside(other: &BranchPath, branch: &BranchPath) -> bool {
    let block = branch.as_str().strip_suffix(branch.id());
    block.is_some_and(|block| other.as_str().starts_with(block))
}

fn cancels(event: &RunEvent) -> bool {
    use crate::run::BranchEnd::Cancelled;
    matches!(
        event,
        RunEvent::ParallelBranchCompleted { end: Cancelled, .. }
    )
}
