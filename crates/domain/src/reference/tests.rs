//! What holds for any history and any command of units, people's access, keys and policies.

use proptest::prelude::{Just, Strategy, prop, prop_oneof, proptest};
use uuid::Uuid;

use super::{org_unit, person_access, policy_set, writer_key};
use crate::{
    Aggregate, Facts, Recorded, Role, UnitFact,
    scenario::{day, facts, person, unit},
    values::{CivilDate, DelegationId, EventId, GrantId, Language, LocalizedText, Private},
};

fn fold<A: Aggregate>(aggregate: &mut A, events: &[A::Event], facts: &Facts) {
    for event in events {
        let event_id = EventId::new(Uuid::from_u128(1)).unwrap();
        let (effective_on, recorded_at, by) = (facts.effective_on, facts.now, facts.actor.human());
        aggregate.evolve(event, &Recorded { event_id, effective_on, recorded_at, by });
    }
}

/// Each command of a life is answered, and what it added is not added by asking again.
fn asked_twice_adds_nothing<A: Aggregate>(history: &[A::Event], life: &[A::Command], facts: &Facts) {
    let mut aggregate = A::default();
    fold(&mut aggregate, history, facts);
    for command in life {
        let Ok(events) = aggregate.decide(command, facts) else { continue };
        fold(&mut aggregate, &events, facts);
        assert!(aggregate.decide(command, facts).is_ok_and(|again| again.is_empty()), "{command:?}");
    }
}

fn moment() -> impl Strategy<Value = Facts> {
    let roles = prop::sample::select(vec![Role::Admin, Role::MinistryDg]);
    (1..4u128, roles).prop_map(|(who, role)| {
        let mut facts = facts();
        let known = |n, active| (unit(n), UnitFact { ministry: unit(1), active });
        facts.units = [known(1, true), known(2, true), known(3, false)].into();
        facts.actor.person = Some(person(who));
        facts.actor.role = role;
        facts.grant = GrantId::new(Uuid::from_u128(who));
        facts
    })
}

fn on() -> impl Strategy<Value = CivilDate> {
    prop::sample::select(vec![day("2026-11-01"), day("2026-11-24"), day("2026-12-31"), day("2027-06-01")])
}

fn name() -> impl Strategy<Value = LocalizedText> {
    prop::sample::select(vec!["Health", "Care"]).prop_map(|en| LocalizedText {
        he: None,
        en: Some(en.to_owned()),
        ar: None,
        source_lang: Language::English,
    })
}

fn few<T: std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(one, 0..12)
}

fn of_units() -> impl Strategy<Value = (org_unit::Event, org_unit::Command)> {
    use org_unit::*;
    (0..4u8, 1..5u128, name(), on()).prop_map(|(n, other, name, from)| {
        let (code, kind, parent) = ("MOH".to_owned(), UnitKind::Department, Some(unit(other)));
        let into = unit(other);
        match n {
            0 => (
                Registered { code: code.clone(), kind, name: name.clone(), parent, from }.into(),
                Register { code, kind, name, parent, from }.into(),
            ),
            1 => (Renamed { name: name.clone(), from }.into(), Rename { name, from }.into()),
            2 => (Merged { into, from }.into(), Merge { into, from }.into()),
            _ => (Closed { from }.into(), Close { from }.into()),
        }
    })
}

