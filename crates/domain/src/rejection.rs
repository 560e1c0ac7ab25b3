//! Refusals: what the business says no to, as values that compare with `==`.
//!
//! The gRPC code and the Hebrew and English texts of each reason stand in one table, `contract::reasons`.

use crate::values::Code;

codes! {
    /// Why a command is refused, by precedence: who asks, then what is asked, then how things stand.
    pub enum Reason {
        // Who.
        RoleForbidden = "ROLE_FORBIDDEN",
        ScopeForbidden = "SCOPE_FORBIDDEN",
        SodProposerReviewer = "SOD_PROPOSER_REVIEWER",
        SodOwnerAssessor = "SOD_OWNER_ASSESSOR",
        SodAdminDecision = "SOD_ADMIN_DECISION",
        SodSelf = "SOD_SELF",
        UmbrellaRequired = "UMBRELLA_REQUIRED",
        ImportGrantRequired = "IMPORT_GRANT_REQUIRED",
        // Shape.
        ValidationRequired = "VALIDATION_REQUIRED",
        ValidationLength = "VALIDATION_LENGTH",
        ValidationRange = "VALIDATION_RANGE",
        ValidationFormat = "VALIDATION_FORMAT",
        ValidationEnumUnspecified = "VALIDATION_ENUM_UNSPECIFIED",
        ValidationBidi = "VALIDATION_BIDI",
        ValidationUrl = "VALIDATION_URL",
        ValidationDateOrder = "VALIDATION_DATE_ORDER",
        ValidationDuplicate = "VALIDATION_DUPLICATE",
        ValidationPersonalData = "VALIDATION_PERSONAL_DATA",
        ReferenceUnknown = "REFERENCE_UNKNOWN",
        FacetWeightsSum = "FACET_WEIGHTS_SUM",
        // What is there.
        NotFound = "NOT_FOUND",
        AlreadyExists = "ALREADY_EXISTS",
        StateForbids = "STATE_FORBIDS",
        NothingChanged = "NOTHING_CHANGED",
        // Initiative.
        ReviewRoundsExceeded = "REVIEW_ROUNDS_EXCEEDED",
        ClassificationIncomplete = "CLASSIFICATION_INCOMPLETE",
        FeedbackTooShort = "FEEDBACK_TOO_SHORT",
        SimilarRequired = "SIMILAR_REQUIRED",
        AppealWindowClosed = "APPEAL_WINDOW_CLOSED",
        AppealAlreadyUsed = "APPEAL_ALREADY_USED",
        PiaRequired = "PIA_REQUIRED",
        KpiNoChange = "KPI_NO_CHANGE",
        KpiDirection = "KPI_DIRECTION",
        KpiLimit = "KPI_LIMIT",
        KpiBaselineLocked = "KPI_BASELINE_LOCKED",
        KpiUnknown = "KPI_UNKNOWN",
        MeasurementExists = "MEASUREMENT_EXISTS",
        MeasurementUnknown = "MEASUREMENT_UNKNOWN",
        GateNotMet = "GATE_NOT_MET",
        EvidenceDocRequired = "EVIDENCE_DOC_REQUIRED",
        RolloutWithoutEvidence = "ROLLOUT_WITHOUT_EVIDENCE",
        LearningRequired = "LEARNING_REQUIRED",
        AdoptionStatementRequired = "ADOPTION_STATEMENT_REQUIRED",
        // Reference.
        OrgDateOverlap = "ORG_DATE_OVERLAP",
        OrgTargetInactive = "ORG_TARGET_INACTIVE",
        OrgCycle = "ORG_CYCLE",
        DelegationTooLong = "DELEGATION_TOO_LONG",
        DelegationChain = "DELEGATION_CHAIN",
    }
}

/// One unmet condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Why.
    pub reason: Reason,
    /// The path of the field concerned, in the request's own words, when there is one.
    pub field: Option<String>,
    /// What the texts need: the state, the limit, the missing gates.
    pub params: Vec<(&'static str, String)>,
}

impl Rejection {
    /// A refusal without a field or parameters.
    pub fn new(reason: Reason) -> Self {
        Self { reason, field: None, params: Vec::new() }
    }

    /// The same about a field.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same with a parameter.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "calls read better with the value itself")]
    pub fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.params.push((key, value.to_string()));
        self
    }
}

impl From<Reason> for Rejection {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

/// A check: unmet unless the condition holds.
pub(crate) fn unless(holds: bool, unmet: impl Into<Rejection>) -> Option<Rejection> {
    (!holds).then(|| unmet.into())
}

/// A value, number or length outside its bounds.
pub(crate) fn outside(reason: Reason, field: &str, min: impl ToString, max: impl ToString) -> Rejection {
    Rejection::new(reason).at(field).with("min", min).with("max", max)
}

/// All unmet conditions of one command by precedence of their reasons; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejections(Vec<Rejection>);

impl Rejections {
    /// `Ok` when no check found anything unmet.
    ///
    /// # Errors
    /// The unmet conditions.
    pub fn unless_met<C: Into<Option<Rejection>>>(checks: impl IntoIterator<Item = C>) -> Result<(), Self> {
        let mut unmet: Vec<Rejection> = checks.into_iter().filter_map(Into::into).collect();
        unmet.sort_by_key(|rejection| rejection.reason);
        if unmet.is_empty() { Ok(()) } else { Err(Self(unmet)) }
    }

    /// Every unmet condition.
    pub fn all(&self) -> &[Rejection] {
        &self.0
    }
}

impl<R: Into<Rejection>> From<R> for Rejections {
    fn from(one: R) -> Self {
        Self(vec![one.into()])
    }
}

impl std::fmt::Display for Rejections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let codes: Vec<&str> = self.0.iter().map(|r| r.reason.code()).collect();
        f.write_str(&codes.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_comes_before_what_is_asked_and_that_before_how_things_stand() {
        let unmet = [Reason::StateForbids, Reason::ValidationRange, Reason::SodSelf].map(Rejection::from);
        let refused = Rejections::unless_met(unmet.clone()).unwrap_err();
        let [state, argument, permission] = unmet;
        assert_eq!(refused.all(), [permission, argument, state]);
        assert_eq!(refused.to_string(), "SOD_SELF, VALIDATION_RANGE, STATE_FORBIDS");
    }

    #[test]
    fn nothing_unmet_is_no_refusal() {
        assert_eq!(Rejections::unless_met([unless(true, Reason::SodSelf)]), Ok(()));
    }
}
