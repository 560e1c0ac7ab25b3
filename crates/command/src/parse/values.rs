//! Composed values that every area uses: money, KPI values, documents, e-mail addresses.

use contract::common::v1 as pb;
use domain::{
    Reason,
    values::{DocRef, KpiValue, Money, Private},
};
use vault::Class;

use super::fields::{Fields, Form};

const CURRENCY: Form = Form {
    expected: "an ISO 4217 currency such as ILS",
    fits: |text| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()),
};

const SHA256: Form = Form {
    expected: "64 lower-case hex digits",
    fits: |text| text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
};

const MEDIA_TYPE: Form = Form { expected: "a media type such as application/pdf", fits: is_media_type };

const EMAIL: Form = Form { expected: "an e-mail address", fits: is_email };

/// What a JSON number carries exactly, everywhere.
const BYTES_MAX: u64 = (1 << 53) - 1;

impl Fields {
    /// An amount of money, in shekels when no currency is named.
    pub fn money(&mut self, path: &str, money: &Option<pb::Money>) -> Option<Money> {
        self.message(path, money.as_ref(), |fields, money| {
            record!(fields, money => Money {
                currency: currency(currency),
                minor_units: number(minor_units, 0..=Money::MINOR_UNITS_MAX),
            })
        })
    }

    /// An amount that may be left out.
    pub fn optional_money(&mut self, path: &str, money: &Option<pb::Money>) -> Option<Option<Money>> {
        if money.is_none() { Some(None) } else { self.money(path, money).map(Some) }
    }

    fn currency(&mut self, path: &str, text: &str) -> Option<String> {
        if text.is_empty() { Some("ILS".to_owned()) } else { self.form(path, text, CURRENCY) }
    }

    /// A KPI's value in millionths of its unit.
    pub fn kpi_value(&mut self, path: &str, micros: &i64) -> Option<KpiValue> {
        let most = KpiValue::UNITS_MAX * 1_000_000;
        KpiValue::from_micros(*micros)
            .or_else(|| self.refuse_bounds(path, Reason::ValidationRange, &(-most..=most), micros))
    }

    /// A KPI's value that may be left out.
    pub fn optional_kpi_value(&mut self, path: &str, micros: &Option<i64>) -> Option<Option<KpiValue>> {
        micros.map_or(Some(None), |micros| self.kpi_value(path, &micros).map(Some))
    }

    /// A document that may be left out.
    pub fn optional_doc_ref(&mut self, path: &str, document: &Option<pb::DocRef>) -> Option<Option<DocRef>> {
        self.optional_message(path, document.as_ref(), |fields, document| {
            record!(fields, document => DocRef {
                sha256: form(sha256, SHA256),
                media_type: form(media_type, MEDIA_TYPE),
                bytes: number(bytes, 1..=BYTES_MAX),
                title: plain(title, 1..=200),
            })
        })
    }

    /// An e-mail address that may be left empty, sealed as what its person may have erased.
    pub fn optional_email(&mut self, path: &str, text: &str) -> Option<Option<Private>> {
        if text.trim().is_empty() {
            return Some(None);
        }
        let clear = self.form(path, text, EMAIL)?;
        Some(Some(self.seal(Class::Incidental, clear)))
    }
}

fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte);
        (1..=63).contains(&part.len()) && part.bytes().all(allowed)
    };
    text.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

/// What mail servers take in practice: no quoted names, no addresses by number.
fn is_email(text: &str) -> bool {
    let local = |part: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&byte);
        (1..=64).contains(&part.len()) && part.bytes().all(allowed) && part.split('.').all(|p| !p.is_empty())
    };
    let label = |part: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&part.len())
            && part.bytes().all(allowed)
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= 254
        && text
            .split_once('@')
            .is_some_and(|(name, domain)| local(name) && domain.contains('.') && domain.split('.').all(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_name_and_a_domain() {
        for right in ["dana.levi@moh.gov.il", "a+b@x-y.org", "o'neil@example.co.il"] {
            assert!(is_email(right), "{right}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        for wrong in
            ["dana", "@x.il", "dana@", "dana@il", "a@b@c.il", "a b@c.il", "a@-b.il", "a..b@c.il", &long]
        {
            assert!(!is_email(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_media_type_has_two_parts() {
        assert!(is_media_type("application/vnd.openxmlformats-officedocument.wordprocessingml.document"));
        for wrong in ["pdf", "/pdf", "application/", "application/pdf; q=1", "a/b/c", "טקסט/רגיל"] {
            assert!(!is_media_type(wrong), "{wrong}");
        }
    }
}