fn of_access() -> impl Strategy<Value = (person_access::Event, person_access::Command)> {
    use person_access::*;
    let roles = prop::sample::select(vec![Role::Admin, Role::Manager, Role::Employee]);
    (0..5u8, 1..4u128, roles, on(), on()).prop_map(|(n, id, role, from, to)| {
        let grant_id = GrantId::new(Uuid::from_u128(id)).unwrap();
        let delegation_id = DelegationId::new(Uuid::from_u128(id)).unwrap();
        let (org_unit, reason, commands) =
            (unit(id), "moved".to_owned(), vec!["AcceptInitiative".to_owned()]);
        let (display_name, delegator) = (Private { private_mac: id.to_string() }, person(id));
        match n {
            0 => (
                Registered { display_name: display_name.clone(), email: None, unit: org_unit }.into(),
                Register { display_name, email: None, unit: org_unit }.into(),
            ),
            1 => (
                RoleGranted { grant_id, role, org_unit, from, to: Some(to), may_import: false }.into(),
                GrantRole { grant_id, role, org_unit, from, to: Some(to), may_import: false }.into(),
            ),
            2 => (
                RoleRevoked { grant_id, reason: reason.clone() }.into(),
                RevokeRole { grant_id, reason }.into(),
            ),
            3 => {
                let asked = DelegateAuthority { delegation_id, commands: commands.clone(), from, to };
                let delegated = AuthorityDelegated {
                    delegation_id,
                    delegator,
                    grant_id,
                    role,
                    org_unit,
                    commands,
                    from,
                    to,
                };
                (delegated.into(), asked.into())
            }
            _ => (DelegationRevoked { delegation_id }.into(), RevokeDelegation { delegation_id }.into()),
        }
    })
}

fn of_keys() -> impl Strategy<Value = (writer_key::Event, writer_key::Command)> {
    use writer_key::*;
    let text = prop::sample::select(vec!["0a", "0b"]);
    prop_oneof![Just(true), Just(false)].prop_flat_map(move |enrols| {
        text.clone().prop_map(move |text| {
            let (key_id, public_key, reason) = (text.to_owned(), "AAAA".to_owned(), text.to_owned());
            if enrols {
                let asked = Enrol { key_id: key_id.clone(), public_key: public_key.clone() };
                (Enrolled { key_id, public_key }.into(), asked.into())
            } else {
                (Revoked { key_id, reason: reason.clone() }.into(), Revoke { reason }.into())
            }
        })
    })
}

fn of_policies() -> impl Strategy<Value = (policy_set::Event, policy_set::Command)> {
    use policy_set::*;
    prop::sample::select(vec!["a", "b"]).prop_map(|sha256| {
        let (sha256, schema, policies) = (sha256.to_owned(), String::new(), String::new());
        let asked = Activate { sha256: sha256.clone(), schema: schema.clone(), policies: policies.clone() };
        (Activated { sha256, schema, policies }.into(), asked.into())
    })
}

proptest! {
    #[test]
    fn units_answer_any_command_after_any_history_and_add_nothing_twice(
        history in few(of_units()), life in few(of_units()), moment in moment(),
    ) {
        let (history, life): (Vec<_>, Vec<_>) = (only_events(history), only_commands(life));
        asked_twice_adds_nothing::<org_unit::OrgUnit>(&history, &life, &moment);
    }

    #[test]
    fn access_answers_any_command_after_any_history_and_adds_nothing_twice(
        history in few(of_access()), life in few(of_access()), moment in moment(),
    ) {
        let (history, life): (Vec<_>, Vec<_>) = (only_events(history), only_commands(life));
        asked_twice_adds_nothing::<person_access::PersonAccess>(&history, &life, &moment);
    }

    #[test]
    fn keys_answer_any_command_after_any_history_and_add_nothing_twice(
        history in few(of_keys()), life in few(of_keys()), moment in moment(),
    ) {
        let (history, life): (Vec<_>, Vec<_>) = (only_events(history), only_commands(life));
        asked_twice_adds_nothing::<writer_key::WriterKey>(&history, &life, &moment);
    }

    #[test]
    fn policies_answer_any_command_after_any_history_and_add_nothing_twice(
        history in few(of_policies()), life in few(of_policies()), moment in moment(),
    ) {
        let (history, life): (Vec<_>, Vec<_>) = (only_events(history), only_commands(life));
        asked_twice_adds_nothing::<policy_set::PolicySet>(&history, &life, &moment);
    }
}

fn only_events<E, C>(pairs: Vec<(E, C)>) -> Vec<E> {
    pairs.into_iter().map(|(event, _)| event).collect()
}

fn only_commands<E, C>(pairs: Vec<(E, C)>) -> Vec<C> {
    pairs.into_iter().map(|(_, command)| command).collect()
}
