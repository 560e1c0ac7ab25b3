//! Codes of the protos on the command line, written as in the framework, in any case.

use contract::Enumeration;

/// A code's number on the wire, for clap.
///
/// # Errors
/// When it is not one of the list; the error names them all.
pub(crate) fn code<E: Enumeration>(text: &str) -> Result<i32, String> {
    match E::wire(&text.to_uppercase().replace('-', "_")) {
        0 => Err(format!("`{text}` is not one of {}", codes::<E>().join(", "))),
        number => Ok(number),
    }
}

/// The codes of a list.
pub(crate) fn codes<E: Enumeration>() -> Vec<&'static str> {
    (1..100).filter_map(|number| E::try_from(number).ok()).map(Enumeration::code).collect()
}

/// The name of a number on the wire; nothing for an unspecified one.
pub(crate) fn name<E: Enumeration>(number: i32) -> &'static str {
    let known = (number != 0).then(|| E::try_from(number).ok()).flatten();
    known.map_or("", Enumeration::code)
}
