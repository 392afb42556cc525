use async_trait::async_trait;
use serde_json::json;
use sqlx::any::AnyRow;

use super::lease::stale;
use super::limits::RETRIES;
use super::row::{self, Columns as _, FromRow};
use super::statement::sql;
use super::{Connection, SqlStore, commit};
use crate::domain::{Error, EventId, NewEvent, RunEvent, RunId};
use crate::store::{Appended, Events, Fence};

const COLUMNS: &str = "run_id, seq, id, ts, type, payload";

/// Rows that one statement adds. A few sizes, so that each is prepared once.
const ROWS: [usize; 3] = [64, 8, 1];

impl FromRow for RunEvent {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.word("id")?,
            run_id: row.word("run_id")?,
            seq: row.number("seq")?,
            ts: row.time("ts")?,
            kind: row.text("type")?,
            payload: row.json("payload")?,
        })
    }
}

#[async_trait]
impl Events for SqlStore {
    async fn append(&self, run: &RunId, events: Vec<NewEvent>) -> Result<Vec<RunEvent>, Error> {
        let mut transaction = self.write().await?;
        let statement =
            sql("update runs set last_seq = last_seq + $2 where id = $1 returning last_seq");
        let statement = statement.bind(run.as_str()).bind(count(&events));
        let found = statement.optional::<i64>(&mut transaction).await?;
        let last = found.ok_or_else(|| Error::not_found("run"))?;
        let first = last - count(&events) + 1;
        let stored = insert(&mut transaction, run, (first, None), events).await?;
        commit(transaction).await?;
        Ok(stored)
    }

    async fn append_from_runner(
        &self,
        run: &RunId,
        fence: Fence,
        after: i64,
        events: Vec<(NewEvent, i64)>,
    ) -> Result<Appended, Error> {
        let mut transaction = self.write().await?;
        let (mut after, mut events) = (after, events);
        // Most often the batch follows what is stored; otherwise it's looked at what is.
        for _ in 0..RETRIES {
            let cost: i64 = events.iter().map(|(_, cost)| cost).sum();
            let statement = sql("update runs set last_seq = last_seq + $4,
                     journal_seq = journal_seq + $4, cost_micro_usd = cost_micro_usd + $5
                 where id = $1 and attempt = $2 and status = 'RUNNING' and journal_seq = $3
                 returning last_seq");
            let statement = statement
                .bind(run.as_str())
                .bind(fence.0)
                .bind(after)
                .bind(count(&events))
                .bind(cost);
            if let Some(last) = statement.optional::<i64>(&mut transaction).await? {
                let journal_seq = after + count(&events);
                let first = (last - count(&events) + 1, Some(after + 1));
                let events = events.into_iter().map(|(event, _)| event).collect();
                let events = insert(&mut transaction, run, first, events).await?;
                commit(transaction).await?;
                return Ok(Appended {
                    events,
                    journal_seq,
                });
            }
            let stored = journal_seq(&mut transaction, run, fence).await?;
            if stored < after {
                let message =
                    format!("the journal is stored up to entry {stored}: send what follows it");
                let details = json!({ "journalSeq": stored });
                return Err(Error::conflict("journal_gap", message).with_details(details));
            }
            let known = usize::try_from(stored - after).unwrap_or(usize::MAX);
            events.drain(..known.min(events.len()));
            after = stored;
        }
        Err(Error::unavailable(
            "another batch of the run is being stored: try again",
        ))
    }

    async fn events(&self, run: &RunId, after: i64, limit: u32) -> Result<Vec<RunEvent>, Error> {
        let statement = sql(format!(
            "select {COLUMNS} from run_events where run_id = $1 and seq > $2 order by seq limit $3"
        ));
        let statement = statement
            .bind(run.as_str())
            .bind(after)
            .bind(i64::from(limit));
        statement.all(&mut *self.read().await?).await
    }

    async fn events_before(
        &self,
        run: &RunId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RunEvent>, Error> {
        let statement = sql(format!(
            "select {COLUMNS} from run_events where run_id = $1 and seq < $2
             order by seq desc limit $3"
        ));
        let statement = statement
            .bind(run.as_str())
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::from(limit));
        let mut events: Vec<RunEvent> = statement.all(&mut *self.read().await?).await?;
        events.reverse();
        Ok(events)
    }

    async fn journal(&self, run: &RunId, after: i64, limit: u32) -> Result<Vec<RunEvent>, Error> {
        let statement = sql(format!(
            "select {COLUMNS} from run_events where run_id = $1 and journal_seq > $2
             order by journal_seq limit $3"
        ));
        let statement = statement
            .bind(run.as_str())
            .bind(after)
            .bind(i64::from(limit));
        statement.all(&mut *self.read().await?).await
    }
}

fn count<T>(items: &[T]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}

/// How far the engine's journal is stored, if the attempt is under way.
async fn journal_seq(on: &mut Connection, run: &RunId, fence: Fence) -> Result<i64, Error> {
    let statement = sql("select journal_seq from runs
         where id = $1 and attempt = $2 and status = 'RUNNING'");
    let found = statement
        .bind(run.as_str())
        .bind(fence.0)
        .optional(on)
        .await?;
    found.ok_or_else(stale)
}

/// Adds events whose numbers the run's row has given away in this transaction: the first one's, and
/// that of its entry in the engine's journal, if they are such.
pub(super) async fn insert(
    on: &mut Connection,
    run: &RunId,
    (first, journal): (i64, Option<i64>),
    events: Vec<NewEvent>,
) -> Result<Vec<RunEvent>, Error> {
    let stored: Vec<RunEvent> = (first..)
        .zip(events)
        .map(|(seq, event)| RunEvent {
            id: EventId::new(),
            run_id: run.clone(),
            seq,
            ts: event.ts,
            kind: event.kind,
            payload: event.payload,
        })
        .collect();
    let mut left = stored.as_slice();
    for size in ROWS {
        while left.len() >= size {
            let (rows, rest) = left.split_at(size);
            insert_rows(on, rows, journal.map(|journal| journal - first)).await?;
            left = rest;
        }
    }
    Ok(stored)
}

/// Adds rows by one statement. An entry's number in the journal is `offset` more than the event's.
async fn insert_rows(
    on: &mut Connection,
    rows: &[RunEvent],
    offset: Option<i64>,
) -> Result<(), Error> {
    let mut statement = sql(format!(
        "insert into run_events ({COLUMNS}, journal_seq) values "
    ));
    for (place, event) in rows.iter().enumerate() {
        let before = if place == 0 { "(" } else { ", (" };
        statement = statement
            .push(before)
            .push_bind(event.run_id.as_str())
            .push(", ")
            .push_bind(event.seq)
            .push(", ")
            .push_bind(event.id.as_str())
            .push(", ")
            .push_bind(event.ts.as_millis())
            .push(", ")
            .push_bind(event.kind.as_str())
            .push(", ")
            .push_bind(row::json(&event.payload)?)
            .push(", ")
            .push_bind(offset.map(|offset| event.seq + offset))
            .push(")");
    }
    statement.execute(on).await?;
    Ok(())
}
