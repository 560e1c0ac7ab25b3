//! Parse at the door: a request becomes a command of the domain, or all that is wrong with it at once.
//!
//! Each field is judged here by itself, within the bounds that the protos' comments tell. Whether fields agree
//! with each other, with history and with who asks is the domain's. To add a command: an entry in `reference` or
//! `initiative`.

/// Reads each field, then builds the target: a `?` at the first wrong field would hide the ones behind it.
/// `name: how(from, arguments)` reads the field `from` of the message by the method `how` of [`Fields`].
macro_rules! record {
    ($fields:ident, $message:expr => $($target:ident)::+ {
        $($name:ident: $how:ident($from:ident $(, $argument:expr)*)),* $(,)?
    }) => {{
        let message = &$message;
        $(let $name = $fields.$how(stringify!($from), &message.$from $(, $argument)*);)*
        Some($($target)::+ { $($name: $name?),* })
    }};
}

/// One request a line: `Request => Command { ... }`, as in `record!`.
macro_rules! commands {
    ($aggregate:ty, $module:ident: $($request:ident => $command:ident $content:tt)+) => {$(
        impl crate::parse::Parse for pb::$request {
            type Aggregate = $aggregate;

            #[allow(unused_variables, reason = "some ask nothing besides their name")]
            fn parse(self, fields: &mut crate::parse::Fields) -> Option<$module::Command> {
                record!(fields, self => $module::$command $content).map(Into::into)
            }
        }
    )+};
}

mod canary;
mod characters;
mod codes;
mod fields;
mod header;
mod initiative;
mod reference;
mod text;
mod values;

#[cfg(test)]
mod tests;

use domain::{Aggregate, Rejections};

pub use codes::Coded;
pub use fields::{Fields, Form, Owner, Secret};
pub use header::{Header, header};

/// A request whose content is a command of an aggregate.
pub trait Parse: contract::CommandRequest {
    /// Who decides.
    type Aggregate: Aggregate;

    /// The content as a command; `None` when violations were collected.
    fn parse(self, fields: &mut Fields) -> Option<<Self::Aggregate as Aggregate>::Command>;
}

/// A request without anything wrong in it.
#[derive(Debug)]
pub struct Parsed<C> {
    /// How the command is to be taken.
    pub header: Header,
    /// What is asked; private texts stand as the placeholders of `secrets`.
    pub command: C,
    /// The private texts in clear.
    pub secrets: Vec<Secret>,
}

/// The whole request: header, id and content.
///
/// # Errors
/// Everything that is wrong with it.
pub fn request<R: Parse>(request: R) -> Result<Parsed<<R::Aggregate as Aggregate>::Command>, Rejections> {
    let mut fields = Fields::default();
    let header = header(&request, &mut fields);
    let command = request.parse(&mut fields);
    let secrets = fields.finish()?;
    let (header, command) = header.zip(command).expect("what could not be read was refused");
    Ok(Parsed { header, command, secrets })
}
