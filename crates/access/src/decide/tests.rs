//! Who may do what where, in tables.

use std::collections::BTreeSet;

use domain::reference::person_access::RoleGranted;
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::fixture::{Government, day, delegation_id, grant_id, granted, person, unit};

const TODAY: &str = "2026-06-15";
const SYSTEMS: [&str; 4] = ["moh-system", "gmpp", "moh-import", "posing-system"];

fn government() -> Government {
    let mut government = Government::with_ministries();
    for (name, role, code) in [
        ("nurse", Role::Employee, "HOSP"),
        ("teacher", Role::Employee, "SCHOOL"),
        ("manager", Role::Manager, "HOSP"),
        ("lead", Role::MinistryLead, "MOH"),
        ("dg", Role::MinistryDg, "MOH"),
        ("pm", Role::CogPm, "PMO"),
        ("board", Role::CogBoard, "PMO"),
        ("resolver", Role::BarrierResolver, "PMO"),
        ("auditor", Role::Auditor, "PMO"),
        ("admin", Role::Admin, "PMO"),
        ("posing-person", Role::Integration, "MOH"),
        ("posing-system", Role::Manager, "MOH"),
        ("moh-system", Role::Integration, "MOH"),
    ] {
        government.grants(name, role, code);
    }
    for (name, code) in [("gmpp", "PMO"), ("moh-import", "MOH")] {
        let grant = RoleGranted { may_import: true, ..granted(name, Role::Integration, code) };
        government.access(name, grant);
    }
    government.delegates("dg", "deputy", &["AcceptInitiative", "DelegateAuthority"]);
    government.delegates("dg", "nurse", &["DeclineInitiative"]);
    government
}

fn principal(name: &str) -> Principal {
    Principal {
        identity: Identity {
            issuer: "https://login.example".to_owned(),
            subject: name.to_owned(),
            system: SYSTEMS.contains(&name).then(|| name.to_owned()),
            token_id: None,
        },
        reference: person(name),
        root: name == "root",
    }
}

fn access() -> Access {
    Access::new(PolicySet::embedded().unwrap())
}

