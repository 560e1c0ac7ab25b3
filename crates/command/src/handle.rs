//! One command's whole way: recognise, authorise, decide, append, answer.

use std::{sync::Arc, time::Duration};

use access::{Authorised, Directory, Gate, Principal, Wish};
use codec::event::data;
use contract::status::Violation;
use domain::{
    Actor, Aggregate, Command as _, Facts, Role, Vocabulary as _, calendar::civil_date, values::Timestamp,
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
        // Taken out while it is worked on: after any failure the next command reads the history again.
        let folded = held.take();
        let (outcome, folded) = self.settle(&asked, folded).await;
        *held = folded;
        outcome
    }

    async fn settle<A: Aggregate>(
        &self,
        asked: &Asked<'_, A>,
        folded: Option<Folded<A>>,
    ) -> (Result<Receipt, Refusal>, Option<Folded<A>>) {
        let mut folded = match folded {
            Some(folded) => folded,
            // A creation expects nothing: if something is there after all, the append will say so.
            None if asked.command.creates() => Folded::default(),
            None => match self.load(&asked.subject).await {
                Ok(folded) => folded,
                Err(refusal) => return (Err(refusal), None),
            },
        };
        let mut attempt = 1;
        // Whether this attempt rests on what the leader said last, of the stream and of who may.
        let mut confirmed = false;
        loop {
            match self.attempt(asked, &mut folded).await {
                Ok(receipt) => return (Ok(receipt), Some(folded)),
                Err(Setback::Refused(_) | Setback::Nothing(_)) if !confirmed => {}
                Err(Setback::Refused(refusal)) => {
                    let seen = self.as_seen(asked, &folded, refusal).await;
                    return (Err(seen), Some(folded));
                }
                Err(Setback::Nothing(receipt)) => return (Ok(*receipt), Some(folded)),
                Err(Setback::Overtaken) if attempt < ATTEMPTS_MAX => {
                    attempt += 1;
                    tokio::time::sleep(ATTEMPT_WAIT.mul_f64(jitter())).await;
                }
                Err(Setback::Overtaken) => return (Err(Refusal::of("CONCURRENT_APPEND")), None),
                Err(Setback::Failed(refusal)) => return (Err(refusal), None),
            }
            if let Err(refusal) = folded.catch_up(&*self.log, &asked.subject, &self.keys).await {
                return (Err(refusal), None);
            }
            if let Err(error) = self.gate.authority().catch_up().await {
                return (Err(Status::from(error).into()), Some(folded));
            }
            confirmed = true;
        }
    }

    async fn attempt<A: Aggregate>(
        &self,
        asked: &Asked<'_, A>,
        folded: &mut Folded<A>,
    ) -> Result<Receipt, Setback> {
        let header = &asked.order.asked.header;
        if let Some(done) = folded.commands.get(&header.request_id) {
            return repeated(asked, done).map_err(Setback::Failed);
        }
        let authorised = self.authorise(asked, folded).await;
        let (authorised, directory) = authorised.map_err(|denied| Setback::Refused(denied.into()))?;
        expected_version(asked, folded.version())?;
        let facts = facts(asked, &authorised, &directory)?;
        let events = folded.state.decide(&asked.command, &facts).map_err(|r| Setback::Refused(r.into()))?;
        let unchanged = || Receipt { version: folded.version(), ..Receipt::default() };
        if events.is_empty() {
            return Err(Setback::Nothing(Box::new(unchanged())));
        }
        if header.validate_only {
            let kinds = events.iter().map(|e| (Uuid::nil(), e.kind().name.to_owned(), e.kind().schema));
            let validated = events.iter().map(|event| data(event).get().to_owned()).collect();
            return Ok(Receipt { events: kinds.collect(), validated, ..unchanged() });
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
        let commit = commit.map_err(Setback::Failed)?;
        let append = record::signed(&decision, &commit, &self.signer);
        let body = append.body.clone();
        match self.log.append(append).await {
            Ok(position) => folded.appended(position, &body, &commit).map_err(Setback::Failed)?,
            Err(AppendError::Conflict { .. }) => return Err(Setback::Overtaken),
            Err(error) => return Err(Setback::Failed(error.into())),
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

    async fn load<A: Aggregate>(&self, subject: &Subject) -> Result<Folded<A>, Refusal> {
        let mut folded = Folded::default();
        folded.read_on(&*self.log, subject, &self.keys).await?;
        Ok(folded)
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
                let directory = self.gate.authority().directory();
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
    /// Refused on what is known; final once the leader confirms that nothing newer is there.
    Refused(Refusal),
    /// It holds already; final under the same condition.
    Nothing(Box<Receipt>),
    /// Another commit came first.
    Overtaken,
    /// Final at once.
    Failed(Refusal),
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

fn facts<A: Aggregate>(
    asked: &Asked<'_, A>,
    authorised: &Authorised,
    directory: &Directory,
) -> Result<Facts, Setback> {
    let today = civil_date(asked.now);
    let effective_on = asked.order.asked.header.effective_on.unwrap_or(today);
    if effective_on > today || (effective_on < today && !authorised.may_import) {
        let wrong = Violation::new("VALIDATION_RANGE").at("header.effective_on");
        return Err(Setback::Refused(wrong.with("min", today).with("max", today).into()));
    }
    let named = asked.command.references();
    let units = named.units.iter().filter_map(|unit| Some((*unit, directory.unit_fact(*unit)?)));
    let people =
        named.people.iter().filter_map(|person| Some((*person, directory.person_fact(*person, today)?)));
    Ok(Facts {
        subject_id: asked.subject.id(),
        now: asked.now,
        today,
        effective_on,
        actor: authorised.actor.clone(),
        grant: authorised.grant,
        delegation: authorised.delegation,
        may_import: authorised.may_import,
        units: units.collect(),
        people: people.collect(),
    })
}

/// A random fraction, from 0 to 1.
fn jitter() -> f64 {
    let byte = Uuid::new_v4().as_bytes()[0];
    f64::from(byte) / 255.0
}
