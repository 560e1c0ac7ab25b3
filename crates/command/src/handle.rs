//! One command's whole way: recognise, authorise, decide, append, answer.

use std::{sync::Arc, time::Duration};

use access::{Authorised, Directory, Gate, Principal, Wish, authority::LAG_MAX};
use codec::event::data;
use contract::status::Violation;
use domain::{
    Actor, Aggregate, Command as _, Facts, Role, Vocabulary,
    calendar::civil_date,
    values::{CivilDate, Timestamp},
};
use event_log::{AppendError, EventLog, Subject};
use serde_json::value::RawValue;
use tonic::Status;
use uuid::Uuid;
use vault::Vault;

use crate::{
    Keys, Refusal,
    parse::{Header, Parsed},
    record::{self, Clear, Decision},
    stream::{Done, Folded, Streams, caller},
};

/// How often a command is decided again after another one came first. Commands for one aggregate queue in
/// this process, so only other processes can come first; five of them in a row is a stampede that the
/// caller had better see.
const ATTEMPTS_MAX: u32 = 5;

/// The longest wait between two attempts; a random part of it spreads processes that collided.
const ATTEMPT_WAIT: Duration = Duration::from_millis(20);

/// What the command side needs, shared by all aggregates.
pub struct Shell {
    pub log: Arc<dyn EventLog>,
    pub keys: Keys,
    pub signer: codec::sign::Signer,
    pub vault: Vault,
    pub gate: Arc<Gate>,
    /// Microseconds since 1970: the one clock of the command side.
    pub clock: fn() -> Timestamp,
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Somebody with a token: authorised by the policies.
    Principal(Principal),
    /// A part of this system by its name, such as a process: what it may ask is fixed in code.
    Service(&'static str),
}

/// A command as it came through the door.
pub struct Order<A: Aggregate> {
    pub caller: Caller,
    pub asked: Parsed<A::Command>,
    pub traceparent: Option<String>,
    /// The event that caused it, when a process asks.
    pub causation_id: Option<Uuid>,
}

/// What a command led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    pub version: u64,
    /// 0 when nothing was added.
    pub position: u64,
    pub duplicate: bool,
    pub commit_id: Option<Uuid>,
    pub recorded_at: String,
    /// Id, type and schema of the events recorded.
    pub events: Vec<(Uuid, String, u16)>,
    /// Payloads, when nothing was to be recorded.
    pub validated: Vec<String>,
}

/// A command whose private texts have become their MACs.
struct Asked<'a, A: Aggregate> {
    order: &'a Order<A>,
    subject: Subject,
    now: Timestamp,
    command: A::Command,
    data: Box<RawValue>,
    sha256: String,
    clears: Vec<Clear>,
}

impl Shell {
    /// Carries out a command. Runs to its end even when the caller has gone: spawn it.
    ///
    /// # Errors
    /// Every reason why nothing was recorded; `OUTCOME_UNKNOWN` when that cannot be told.
    pub async fn carry_out<A: Aggregate>(
        &self,
        streams: &Streams<A>,
        order: &Order<A>,
    ) -> Result<Receipt, Refusal> {
        let asked = self.ask(order).await?;
        let place = streams.place(order.asked.header.aggregate_id).await;
        let mut held = place.lock().await;
        // Taken out while it is worked on: should we break off over it, the next command reads the history
        // again. A failure leaves it as good as it was, and a log that went back must not be forgotten.
        let mut folded = held.take().unwrap_or_default();
        let outcome = self.settle(&asked, &mut folded).await;
        *held = Some(folded);
        outcome
    }

    async fn settle<A: Aggregate>(
        &self,
        asked: &Asked<'_, A>,
        folded: &mut Folded<A>,
    ) -> Result<Receipt, Refusal> {
        let (log, keys) = (&*self.log, &self.keys);
        // A creation expects nothing: if something is there after all, the append will say so.
        if folded.head.is_none() && !asked.command.creates() {
            folded.read_on(log, &asked.subject, keys).await?;
        }
        let mut attempt = 1;
        // Whether the leader was asked since the command came: what is known then is good enough to refuse on.
        let mut confirmed = false;
        loop {
            match self.attempt(asked, folded).await {
                Ok(receipt) => return Ok(receipt),
                Err(Setback::Final(refusal)) => return Err(refusal),
                Err(Setback::Refused(refusal)) if confirmed => {
                    return Err(self.as_seen(asked, folded, refusal).await);
                }
                Err(Setback::Nothing(receipt)) if confirmed => return Ok(*receipt),
                Err(Setback::Refused(_) | Setback::Nothing(_)) => {
                    self.gate.authority().catch_up().await.map_err(Status::from)?;
                    confirmed = true;
                }
                Err(Setback::Overtaken) if attempt < ATTEMPTS_MAX => {
                    attempt += 1;
                    tokio::time::sleep(ATTEMPT_WAIT.mul_f64(jitter())).await;
                }
                Err(Setback::Overtaken) => return Err(Refusal::of("CONCURRENT_APPEND")),
            }
            folded.catch_up(log, &asked.subject, keys).await?;
        }
    }