/// What a row of a table expects: role, basis, policies; or why not.
type Expected = Result<(Role, &'static str, Vec<String>), Denied>;

fn ask(access: &Access, name: &str, command: &str, code: &str, wish: &Wish) -> Expected {
    let unit = (!code.is_empty()).then(|| unit(code));
    let government = government();
    let answer = access.authorise(&government.directory, &principal(name), command, unit, wish, day(TODAY));
    answer.map(|allowed| (allowed.actor.role, allowed.basis, allowed.policy_ids))
}

fn allowed(role: Role, basis: &'static str, policy: &str) -> Expected {
    Ok((role, basis, vec![policy.to_owned()]))
}

#[test]
fn each_role_does_what_it_is_for_and_where() {
    use Denied::{Role as NoRole, Scope};
    let access = access();
    let by = |role, policy| allowed(role, "GRANT", policy);
    let rows = [
        ("nurse", "ProposeInitiative", "MOH", by(Role::Employee, "employee-proposes")),
        ("nurse", "ProposeInitiative", "HOSP", by(Role::Employee, "employee-proposes")),
        ("nurse", "ProposeInitiative", "MOE", Err(Scope)),
        ("nurse", "ProposeInitiative", "", Err(Scope)),
        ("nurse", "ProposeInitiative", "nowhere", Err(Scope)),
        ("nurse", "AcceptInitiative", "MOH", Err(NoRole)),
        ("nurse", "AcceptInitiative", "MOE", Err(NoRole)),
        ("nurse", "RegisterOrgUnit", "", Err(NoRole)),
        ("nurse", "NoSuchCommand", "MOH", Err(NoRole)),
        ("nurse", "Portfolio", "MOH", Err(NoRole)),
        ("nurse", "ReadReference", "", by(Role::Employee, "anybody-reads-reference")),
        ("manager", "RecordMeasurement", "MOH", by(Role::Manager, "manager-carries-out")),
        ("manager", "RecordMeasurement", "SCHOOL", Err(Scope)),
        ("manager", "AcceptInitiative", "MOH", Err(NoRole)),
        ("lead", "AcceptInitiative", "HOSP", by(Role::MinistryLead, "lead-reviews")),
        ("lead", "AcceptInitiative", "SCHOOL", Err(Scope)),
        ("lead", "ApproveBudget", "MOH", Err(NoRole)),
        ("lead", "DelegateAuthority", "", Err(NoRole)),
        ("dg", "ApproveBudget", "MOH", by(Role::MinistryDg, "dg-decides")),
        ("dg", "ApproveBudget", "MOE", Err(Scope)),
        ("dg", "DelegateAuthority", "", by(Role::MinistryDg, "dg-delegates")),
        ("pm", "StopInitiative", "MOE", by(Role::CogPm, "pm-steers")),
        ("pm", "ProposeInitiative", "", by(Role::CogPm, "pm-proposes")),
        ("pm", "AcceptInitiative", "MOH", Err(NoRole)),
        ("board", "AcceptInitiative", "MOH", Err(NoRole)),
        ("resolver", "ProposeInitiative", "MOH", Err(NoRole)),
        ("auditor", "StreamEvents", "", by(Role::Auditor, "auditor-reads-everything")),
        ("pm", "StreamEvents", "", Err(NoRole)),
        ("admin", "GrantRole", "", by(Role::Admin, "admin-administers")),
        ("admin", "RebuildProjection", "", by(Role::Admin, "admin-administers")),
        ("auditor", "RebuildProjection", "", Err(NoRole)),
        ("stranger", "ProposeInitiative", "MOH", Err(NoRole)),
        ("stranger", "ReadReference", "", Err(NoRole)),
    ];
    for (name, command, code, expected) in rows {
        assert_eq!(ask(&access, name, command, code, &Wish::default()), expected, "{name} {command} {code}");
    }
}

#[test]
fn neither_an_administrator_nor_an_auditor_nor_a_root_decides_anything_of_the_portfolio() {
    let access = access();
    let commands: Vec<String> = rpcs().into_iter().filter(|name| !reference_rpcs().contains(name)).collect();
    assert_eq!(commands.len(), 34);
    for name in ["admin", "auditor", "root"] {
        for command in &commands {
            assert_eq!(
                ask(&access, name, command, "MOH", &Wish::default()),
                Err(Denied::Role),
                "{name} {command}"
            );
        }
    }
}

#[test]
fn a_root_principal_begins_and_appoints_administrators_only() {
    let access = access();
    let granting = |role| Wish { granted_role: role, ..Wish::default() };
    let rows = [
        ("RegisterOrgUnit", None, allowed(Role::Admin, "GENESIS", "root-begins")),
        ("RegisterPerson", None, allowed(Role::Admin, "GENESIS", "root-begins")),
        ("ResolvePerson", None, allowed(Role::Admin, "GENESIS", "root-begins")),
        ("GrantRole", Some(Role::Admin), allowed(Role::Admin, "GENESIS", "root-appoints-admins")),
        ("GrantRole", Some(Role::CogPm), Err(Denied::Role)),
        ("GrantRole", None, Err(Denied::Role)),
        ("RevokeRole", None, Err(Denied::Role)),
        ("EnrolWriterKey", None, Err(Denied::Role)),
        ("RebuildProjection", None, Err(Denied::Role)),
    ];
    for (command, role, expected) in rows {
        assert_eq!(ask(&access, "root", command, "", &granting(role)), expected, "{command} {role:?}");
    }
    let as_pm = Wish { role: Some(Role::CogPm), ..Wish::default() };
    assert_eq!(ask(&access, "root", "RegisterOrgUnit", "", &as_pm), Err(Denied::Role));
}

#[test]
fn a_delegate_does_only_what_the_delegation_names_and_only_under_its_name() {
    let access = access();
    let under = |name: &str| Wish { delegation: Some(delegation_id(name)), ..Wish::default() };
    let delegated = |policy| allowed(Role::MinistryDg, "DELEGATION", policy);
    let rows = [
        ("deputy", "AcceptInitiative", "HOSP", under("deputy"), delegated("dg-decides")),
        ("deputy", "AcceptInitiative", "SCHOOL", under("deputy"), Err(Denied::Scope)),
        ("deputy", "DeclineInitiative", "MOH", under("deputy"), Err(Denied::Scope)),
        ("deputy", "RegisterOrgUnit", "", under("deputy"), Err(Denied::Role)),
        ("deputy", "AcceptInitiative", "MOH", Wish::default(), Err(Denied::Role)),
        ("deputy", "AcceptInitiative", "MOH", under("nurse"), Err(Denied::Role)),
        ("nurse", "DeclineInitiative", "MOH", under("nurse"), delegated("dg-decides")),
        (
            "nurse",
            "ProposeInitiative",
            "MOH",
            Wish::default(),
            allowed(Role::Employee, "GRANT", "employee-proposes"),
        ),
    ];
    for (name, command, code, wish, expected) in rows {
        assert_eq!(ask(&access, name, command, code, &wish), expected, "{name} {command} {code} {wish:?}");
    }
}

#[test]
fn a_delegation_allows_nothing_before_its_first_day_or_after_its_last() {
    let (access, government) = (access(), government());
    let wish = Wish { delegation: Some(delegation_id("deputy")), ..Wish::default() };
    let on = |date: &str| {
        let (directory, deputy) = (&government.directory, principal("deputy"));
        let moh = Some(unit("MOH"));
        access.authorise(directory, &deputy, "AcceptInitiative", moh, &wish, day(date)).map(|a| a.actor.role)
    };
    assert_eq!(on("2026-05-31"), Err(Denied::Role));
    assert_eq!(on("2026-06-01"), Ok(Role::MinistryDg));
    assert_eq!(on("2026-06-30"), Ok(Role::MinistryDg));
    assert_eq!(on("2026-07-01"), Err(Denied::Role));
}

#[test]
fn a_system_acts_for_somebody_who_has_business_there_or_records_history() {
    let access = access();
    let for_whom = |name: &str| Wish { on_behalf_of: Some(person(name)), ..Wish::default() };
    let alone = Wish::default;
    let reports = || allowed(Role::Integration, "GRANT", "integration-reports");
    let records = || allowed(Role::Integration, "GRANT", "integration-records-history");
    let rows = [
        ("moh-system", "ProposeInitiative", "MOH", for_whom("nurse"), reports()),
        ("moh-system", "RecordMeasurement", "MOH", for_whom("pm"), reports()),
        ("moh-system", "ProposeInitiative", "MOH", alone(), Err(Denied::Scope)),
        ("moh-system", "ProposeInitiative", "MOH", for_whom("teacher"), Err(Denied::Scope)),
        ("moh-system", "ProposeInitiative", "MOH", for_whom("stranger"), Err(Denied::Scope)),
        ("moh-system", "ProposeInitiative", "MOH", for_whom("admin"), Err(Denied::Scope)),
        ("moh-system", "ProposeInitiative", "MOH", for_whom("auditor"), Err(Denied::Scope)),
        ("moh-system", "ProposeInitiative", "MOE", for_whom("teacher"), Err(Denied::Scope)),
        ("moh-system", "AcceptInitiative", "MOH", for_whom("lead"), Err(Denied::Role)),
        ("moh-system", "ImportInitiative", "MOH", alone(), Err(Denied::Scope)),
        ("moh-import", "ImportInitiative", "HOSP", alone(), records()),
        ("moh-import", "ImportInitiative", "MOE", alone(), Err(Denied::Scope)),
        ("moh-import", "ProposeInitiative", "MOH", alone(), Err(Denied::Scope)),
        ("gmpp", "ImportInitiative", "MOE", alone(), records()),
        ("gmpp", "RecordMeasurement", "MOE", alone(), reports()),
        ("gmpp", "RecordCost", "MOH", alone(), records()),
        ("gmpp", "ImportInitiative", "MOE", for_whom("nurse"), Err(Denied::Scope)),
        ("nurse", "ProposeInitiative", "MOH", for_whom("teacher"), Err(Denied::Scope)),
        ("posing-person", "ImportInitiative", "MOH", alone(), Err(Denied::Role)),
        ("posing-system", "ProposeInitiative", "MOH", for_whom("nurse"), Err(Denied::Role)),
    ];
    for (name, command, code, wish, expected) in rows {
        assert_eq!(ask(&access, name, command, code, &wish), expected, "{name} {command} {code} {wish:?}");
    }
}

#[test]
fn what_a_commit_records_names_grant_unit_policies_and_position() {
    let (access, government) = (access(), government());
    let wish = Wish { on_behalf_of: Some(person("nurse")), ..Wish::default() };
    let system = principal("moh-system");
    let propose = "ProposeInitiative";
    let answer =
        access.authorise(&government.directory, &system, propose, Some(unit("HOSP")), &wish, day(TODAY));
    assert_eq!(
        answer,
        Ok(Authorised {
            actor: Actor {
                person: None,
                system: Some("moh-system".to_owned()),
                role: Role::Integration,
                unit: Some(unit("MOH")),
                on_behalf_of: Some(person("nurse")),
            },
            grant: Some(grant_id("moh-system")),
            delegation: None,
            may_import: false,
            basis: "GRANT",
            policy_ids: vec!["integration-reports".to_owned()],
            policy_set_sha256: PolicySet::embedded().unwrap().sha256().to_owned(),
            position: government.directory.position(),
        })
    );
}

#[test]
fn of_several_roles_the_narrowest_that_is_allowed_is_exercised_unless_another_is_wished() {
    let access = access();
    let mut government = government();
    for (role, code) in [(Role::MinistryDg, "MOE"), (Role::MinistryLead, "MOH")] {
        let grant = RoleGranted { grant_id: grant_id(&format!("{role:?}")), ..granted("nurse", role, code) };
        government.access("nurse", grant);
    }
    let nurse = principal("nurse");
    let ask = |command, code, wish: Wish| {
        let place = Some(unit(code));
        let answer = access.authorise(&government.directory, &nurse, command, place, &wish, day(TODAY));
        answer.map(|allowed| allowed.actor.role)
    };
    let as_role = |role| Wish { role: Some(role), ..Wish::default() };
    assert_eq!(ask("ProposeInitiative", "MOH", Wish::default()), Ok(Role::Employee));
    assert_eq!(ask("AcceptInitiative", "MOH", Wish::default()), Ok(Role::MinistryLead));
    assert_eq!(ask("AcceptInitiative", "MOE", Wish::default()), Ok(Role::MinistryDg));
    assert_eq!(ask("ProposeInitiative", "MOH", as_role(Role::MinistryLead)), Ok(Role::MinistryLead));
    assert_eq!(ask("AcceptInitiative", "MOH", as_role(Role::MinistryDg)), Err(Denied::Scope));
    assert_eq!(ask("AcceptInitiative", "MOH", as_role(Role::CogPm)), Err(Denied::Role));
    let for_unit = Wish { unit: Some(unit("MOE")), ..Wish::default() };
    assert_eq!(ask("ProposeInitiative", "MOE", for_unit), Ok(Role::MinistryDg));
}

#[test]
fn each_role_reads_its_own_part_of_the_portfolio() {
    let access = access();
    let mut government = government();
    government.merges("SCHOOL", "HOSP");
    government.merges("MOE", "MOH");
    let sorted = |codes: &[&str]| {
        let mut units: Vec<OrgUnitId> = codes.iter().map(|code| unit(code)).collect();
        units.sort();
        units
    };
    let scope = |name: &str, government, ministries: &[&str], units: &[&str], roles: &[Role]| {
        Ok(ReadScope {
            government,
            ministries: sorted(ministries),
            units: sorted(units),
            person: person(name),
            roles: roles.to_vec(),
        })
    };
    let rows = [
        ("stranger", Err(Denied::Role)),
        ("admin", Err(Denied::Role)),
        ("root", Err(Denied::Role)),
        ("resolver", Err(Denied::Role)),
        ("teacher", scope("teacher", false, &[], &[], &[Role::Employee])),
        ("manager", scope("manager", false, &[], &["HOSP", "SCHOOL"], &[Role::Manager])),
        ("lead", scope("lead", false, &["MOH", "MOE"], &[], &[Role::MinistryLead])),
        ("dg", scope("dg", false, &["MOH", "MOE"], &[], &[Role::MinistryDg])),
        ("nurse", scope("nurse", false, &["MOH", "MOE"], &[], &[Role::Employee, Role::MinistryDg])),
        ("pm", scope("pm", true, &[], &[], &[Role::CogPm])),
        ("board", scope("board", true, &[], &[], &[Role::CogBoard])),
        ("auditor", scope("auditor", true, &[], &[], &[Role::Auditor])),
    ];
    for (name, expected) in rows {
        let answer = access.read_scope(&government.directory, &principal(name), "ReadPortfolio", day(TODAY));
        assert_eq!(answer, expected, "{name}");
    }
    let root = access.read_scope(&government.directory, &principal("root"), "ReadReference", day(TODAY));
    assert_eq!(root, scope("root", false, &[], &[], &[Role::Admin]));
}

/// Every rpc of a command service, which is the name of a command.
fn rpcs() -> BTreeSet<String> {
    rpcs_of(|service| service.ends_with("CommandService"))
}

fn reference_rpcs() -> BTreeSet<String> {
    rpcs_of(|service| service.ends_with("CommandService") && service != "InitiativeCommandService")
}

fn rpcs_of(wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let compiled = prost_types::FileDescriptorSet::decode(contract::DESCRIPTORS).unwrap();
    let services = compiled.file.into_iter().flat_map(|file| file.service);
    let methods = services.filter(|service| wanted(service.name())).flat_map(|service| service.method);
    methods.map(|method| method.name().to_owned()).collect()
}

#[test]
fn every_command_of_the_contract_is_somebodys() {
    let access = access();
    let mut commands = rpcs();
    for command in &commands {
        let wish = Wish { granted_role: Some(Role::Employee), ..Wish::default() };
        let may = |name: &&str| ask(&access, name, command, "MOH", &wish).is_ok();
        let somebody =
            ["nurse", "manager", "lead", "dg", "pm", "admin", "gmpp"].iter().find(|name| may(name));
        assert!(somebody.is_some(), "nobody may {command}");
    }
    for other in [
        "Administration",
        "Command",
        "History",
        "ListProjections",
        "Own",
        "Portfolio",
        "Read",
        "ReadPortfolio",
        "ReadReference",
        "RebuildProjection",
        "ResolvePerson",
        "StreamEvents",
        "WatchPortfolio",
    ] {
        commands.insert(other.to_owned());
    }
    assert_eq!(access.policies().actions(), commands);
}

/// The policy sets that lack one policy each.
struct Lacking {
    whole: Access,
    permits: Vec<Access>,
    forbids: Vec<Access>,
}

fn lacking() -> Lacking {
    let whole = PolicySet::embedded().unwrap();
    let without = |ids: Vec<String>| -> Vec<Access> {
        ids.iter().map(|id| Access::new(PolicySet::embedded().unwrap().without(id))).collect()
    };
    Lacking {
        permits: without(whole.ids(cedar_policy::Effect::Permit)),
        forbids: without(whole.ids(cedar_policy::Effect::Forbid)),
        whole: Access::new(whole),
    }
}

#[test]
fn removing_a_permit_never_allows_more_and_removing_a_forbid_never_less() {
    const NAMES: [&str; 16] = [
        "nurse",
        "teacher",
        "manager",
        "lead",
        "dg",
        "deputy",
        "pm",
        "board",
        "auditor",
        "admin",
        "root",
        "moh-system",
        "moh-import",
        "gmpp",
        "posing-person",
        "posing-system",
    ];
    const CODES: [&str; 4] = ["", "MOH", "SCHOOL", "PMO"];
    let (lacking, directory) = (lacking(), government().directory);
    let actions: Vec<String> = lacking.whole.policies().actions().into_iter().collect();
    let wishes = [
        Wish::default(),
        Wish { delegation: Some(delegation_id("deputy")), ..Wish::default() },
        Wish { on_behalf_of: Some(person("nurse")), ..Wish::default() },
        Wish { granted_role: Some(Role::Admin), ..Wish::default() },
    ];
    let asked =
        (0..NAMES.len(), 0..actions.len(), 0..CODES.len(), 0..wishes.len(), any::<prop::sample::Index>());
    let may = |access: &Access, (name, action, code, wish): (usize, usize, usize, usize)| {
        let place = (!CODES[code].is_empty()).then(|| unit(CODES[code]));
        let who = principal(NAMES[name]);
        access.authorise(&directory, &who, &actions[action], place, &wishes[wish], day(TODAY)).is_ok()
    };
    proptest!(|((name, action, code, wish, removed) in asked)| {
        let question = (name, action, code, wish);
        let whole = may(&lacking.whole, question);
        prop_assert!(whole || !may(removed.get(&lacking.permits), question));
        prop_assert!(!whole || may(removed.get(&lacking.forbids), question));
    });
}
