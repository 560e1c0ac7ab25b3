//! The line to the log, as one process has it: it counts what is asked, and fails as a network does.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use event_log::{Append, AppendError, EventLog, Limit, ReadError, Record, Scope};
use futures::future::BoxFuture;
use tokio::sync::oneshot;
use uuid::Uuid;

/// How often what was asked of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) append: u32,
    pub(crate) read: u32,
    pub(crate) last: u32,
    pub(crate) other: u32,
}

/// What becomes of one append.
pub(crate) enum Fault {
    /// It is stored, and no ack comes.
    AckLost,
    /// It is lost on the way, and nobody can tell.
    SendLost,
    /// It surely was not sent.
    Away,
    /// It is stored, of which the test hears, and its ack waits for the test.
    AckHeld(oneshot::Sender<()>, oneshot::Receiver<()>),
    /// Something happens first.
    After(BoxFuture<'static, ()>),
}

/// A log behind a line.
pub(crate) struct Line {
    log: Mutex<Arc<dyn EventLog>>,
    calls: Mutex<Calls>,
    appends: Mutex<VecDeque<Fault>>,
    /// The replica that answers the next reads has nothing after a position.
    lag: Mutex<Option<(u64, u32)>>,
}

impl Line {
    pub(crate) fn to(log: Arc<dyn EventLog>) -> Self {
        Self {
            log: Mutex::new(log),
            calls: Mutex::default(),
            appends: Mutex::default(),
            lag: Mutex::default(),
        }
    }

    /// What was asked since this was called last.
    pub(crate) fn calls(&self) -> Calls {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    /// What becomes of the appends that follow, one after another.
    pub(crate) fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.appends.lock().unwrap().extend(faults);
    }

    /// So many of the next reads are answered by a replica that has nothing after a position.
    pub(crate) fn lag(&self, position: u64, reads: u32) {
        *self.lag.lock().unwrap() = Some((position, reads));
    }

    /// The servers now hold another log.
    pub(crate) fn lead_to(&self, log: Arc<dyn EventLog>) {
        *self.log.lock().unwrap() = log;
    }

    fn log(&self) -> Arc<dyn EventLog> {
        self.log.lock().unwrap().clone()
    }

    fn count(&self, what: impl FnOnce(&mut Calls)) {
        what(&mut self.calls.lock().unwrap());
    }

    fn horizon(&self) -> u64 {
        let mut lag = self.lag.lock().unwrap();
        let Some((position, reads)) = *lag else { return u64::MAX };
        *lag = (reads > 1).then(|| (position, reads - 1));
        position
    }
}

#[async_trait]
impl EventLog for Line {
    fn log_id(&self) -> Uuid {
        self.log().log_id()
    }

    async fn append(&self, commit: Append) -> Result<u64, AppendError> {
        self.count(|calls| calls.append += 1);
        let (subject, commit_id) = (commit.subject.clone(), commit.headers.commit_id);
        let unknown = || AppendError::Unknown { subject: subject.clone(), commit_id };
        // As on a network, others come and go meanwhile.
        tokio::task::yield_now().await;
        let fault = self.appends.lock().unwrap().pop_front();
        match fault {
            None => self.log().append(commit).await,
            Some(Fault::AckLost) => self.log().append(commit).await.and_then(|_| Err(unknown())),
            Some(Fault::SendLost) => Err(unknown()),
            Some(Fault::Away) => Err(AppendError::Unavailable { subject, reason: "away".to_owned() }),
            Some(Fault::AckHeld(stored, release)) => {
                let position = self.log().append(commit).await?;
                stored.send(()).unwrap();
                release.await.unwrap();
                Ok(position)
            }
            Some(Fault::After(first)) => {
                first.await;
                self.log().append(commit).await
            }
        }
    }

    async fn read(&self, scope: &Scope, after: u64, limit: Limit) -> Result<Vec<Record>, ReadError> {
        self.count(|calls| calls.read += 1);
        let horizon = self.horizon();
        let mut records = self.log().read(scope, after, limit).await?;
        records.retain(|record| record.position <= horizon);
        Ok(records)
    }

    async fn get(&self, position: u64) -> Result<Option<Record>, ReadError> {
        self.count(|calls| calls.other += 1);
        self.log().get(position).await
    }

    async fn last(&self, scope: &Scope) -> Result<Option<Record>, ReadError> {
        self.count(|calls| calls.last += 1);
        self.log().last(scope).await
    }

    async fn head(&self) -> Result<u64, ReadError> {
        self.count(|calls| calls.other += 1);
        self.log().head().await
    }
}
