//! A log in memory, for tests of the layers above: the same conformance suite as the real one.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Append, AppendError, BODY_BYTES_MAX, EventLog, Limit, ReadError, Record, Scope, Subject};

/// Commits in a vector; positions are indexes plus one.
pub struct MemoryLog {
    log_id: Uuid,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    records: Vec<Record>,
    last: HashMap<Subject, u64>,
}

impl MemoryLog {
    pub fn new(log_id: Uuid) -> Self {
        Self { log_id, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn covers(scope: &Scope, subject: &Subject) -> bool {
    match scope {
        Scope::All => true,
        Scope::Area(area) => subject.area() == *area,
        Scope::Stream(stream) => subject == stream,
    }
}

#[async_trait]
impl EventLog for MemoryLog {
    fn log_id(&self) -> Uuid {
        self.log_id
    }

    async fn append(&self, commit: Append) -> Result<u64, AppendError> {
        let Append { subject, expected, headers, body } = commit;
        if body.len() > BODY_BYTES_MAX {
            return Err(AppendError::TooLarge { subject, bytes: body.len() });
        }
        let mut state = self.state();
        let last = state.last.get(&subject).copied().unwrap_or(0);
        if last != expected {
            let repeated = state
                .records
                .iter()
                .find(|r| r.subject == subject && r.headers.commit_id == headers.commit_id);
            return match repeated {
                Some(record) if record.body == body => Ok(record.position),
                _ => Err(AppendError::Conflict { subject }),
            };
        }
        let position = state.records.len() as u64 + 1;
        state.last.insert(subject.clone(), position);
        state.records.push(Record { position, stored_at: OffsetDateTime::now_utc(), subject, headers, body });
        Ok(position)
    }

    async fn read(&self, scope: &Scope, after: u64, limit: Limit) -> Result<Vec<Record>, ReadError> {
        let state = self.state();
        let from = usize::try_from(after).unwrap_or(usize::MAX).min(state.records.len());
        let mut bytes = 0;
        let fits = |record: &&Record| {
            bytes += record.body.len();
            bytes <= limit.bytes || bytes == record.body.len()
        };
        let matching = state.records[from..].iter().filter(|r| covers(scope, &r.subject));
        Ok(matching.take(limit.count).take_while(fits).cloned().collect())
    }

    async fn get(&self, position: u64) -> Result<Option<Record>, ReadError> {
        let index = usize::try_from(position).ok().and_then(|p| p.checked_sub(1));
        Ok(index.and_then(|i| self.state().records.get(i).cloned()))
    }

    async fn last(&self, scope: &Scope) -> Result<Option<Record>, ReadError> {
        Ok(self.state().records.iter().rev().find(|r| covers(scope, &r.subject)).cloned())
    }

    async fn head(&self) -> Result<u64, ReadError> {
        Ok(self.state().records.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_memory_log_keeps_every_promise_of_a_log() {
        crate::conformance::run(MemoryLog::new(Uuid::from_u128(1))).await;
    }
}