    async fn attempt<A: Aggregate>(
        &self,
        asked: &Asked<'_, A>,
        folded: &mut Folded<A>,
    ) -> Result<Receipt, Setback> {
        let header = &asked.order.asked.header;
        if let Some(done) = folded.commands.get(&header.request_id) {
            return repeated(asked, done).map_err(Setback::Final);
        }
        let authorised = self.authorise(asked, folded).await;
        let (authorised, directory) = authorised.map_err(|denied| Setback::Refused(denied.into()))?;
        expected_version(asked, folded.version())?;
        let facts = facts(asked, &authorised, &directory);
        let events = folded.state.decide(&asked.command, &facts).map_err(|r| Setback::Refused(r.into()))?;
        holds_on_that_day(&facts)?;
        if events.is_empty() || header.validate_only {
            return Err(Setback::Nothing(Box::new(unrecorded(folded.version(), &events))));
        }
        let decision = Decision {
            log_id: self.log.log_id(),
            subject: &asked.subject,
            head: folded.head.as_ref(),
            header,
            command_name: asked.command.kind().name,
            command_data: &asked.data,
            command_sha256: &asked.sha256,
            decider: A::NAME,
            authorised: &authorised,
            facts: &facts,
            causation_id: asked.order.causation_id,
            traceparent: asked.order.traceparent.as_deref(),
        };
        let commit = record::commit(&decision, &events, &asked.clears, &self.vault).await;
        let commit = commit.map_err(Setback::Final)?;
        let append = record::signed(&decision, &commit, &self.signer);
        let body = append.body.clone();
        match self.log.append(append).await {
            Ok(position) => folded.appended(position, &body, &commit).map_err(Setback::Final)?,
            Err(AppendError::Conflict { .. }) => return Err(Setback::Overtaken),
            Err(error) => return Err(Setback::Final(error.into())),
        }
        let done = folded.commands.get(&header.request_id).expect("it was just folded");
        Ok(receipt(done, false))
    }

    async fn ask<'a, A: Aggregate>(&self, order: &'a Order<A>) -> Result<Asked<'a, A>, Refusal> {
        let subject = codec::subject::<A>(order.asked.header.aggregate_id);
        let clears = record::macs(&order.asked.secrets, &subject, &self.vault).await?;
        let command = record::without_placeholders(&order.asked.command, &clears);
        let data = data(&command);
        let sha256 = codec::sha256_hex(data.get().as_bytes());
        Ok(Asked { order, subject, now: (self.clock)(), command, data, sha256, clears })
    }

    async fn authorise<A: Aggregate>(
        &self,
        asked: &Asked<'_, A>,
        folded: &Folded<A>,
    ) -> Result<(Authorised, Arc<Directory>), Status> {
        let header: &Header = &asked.order.asked.header;
        let principal = match &asked.order.caller {
            Caller::Principal(principal) => principal,
            Caller::Service(name) => {
                let directory = self.gate.authority().fresh(LAG_MAX)?;
                return Ok((self.service(name, &directory), directory));
            }
        };
        let wish = Wish {
            role: header.role,
            unit: header.unit,
            delegation: header.delegation,
            on_behalf_of: header.on_behalf_of,
            granted_role: asked.command.grants(),
        };
        let (name, unit) = (asked.command.kind().name, folded.state.unit(&asked.command));
        self.gate.authorise(principal, name, unit, &wish, civil_date(asked.now)).await
    }

    /// What the caller is told: nothing of what lies outside their read scope, not even that it is there.
    async fn as_seen<A: Aggregate>(
        &self,
        asked: &Asked<'_, A>,
        folded: &Folded<A>,
        refusal: Refusal,
    ) -> Refusal {
        let Caller::Principal(principal) = &asked.order.caller else { return refusal };
        let unit = folded.state.unit(&asked.command);
        let scoped = unit.is_some() || folded.version() == 0;
        if asked.command.creates() || !scoped || refusal.reason() == "ROLE_FORBIDDEN" {
            return refusal;
        }
        let whom = asked.order.asked.header.on_behalf_of.unwrap_or(principal.reference);
        let read = self.gate.read_scope(principal, "ReadPortfolio", civil_date(asked.now)).await;
        let visible = match (&read, unit) {
            (Ok((scope, _)), _) if scope.government => true,
            (Ok((scope, directory)), Some(unit)) => {
                scope.units.contains(&unit)
                    || directory
                        .ministry_of(unit)
                        .is_some_and(|ministry| scope.ministries.contains(&ministry))
                    || folded.state.concerns(whom)
            }
            (Ok(_), None) => false,
            // A system reads nothing for itself: it is told how its own commands fare, and no more.
            (Err(_), _) => refusal.reason() != "SCOPE_FORBIDDEN",
        };
        if visible { refusal } else { Refusal::of("NOT_FOUND") }
    }

    fn service(&self, name: &str, directory: &Directory) -> Authorised {
        let actor = Actor {
            person: None,
            system: Some(name.to_owned()),
            role: Role::System,
            unit: None,
            on_behalf_of: None,
        };
        Authorised {
            actor,
            grant: None,
            delegation: None,
            may_import: false,
            basis: "SERVICE",
            policy_ids: vec![],
            policy_set_sha256: self.gate.access().policies().sha256().to_owned(),
            position: directory.position(),
        }
    }
}

