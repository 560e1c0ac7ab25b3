//! Requests about units, people's access and writers' keys. Policy sets are activated by the service itself.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract::reference::v1 as pb;
use domain::{
    Reason, Vocabulary as _,
    portfolio::initiative,
    reference::{
        org_unit::{self, OrgUnit},
        person_access::{self, PersonAccess},
        writer_key::{self, WriterKey},
    },
};
use vault::Class;

use super::{
    Parse,
    fields::{Fields, Form},
};

const UNIT_CODE: Form = Form {
    expected: "2 to 12 upper-case letters or digits",
    fits: |text| {
        let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        (2..=12).contains(&text.len()) && text.bytes().all(allowed)
    },
};

commands! { OrgUnit, org_unit:
    RegisterOrgUnitRequest => Register {
        code: form(code, UNIT_CODE),
        kind: code(kind),
        name: text(name, 2..=160),
        parent: optional_id(parent_id),
        from: date(from),
    }
    RenameOrgUnitRequest => Rename { name: text(name, 2..=160), from: date(from) }
    MergeOrgUnitsRequest => Merge { into: id(into_id), from: date(from) }
    CloseOrgUnitRequest => Close { from: date(from) }
}

commands! { PersonAccess, person_access:
    RegisterPersonRequest => Register {
        display_name: private_plain(display_name, 2..=160, Class::Official),
        email: optional_email(email),
        unit: id(unit_id),
    }
    GrantRoleRequest => GrantRole {
        grant_id: id(grant_id),
        role: code(role),
        org_unit: id(org_unit_id),
        from: date(from),
        to: optional_date(to),
        may_import: given(may_import),
    }
    RevokeRoleRequest => RevokeRole { grant_id: id(grant_id), reason: plain(reason, 3..=200) }
    DelegateAuthorityRequest => DelegateAuthority {
        delegation_id: id(delegation_id),
        commands: command_names(commands),
        from: date(from),
        to: date(to),
    }
    RevokeDelegationRequest => RevokeDelegation { delegation_id: id(delegation_id) }
}

commands! { WriterKey, writer_key:
    RevokeWriterKeyRequest => Revoke { reason: plain(reason, 3..=200) }
}

impl Parse for pb::EnrolWriterKeyRequest {
    type Aggregate = WriterKey;

    fn parse(self, fields: &mut Fields) -> Option<writer_key::Command> {
        let public_key = fields.form("public_key", &self.public_key, PUBLIC_KEY)?;
        let bytes = STANDARD.decode(&public_key).ok()?;
        let key_id = hex::encode(&digest::digest(&digest::SHA256, &bytes).as_ref()[..8]);
        Some(writer_key::Enrol { key_id, public_key }.into())
    }
}

const PUBLIC_KEY: Form = Form {
    expected: "32 bytes in base64",
    fits: |text| STANDARD.decode(text).is_ok_and(|bytes| bytes.len() == 32),
};

impl Fields {
    /// 1 to 50 names of commands that can be called, each once.
    fn command_names(&mut self, path: &str, names: &[String]) -> Option<Vec<String>> {
        let names = self.list(path, names, 1..=50, |fields, path, name| {
            if is_command(name) { Some(name.clone()) } else { fields.refuse(path, Reason::ReferenceUnknown) }
        })?;
        self.distinct(path, names)
    }
}

fn is_command(name: &str) -> bool {
    let sets = [
        initiative::Command::TYPES,
        org_unit::Command::TYPES,
        person_access::Command::TYPES,
        writer_key::Command::TYPES,
    ];
    sets.into_iter().flatten().any(|command| command.name == name)
}
