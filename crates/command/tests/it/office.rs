//! One process of the command side, with its own caches and its own line to the log.

use std::sync::{Arc, LazyLock};

use access::{Access, Authority, Gate, Issuer, Persons, PolicySet, Tokens, gate::PersonsError};
use async_trait::async_trait;
use codec::sign::Signer;
use command::{
    Caller, Keys, Order, Receipt, Refusal, Shell,
    api::{Api, Keeps, Kept},
    parse::{self, Parse},
};
use domain::values::{PersonRef, Timestamp};
use event_log::EventLog;
use tokio_util::task::TaskTracker;
use vault::Vault;

use crate::{
    line::{Calls, Line},
    world::signer,
};

/// What the clock of every process shows.
pub(crate) const NOW: &str = "2026-11-24T09:30:00.123456Z";

static POLICIES: LazyLock<PolicySet> = LazyLock::new(|| PolicySet::embedded().unwrap());

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

#[derive(Clone)]
pub(crate) struct Office {
    pub(crate) api: Api,
    pub(crate) line: Arc<Line>,
}

impl Office {
    pub(crate) async fn open(log: Arc<dyn EventLog>, vault: Vault) -> Self {
        Self::made(vec![], signer(), log, vault).await
    }

    /// With issuers whose tokens count, and a key to sign with.
    pub(crate) async fn made(
        issuers: Vec<Issuer>,
        signer: Signer,
        log: Arc<dyn EventLog>,
        vault: Vault,
    ) -> Self {
        let tokens = Tokens::start(issuers).await.unwrap();
        // What the follower of grants asks is not what a command asks.
        let authority = Authority::start(log.clone()).await.unwrap();
        let access = Access::new(POLICIES.clone());
        let gate = Arc::new(Gate::new(tokens, authority, access, Arc::new(References(vault.clone()))));
        let line = Arc::new(Line::to(log));
        let keys = Keys::read(line.clone()).await.unwrap();
        let shell = Shell { log: line.clone(), keys, signer, vault, gate, clock: now };
        let api = Api { shell: Arc::new(shell), kept: Arc::new(Kept::default()), tasks: TaskTracker::new() };
        line.calls();
        Self { api, line }
    }

    /// A command, from the door on.
    pub(crate) async fn give<R>(&self, caller: &Caller, request: R) -> Result<Receipt, Refusal>
    where
        R: Parse,
        Kept: Keeps<R::Aggregate>,
    {
        let asked = parse::request(request).map_err(Refusal::from)?;
        let order = Order { caller: caller.clone(), asked, traceparent: None, causation_id: None };
        self.api.shell.carry_out(self.api.kept.streams(), &order).await
    }

    /// Why a command is refused.
    pub(crate) async fn refusal<R>(&self, caller: &Caller, request: R) -> String
    where
        R: Parse,
        Kept: Keeps<R::Aggregate>,
    {
        self.give(caller, request).await.expect_err("it is refused").reason()
    }

    pub(crate) fn calls(&self) -> Calls {
        self.line.calls()
    }
}

/// The vault as the keeper of people's references.
struct References(Vault);

#[async_trait]
impl Persons for References {
    async fn person_ref(&self, issuer: &str, subject: &str) -> Result<PersonRef, PersonsError> {
        let reference = self.0.person_ref(issuer, subject).await.map_err(|e| PersonsError(e.into()))?;
        Ok(PersonRef::new(reference).unwrap())
    }
}