/// Why an attempt ended without a receipt.
enum Setback {
    /// Refused on what is known; final once the leader was asked.
    Refused(Refusal),
    /// Nothing is to be recorded, since it holds already or was only tried; final under the same condition.
    Nothing(Box<Receipt>),
    /// Another commit came first.
    Overtaken,
    /// Whatever the leader knows, it stays so.
    Final(Refusal),
}

fn repeated<A: Aggregate>(asked: &Asked<'_, A>, done: &Done) -> Result<Receipt, Refusal> {
    let same = done.name == asked.command.kind().name
        && done.sha256 == asked.sha256
        && done.caller == asked_by(asked);
    if same { Ok(receipt(done, true)) } else { Err(Refusal::of("COMMAND_ID_REUSED")) }
}

fn asked_by<A: Aggregate>(asked: &Asked<'_, A>) -> String {
    let (person, system) = match &asked.order.caller {
        Caller::Principal(principal) => match &principal.identity.system {
            Some(system) => (None, Some(system.clone())),
            None => (Some(principal.reference), None),
        },
        Caller::Service(name) => (None, Some((*name).to_owned())),
    };
    let on_behalf_of = asked.order.asked.header.on_behalf_of;
    caller(&Actor { person, system, role: Role::System, unit: None, on_behalf_of })
}

fn receipt(done: &Done, duplicate: bool) -> Receipt {
    Receipt {
        version: done.version,
        position: done.position,
        duplicate,
        commit_id: Some(done.commit_id),
        recorded_at: done.recorded_at.clone(),
        events: done.events.clone(),
        validated: vec![],
    }
}

/// What is answered when nothing is recorded: payloads only of what was tried.
fn unrecorded<E: Vocabulary>(version: u64, events: &[E]) -> Receipt {
    let kinds = events.iter().map(|event| (Uuid::nil(), event.kind().name.to_owned(), event.kind().schema));
    let validated = events.iter().map(|event| data(event).get().to_owned()).collect();
    Receipt { version, events: kinds.collect(), validated, ..Receipt::default() }
}

fn expected_version<A: Aggregate>(asked: &Asked<'_, A>, version: u64) -> Result<(), Setback> {
    match asked.order.asked.header.expected_version {
        Some(expected) if expected != version => {
            let conflict = Violation::new("VERSION_CONFLICT");
            Err(Setback::Refused(
                conflict.with("current_version", version).with("expected_version", expected).into(),
            ))
        }
        None if asked.command.needs_expected_version() => {
            let required = Violation::new("EXPECTED_VERSION_REQUIRED").at("header.expected_version");
            Err(Setback::Refused(required.into()))
        }
        Some(_) | None => Ok(()),
    }
}

fn facts<A: Aggregate>(asked: &Asked<'_, A>, authorised: &Authorised, directory: &Directory) -> Facts {
    let today = civil_date(asked.now);
    let named = asked.command.references();
    let units = named.units.iter().filter_map(|unit| Some((*unit, directory.unit_fact(*unit)?)));
    let people =
        named.people.iter().filter_map(|person| Some((*person, directory.person_fact(*person, today)?)));
    Facts {
        subject_id: asked.subject.id(),
        now: asked.now,
        today,
        effective_on: asked.order.asked.header.effective_on.unwrap_or(today),
        actor: authorised.actor.clone(),
        grant: authorised.grant,
        delegation: authorised.delegation,
        may_import: authorised.may_import,
        units: units.collect(),
        people: people.collect(),
    }
}

/// An initiative judges the day itself, together with all else that is unmet; nothing else is recorded for
/// another day than today either, unless history is imported.
fn holds_on_that_day(facts: &Facts) -> Result<(), Setback> {
    let refuse = |violation: Violation| Err(Setback::Refused(violation.at("header.effective_on").into()));
    if facts.effective_on > facts.today {
        let range = Violation::new("VALIDATION_RANGE");
        return refuse(range.with("min", CivilDate::FIRST).with("max", facts.today));
    }
    if facts.effective_on < facts.today && !facts.may_import {
        return refuse(Violation::new("IMPORT_GRANT_REQUIRED"));
    }
    Ok(())
}

/// A random fraction, from 0 to 1.
fn jitter() -> f64 {
    let byte = Uuid::new_v4().as_bytes()[0];
    f64::from(byte) / 255.0
}
