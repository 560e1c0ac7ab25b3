//! The fields of requests about units, people's access and writers' keys.

use contract::reference::v1 as pb;
use domain::Reason::{
    ReferenceUnknown, ValidationDuplicate, ValidationEnumUnspecified, ValidationFormat, ValidationLength,
    ValidationRequired,
};

use super::{DAY, ID, NO_CODE, NO_DAY, Table, hebrew, letters};

#[test]
fn requests_about_units_refuse_what_is_wrong() {
    let mut table = Table::default();
    let valid = pb::RegisterOrgUnitRequest {
        code: "MOH".into(),
        kind: pb::UnitKind::Department.into(),
        name: hebrew(2),
        parent_id: ID.into(),
        from: DAY.into(),
        ..Default::default()
    };
    table.request(
        &valid,
        &[
            (|r| r.code.clear(), ValidationRequired, "code"),
            (|r| r.code = "M".into(), ValidationFormat, "code"),
            (|r| r.code = "moh".into(), ValidationFormat, "code"),
            (|r| r.code = "משרד".into(), ValidationFormat, "code"),
            (|r| r.code = "MОH".into(), ValidationFormat, "code"),
            (|r| r.code = letters(13).to_uppercase(), ValidationFormat, "code"),
            (|r| r.kind = 0, ValidationEnumUnspecified, "kind"),
            (|r| r.kind = NO_CODE, ValidationEnumUnspecified, "kind"),
            (|r| r.name = None, ValidationRequired, "name"),
            (|r| r.name = hebrew(1), ValidationLength, "name.he"),
            (|r| r.name = hebrew(161), ValidationLength, "name.he"),
            (|r| r.parent_id = "MOH".into(), ValidationFormat, "parent_id"),
            (|r| r.from = NO_DAY.into(), ValidationFormat, "from"),
        ],
    );
    table.request(
        &pb::RenameOrgUnitRequest { name: hebrew(160), from: DAY.into(), ..Default::default() },
        &[
            (|r| r.name = hebrew(161), ValidationLength, "name.he"),
            (|r| r.from.clear(), ValidationRequired, "from"),
        ],
    );
    table.request(
        &pb::MergeOrgUnitsRequest { into_id: ID.into(), from: DAY.into(), ..Default::default() },
        &[
            (|r| r.into_id.clear(), ValidationRequired, "into_id"),
            (|r| r.from = "1999-12-31".into(), ValidationFormat, "from"),
        ],
    );
    table.request(
        &pb::CloseOrgUnitRequest { from: DAY.into(), ..Default::default() },
        &[(|r| r.from = NO_DAY.into(), ValidationFormat, "from")],
    );
    table.covers("OrgUnitCommandService");
}

#[test]
fn requests_about_access_refuse_what_is_wrong() {
    let mut table = Table::default();
    let valid = pb::RegisterPersonRequest {
        display_name: "דנה לוי".into(),
        email: "dana.levi@moh.gov.il".into(),
        unit_id: ID.into(),
        ..Default::default()
    };
    table.request(
        &valid,
        &[
            (|r| r.display_name = " ".into(), ValidationRequired, "display_name"),
            (|r| r.display_name = letters(161), ValidationLength, "display_name"),
            (|r| r.email = "dana".into(), ValidationFormat, "email"),
            (|r| r.unit_id.clear(), ValidationRequired, "unit_id"),
        ],
    );
    let valid = pb::GrantRoleRequest {
        grant_id: ID.into(),
        role: contract::common::v1::Role::Manager.into(),
        org_unit_id: ID.into(),
        from: DAY.into(),
        to: DAY.into(),
        ..Default::default()
    };
    table.request(
        &valid,
        &[
            (|r| r.grant_id.clear(), ValidationRequired, "grant_id"),
            (|r| r.role = 0, ValidationEnumUnspecified, "role"),
            (|r| r.org_unit_id = ID.to_uppercase(), ValidationFormat, "org_unit_id"),
            (|r| r.from = NO_DAY.into(), ValidationFormat, "from"),
            (|r| r.to = NO_DAY.into(), ValidationFormat, "to"),
        ],
    );
    table.request(
        &pb::RevokeRoleRequest { grant_id: ID.into(), reason: letters(3), ..Default::default() },
        &[
            (|r| r.grant_id = "1".into(), ValidationFormat, "grant_id"),
            (|r| r.reason = letters(2), ValidationLength, "reason"),
            (|r| r.reason = letters(201), ValidationLength, "reason"),
        ],
    );
    let valid = pb::DelegateAuthorityRequest {
        delegation_id: ID.into(),
        commands: vec!["AcceptInitiative".into(), "RegisterOrgUnit".into()],
        from: DAY.into(),
        to: DAY.into(),
        ..Default::default()
    };
    table.request(
        &valid,
        &[
            (|r| r.delegation_id.clear(), ValidationRequired, "delegation_id"),
            (|r| r.commands.clear(), ValidationRequired, "commands"),
            (|r| r.commands = vec!["AcceptInitiative".into(); 51], ValidationLength, "commands"),
            (|r| r.commands[1] = "ActivatePolicySet".into(), ReferenceUnknown, "commands[1]"),
            (|r| r.commands[1] = r.commands[0].clone(), ValidationDuplicate, "commands[1]"),
            (|r| r.from.clear(), ValidationRequired, "from"),
            (|r| r.to.clear(), ValidationRequired, "to"),
        ],
    );
    table.request(
        &pb::RevokeDelegationRequest { delegation_id: ID.into(), ..Default::default() },
        &[(|r| r.delegation_id.clear(), ValidationRequired, "delegation_id")],
    );
    table.covers("PersonAccessCommandService");
}

#[test]
fn requests_about_keys_refuse_what_is_wrong() {
    let mut table = Table::default();
    table.request(
        &pb::EnrolWriterKeyRequest {
            public_key: "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".into(),
            ..Default::default()
        },
        &[
            (|r| r.public_key.clear(), ValidationRequired, "public_key"),
            (|r| r.public_key = "11qYAYKxCrfVS/7TyWQHOg==".into(), ValidationFormat, "public_key"),
            (|r| r.public_key = r.public_key.replace('=', ""), ValidationFormat, "public_key"),
        ],
    );
    table.request(
        &pb::RevokeWriterKeyRequest { reason: letters(200), ..Default::default() },
        &[
            (|r| r.reason = "א\nבג".into(), ValidationFormat, "reason"),
            (|r| r.reason = letters(201), ValidationLength, "reason"),
        ],
    );
    table.covers("WriterKeyCommandService");
}
