//! Named sets of payloads: the events or the commands of one aggregate.
//!
//! The macro writes what would otherwise be repeated for each of some two hundred of them: a payload struct,
//! an enum over the payloads, the stored name and schema version of each, and the JSON Schema. Nothing else
//! hides in it.

use serde::{Deserializer, Serializer};

/// The stored name of an event or command, and the version of its payload's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Type {
    /// For ever the same, such as `InitiativeProposed`.
    pub name: &'static str,
    /// From 1; a released schema is frozen, a change is a new version.
    pub schema: u16,
}

/// A closed set of named payloads.
pub trait Vocabulary: Clone + std::fmt::Debug + PartialEq + Send + Sync + 'static {
    /// All of them, in the order of their declaration.
    const TYPES: &'static [Type];

    /// The name and schema version of this one.
    fn kind(&self) -> Type;

    /// Writes the payload alone.
    ///
    /// # Errors
    /// Those of the serializer.
    fn serialize_data<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads the payload of a name in its current schema; `None` for a name outside the set.
    ///
    /// # Errors
    /// Those of the deserializer.
    fn deserialize_data<'de, D: Deserializer<'de>>(
        name: &str,
        deserializer: D,
    ) -> Result<Option<Self>, D::Error>;

    /// The JSON Schema of each payload.
    fn schemas() -> Vec<(Type, schemars::Schema)>;
}

/// Declares a vocabulary: `"StoredName" schema => Variant { field: Type, ... }`.
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        pub enum $set:ident {
            $(
                $(#[$variant_meta:meta])*
                $name:literal $schema:literal => $variant:ident {
                    $( $(#[$field_meta:meta])* $field:ident : $ty:ty ),* $(,)?
                }
            ),+ $(,)?
        }
    ) => {
        $(
            $(#[$variant_meta])*
            #[serde_with::skip_serializing_none]
            #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
            pub struct $variant { $( $(#[$field_meta])* #[allow(missing_docs, reason = "the field's name and type say it")] pub $field: $ty ),* }

            impl From<$variant> for $set {
                fn from(payload: $variant) -> Self { Self::$variant(payload) }
            }
        )+

        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each payload struct carries its own")]
        pub enum $set { $( $variant($variant) ),+ }

        impl $crate::Vocabulary for $set {
            const TYPES: &'static [$crate::Type] = &[ $( $crate::Type { name: $name, schema: $schema } ),+ ];

            fn kind(&self) -> $crate::Type {
                match self { $( Self::$variant(_) => $crate::Type { name: $name, schema: $schema } ),+ }
            }

            fn serialize_data<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $( Self::$variant(payload) => serde::Serialize::serialize(payload, serializer) ),+ }
            }

            fn deserialize_data<'de, D: serde::Deserializer<'de>>(
                name: &str,
                deserializer: D,
            ) -> Result<Option<Self>, D::Error> {
                match name {
                    $( $name => <$variant as serde::Deserialize>::deserialize(deserializer)
                        .map(|payload| Some(Self::$variant(payload))), )+
                    _ => Ok(None),
                }
            }

            fn schemas() -> Vec<($crate::Type, schemars::Schema)> {
                vec![ $( ($crate::Type { name: $name, schema: $schema }, schemars::schema_for!($variant)) ),+ ]
            }
        }
    };
}

/// Declares a closed list of codes: stored and transmitted by name, in `SCREAMING_SNAKE_CASE`.
macro_rules! codes {
    (
        $(#[$meta:meta])*
        pub enum $set:ident { $( $(#[$variant_meta:meta])* $variant:ident = $code:literal ),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        #[allow(missing_docs, reason = "the framework defines each code")]
        pub enum $set { $( $(#[$variant_meta])* #[serde(rename = $code)] $variant ),+ }

        impl $crate::values::Code for $set {
            const ALL: &'static [Self] = &[ $( Self::$variant ),+ ];
            fn code(self) -> &'static str { match self { $( Self::$variant => $code ),+ } }
        }
    };
}
