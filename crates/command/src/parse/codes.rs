//! Which proto enum carries which list of codes. Both have the same names, which a test keeps.

use contract::{Enumeration, common::v1 as common, portfolio::v1 as portfolio, reference::v1 as reference};
use domain::{
    Role,
    portfolio::framework::{
        Confidence, DeclineReason, EvidenceLevel, ExperimentResult, Facet, Horizon, ImplementationMode,
        InnovationType, KpiDirection, KpiUnit, Novelty, Origin, OutcomeDimension, PrivacyScreen,
        ShelveReason, Stage, Status, StopReason, Verdict,
    },
    reference::org_unit::UnitKind,
    values::{Code, Language},
};

/// A list of codes with its enum on the wire.
pub trait Coded: Code {
    /// The enum.
    type Wire: Enumeration;

    /// The code of a number on the wire; none for unspecified and unknown ones.
    fn of_wire(number: i32) -> Option<Self> {
        Self::Wire::try_from(number).ok().and_then(|wire| Self::from_code(wire.code()))
    }

    /// The code's number on the wire.
    fn wire(self) -> i32 {
        Self::Wire::wire(self.code())
    }
}

macro_rules! coded {
    ($($code:ident = $module:ident),+ $(,)?) => {
        $(impl Coded for $code { type Wire = $module::$code; })+

        #[cfg(test)]
        mod tests {
            use super::*;

            /// The names by number, without the prefix.
            fn names<C: Coded>() -> Vec<&'static str> {
                (0..100).filter_map(|number| C::Wire::try_from(number).ok()).map(Enumeration::code).collect()
            }

            #[test]
            fn every_list_of_codes_is_its_enum_on_the_wire() {
                $(
                    let mut expected = vec!["UNSPECIFIED"];
                    expected.extend($code::ALL.iter().map(|code| code.code()));
                    assert_eq!(names::<$code>(), expected, stringify!($code));
                    assert_eq!($code::of_wire(0), None);
                    for code in $code::ALL {
                        assert_eq!($code::of_wire(code.wire()), Some(*code));
                    }
                )+
            }
        }
    };
}

coded! {
    Confidence = portfolio,
    DeclineReason = portfolio,
    EvidenceLevel = portfolio,
    ExperimentResult = portfolio,
    Facet = portfolio,
    Horizon = portfolio,
    ImplementationMode = portfolio,
    InnovationType = portfolio,
    KpiDirection = portfolio,
    KpiUnit = portfolio,
    Language = common,
    Novelty = portfolio,
    Origin = portfolio,
    OutcomeDimension = portfolio,
    PrivacyScreen = portfolio,
    Role = common,
    ShelveReason = portfolio,
    Stage = portfolio,
    Status = portfolio,
    StopReason = portfolio,
    UnitKind = reference,
    Verdict = portfolio,
}
