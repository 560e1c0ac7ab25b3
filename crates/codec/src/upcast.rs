//! Older schemas read as the newest: typed, total steps from one version to the next.
//!
//! To change a payload: raise its schema in the domain's vocabulary, keep the old shape here as a struct with
//! `From<Old> for New`, and add a line to [`UPCASTS`]. Golden files of the old version stay and must decode.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

/// One step: payloads of `name` in schema `from` become schema `from + 1`.
pub struct Upcast {
    pub name: &'static str,
    pub from: u16,
    pub step: fn(&RawValue) -> Result<Box<RawValue>, serde_json::Error>,
}

/// Every step there is. Nothing stored has changed its shape yet.
pub const UPCASTS: &[Upcast] = &[];

/// A step between two payload types.
///
/// # Errors
/// When the old payload does not have the old shape.
pub fn between<Old: DeserializeOwned, New: From<Old> + Serialize>(
    data: &RawValue,
) -> Result<Box<RawValue>, serde_json::Error> {
    let old: Old = serde_json::from_str(data.get())?;
    serde_json::value::to_raw_value(&New::from(old))
}

/// The payload in schema `to`.
///
/// # Errors
/// When a step fails, or there is none.
pub fn upcast(
    steps: &[Upcast],
    name: &str,
    from: u16,
    to: u16,
    data: &RawValue,
) -> Result<Box<RawValue>, serde_json::Error> {
    let mut data = data.to_owned();
    for version in from..to {
        let step = steps.iter().find(|step| step.name == name && step.from == version).ok_or_else(|| {
            serde::de::Error::custom(format!("no step from schema {version} of {name} to the next"))
        })?;
        data = (step.step)(&data)?;
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct HeldV1 {
        guests: u32,
    }

    #[derive(Serialize, Deserialize)]
    struct HeldV2 {
        adults: u32,
        children: u32,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct HeldV3 {
        people: Vec<String>,
    }

    impl From<HeldV1> for HeldV2 {
        fn from(old: HeldV1) -> Self {
            Self { adults: old.guests, children: 0 }
        }
    }

    impl From<HeldV2> for HeldV3 {
        fn from(old: HeldV2) -> Self {
            let people = |count, kind: &str| (0..count).map(|_| kind.to_owned()).collect::<Vec<_>>();
            Self { people: [people(old.adults, "adult"), people(old.children, "child")].concat() }
        }
    }

    const STEPS: &[Upcast] = &[
        Upcast { name: "Held", from: 1, step: between::<HeldV1, HeldV2> },
        Upcast { name: "Held", from: 2, step: between::<HeldV2, HeldV3> },
    ];

    fn read(from: u16, data: &str) -> Result<HeldV3, String> {
        let raw = RawValue::from_string(data.to_owned()).unwrap();
        let data = upcast(STEPS, "Held", from, 3, &raw).map_err(|e| e.to_string())?;
        serde_json::from_str(data.get()).map_err(|e| e.to_string())
    }

    #[test]
    fn every_stored_version_reads_as_the_newest() {
        let people = |kinds: &[&str]| HeldV3 { people: kinds.iter().map(|&k| k.to_owned()).collect() };
        assert_eq!(read(1, r#"{"guests":2}"#), Ok(people(&["adult", "adult"])));
        assert_eq!(read(2, r#"{"adults":1,"children":1}"#), Ok(people(&["adult", "child"])));
        assert_eq!(read(3, r#"{"people":["guide"]}"#), Ok(people(&["guide"])));
    }

    #[test]
    fn a_version_without_a_step_is_an_error_that_names_it() {
        assert_eq!(read(0, "{}"), Err("no step from schema 0 of Held to the next".to_owned()));
    }
}
