//! What stands on a log, checked as every reader checks it, and decided once more.

use codec::{
    Commit, DomainEvent,
    chain::Chain,
    event::{decode, recorded},
    sign::Keyring,
};
use command::Receipt;
use domain::{Aggregate, Facts, Vocabulary as _};
use event_log::{EventLog, Limit, Record, Scope};
use uuid::Uuid;

/// Every commit of a log, each continuing its aggregate and signed by a writer in force.
pub(crate) async fn history(log: &dyn EventLog) -> Vec<(Record, Commit)> {
    let (mut chain, mut keyring) = (Chain::default(), Keyring::new(log.log_id()));
    let mut read = Vec::new();
    loop {
        let records = log.read(&Scope::All, read.len() as u64, Limit::default()).await.unwrap();
        if records.is_empty() {
            return read;
        }
        for record in records {
            assert_eq!(record.position, read.len() as u64 + 1);
            let commit = Commit::decode(&record.body).unwrap();
            chain.accept(&record, &commit).unwrap();
            let events = commit.events.iter().map(|event| DomainEvent::decode(&record.subject, event));
            let events: Vec<_> = events.collect::<Result<_, _>>().unwrap();
            if record.position == 1 {
                keyring.learn(&events[0]).unwrap();
            }
            keyring.verify(&record, &commit).unwrap();
            events.iter().for_each(|event| keyring.learn(event).unwrap());
            read.push((record, commit));
        }
    }
}

/// The commits of one aggregate.
pub(crate) async fn commits<A: Aggregate>(log: &dyn EventLog, id: Uuid) -> Vec<Commit> {
    let subject = codec::subject::<A>(id);
    let all = history(log).await;
    all.into_iter().filter(|(record, _)| record.subject == subject).map(|(_, commit)| commit).collect()
}

/// The ids of the commands of an aggregate, in order.
pub(crate) async fn commands<A: Aggregate>(log: &dyn EventLog, id: Uuid) -> Vec<Uuid> {
    commits::<A>(log, id).await.iter().map(|commit| commit.command.id).collect()
}

/// Decides every commit of an aggregate once more, from what stands in it and from the history before it, and
/// returns the names of the commands.
pub(crate) fn decided_again<A: Aggregate>(commits: &[Commit]) -> Vec<String> {
    let mut state = A::default();
    let mut names = Vec::new();
    for commit in commits {
        let (name, data) = (&commit.command.name, &commit.command.data);
        assert_eq!(codec::sha256_hex(data.get().as_bytes()), commit.command.sha256, "{name}");
        let mut reader = serde_json::Deserializer::from_str(data.get());
        let command = A::Command::deserialize_data(name, &mut reader).unwrap().unwrap();
        assert_eq!(codec::event::data(&command).get(), data.get(), "{name}");
        let facts: Facts = serde_json::from_str(commit.facts.get()).unwrap();
        let stored = commit.events.iter().map(|event| decode::<A>(event).unwrap());
        let stored: Vec<A::Event> = stored.collect();
        assert_eq!(state.decide(&command, &facts), Ok(stored.clone()), "{name}");
        for (event, as_stored) in stored.iter().zip(&commit.events) {
            state.evolve(event, &recorded(commit, as_stored.id));
        }
        names.push(name.clone());
    }
    names
}

/// What the giver of a command should have been told, as the log has it.
pub(crate) async fn receipt(log: &dyn EventLog, request_id: Uuid) -> Receipt {
    let all = history(log).await;
    let mut done = all.iter().filter(|(_, commit)| commit.command.id == request_id);
    let (Some((record, commit)), None) = (done.next(), done.next()) else { panic!("recorded once") };
    let events = commit.events.iter().map(|event| (event.id.uuid(), event.name.clone(), event.schema));
    Receipt {
        version: commit.last_version(),
        position: record.position,
        duplicate: false,
        commit_id: Some(commit.commit_id),
        recorded_at: commit.recorded_at.to_string(),
        events: events.collect(),
        validated: vec![],
    }
}
