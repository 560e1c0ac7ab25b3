//! Given a history, when a command, then events, nothing, or refusals: the form of every rule's test.

use crate::{
    Actor, Aggregate, Facts, Reason, Recorded, Rejection, Rejections, Role,
    values::{CivilDate, EventId, OrgUnitId, PersonRef, Timestamp},
};
use uuid::Uuid;

/// The history of an aggregate, and the facts of the moment.
pub struct Scenario<A: Aggregate> {
    state: A,
    events: u128,
    facts: Facts,
}

/// A scenario whose history is these events, all of today, decided by the person 1; the n-th has the event id n.
pub fn given<A: Aggregate>(history: impl IntoIterator<Item = A::Event>) -> Scenario<A> {
    let mut scenario = Scenario { state: A::default(), events: 0, facts: facts() };
    for event in history {
        scenario.fold(&event);
    }
    scenario
}

/// The facts of a test: 24 November 2026, the person 1, an employee of the unit 1; the subject has the id 0x300.
pub fn facts() -> Facts {
    let now: Timestamp = "2026-11-24T08:00:00.000000Z".parse().expect("a moment");
    let today = crate::calendar::civil_date(now);
    let actor = Actor {
        person: Some(person(1)),
        system: None,
        role: Role::Employee,
        unit: Some(unit(1)),
        on_behalf_of: None,
    };
    Facts {
        subject_id: Uuid::from_u128(0x300),
        now,
        today,
        effective_on: today,
        actor,
        grant: None,
        delegation: None,
        may_import: false,
        units: [].into(),
        people: [].into(),
    }
}

/// The n-th person of a test.
pub fn person(n: u128) -> PersonRef {
    PersonRef::new(Uuid::from_u128(0x100 + n)).expect("not nil")
}

/// The n-th unit of a test.
pub fn unit(n: u128) -> OrgUnitId {
    OrgUnitId::new(Uuid::from_u128(0x200 + n)).expect("not nil")
}

/// A day of a test.
pub fn day(text: &str) -> CivilDate {
    text.parse().expect("a day")
}

impl<A: Aggregate> Scenario<A> {
    fn fold(&mut self, event: &A::Event) {
        self.events += 1;
        let event_id = EventId::new(Uuid::from_u128(self.events)).expect("not nil");
        let recorded = Recorded {
            event_id,
            effective_on: self.facts.effective_on,
            recorded_at: self.facts.now,
            by: self.facts.actor.human(),
        };
        self.state.evolve(event, &recorded);
    }

    /// The same with other facts.
    #[must_use]
    pub fn knowing(mut self, change: impl FnOnce(&mut Facts)) -> Self {
        change(&mut self.facts);
        self
    }

    /// The same, acted by a person in a role.
    #[must_use]
    pub fn by(self, who: PersonRef, role: Role) -> Self {
        self.knowing(|facts| {
            facts.actor.person = Some(who);
            facts.actor.role = role;
        })
    }

    /// Decides.
    pub fn when(self, command: impl Into<A::Command>) -> Outcome<A> {
        let result = self.state.decide(&command.into(), &self.facts);
        Outcome { scenario: self, result }
    }
}

/// What a command led to.
pub struct Outcome<A: Aggregate> {
    scenario: Scenario<A>,
    result: Result<Vec<A::Event>, Rejections>,
}

impl<A: Aggregate> Outcome<A> {
    /// Exactly these events, which lead on to the next step of the story.
    ///
    /// # Panics
    /// When the outcome is another.
    #[track_caller]
    pub fn then(mut self, expected: impl IntoIterator<Item = A::Event>) -> Scenario<A> {
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(self.result, Ok(expected.clone()));
        for event in &expected {
            self.scenario.fold(event);
        }
        self.scenario
    }

    /// Accepted, adding nothing: it already holds.
    ///
    /// # Panics
    /// When the outcome is another.
    #[track_caller]
    pub fn then_nothing(self) -> Scenario<A> {
        self.then([])
    }

    /// Accepted with some events, whatever they are, folded into the story.
    ///
    /// # Panics
    /// When it was refused or added nothing.
    #[track_caller]
    pub fn then_accepted(self) -> Scenario<A> {
        let events = self.result.clone().expect("accepted");
        assert!(!events.is_empty(), "accepted, but nothing was added");
        self.then(events)
    }

    /// Refused for exactly these reasons, in this order.
    ///
    /// # Panics
    /// When the outcome is another.
    #[track_caller]
    pub fn then_refused(self, reasons: &[Reason]) {
        let refused = self.result.map_err(|r| r.all().iter().map(|one| one.reason).collect::<Vec<_>>());
        assert_eq!(refused, Err(reasons.to_vec()));
    }

    /// Refused with exactly this, its field and parameters included.
    ///
    /// # Panics
    /// When the outcome is another.
    #[track_caller]
    pub fn then_rejected(self, rejection: Rejection) {
        assert_eq!(self.result, Err(Rejections::from(rejection)));
    }
}
