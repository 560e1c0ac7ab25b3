//! Initiatives of four ministries that differ in everything a list filters and sorts by.

use read_model::rows::{FacetWeights, Initiative, InitiativeCard, Money, Text};
use time::{Date, Duration, OffsetDateTime, macros::date, macros::datetime};
use uuid::Uuid;

pub(crate) const RECORDED_AT: OffsetDateTime = datetime!(2026-11-24 08:00:00.123456 UTC);
pub(crate) const MINISTRIES: [&str; 4] = ["MOH", "MOT", "MOE", "PMO"];

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// The ministry `n`, 0 to 3.
pub(crate) fn ministry(n: usize) -> Uuid {
    id(0x1000 + n as u128)
}

/// A unit of the ministry `n`, 0 to 2.
pub(crate) fn unit(n: usize, of: usize) -> Uuid {
    id(0x2000 + 0x10 * n as u128 + of as u128)
}

/// A person, 0 to 9, who proposes and owns here and there.
pub(crate) fn person(n: usize) -> Uuid {
    id(0x3000 + n as u128)
}

pub(crate) fn text(he: &str) -> Text {
    Text { he: Some(he.to_owned()), source_lang: "HE".to_owned(), ..Text::default() }
}

/// The same numbers every time: splitmix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }

    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())].clone()
    }

    /// One of them, or none as often as each.
    pub(crate) fn perhaps<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        of.get(self.roll(of.len() + 1)).cloned()
    }
}

const STAGES: [&str; 6] = [
    "IDENTIFYING_PROBLEMS",
    "GENERATING_IDEAS",
    "DEVELOPING_PROPOSALS",
    "IMPLEMENTING_PROJECTS",
    "EVALUATING_PROJECTS",
    "DIFFUSING_LESSONS",
];
const TITLES: [&str; 10] = [
    "תור דיגיטלי",
    "תּוֹר דיגיטלי",
    "אבטחת מידע",
    "המידע לציבור",
    "צה״ל והקהילה",
    "בריאות בקהילה",
    "AI in clinics",
    "ai בחינוך",
    "2026 תכנית",
    "ירושלים",
];
pub(crate) const TYPES: [&str; 4] = ["AI", "REGULATORY", "SERVICE_DESIGN", "DATA_AND_EVIDENCE"];
pub(crate) const CONFIDENCES: [&str; 3] = ["GREEN", "AMBER", "RED"];

/// So many initiatives, with ties and absent values in every column.
pub(crate) fn population(count: usize) -> Vec<Initiative> {
    let mut dice = Dice(2026);
    (0..count).map(|n| initiative(n, &mut dice)).collect()
}

fn initiative(n: usize, dice: &mut Dice) -> Initiative {
    let of = dice.roll(4);
    let (he, en) = (dice.one(&TITLES), dice.perhaps(&["Alpha", "beta", "Beta", "Éclair"]));
    let stage = dice.perhaps(&[1, 2, 3, 4, 5, 6]);
    let classified = dice.roll(3) > 0;
    let types: Vec<String> =
        if classified { vec![dice.one(&TYPES).to_owned(), "PROCUREMENT_MODEL".to_owned()] } else { vec![] };
    let owned = |code: Option<&str>| code.map(str::to_owned);
    Initiative {
        // Ids in no order that anything else is in.
        initiative_id: Uuid::from_u64_pair(dice.roll(usize::MAX) as u64, n as u64),
        number: format!("INI-2026-{n:05}"),
        number_order: 2_026_000_000_000 + i64::try_from(n).unwrap(),
        updated_at: RECORDED_AT
            + Duration::microseconds(i64::try_from(dice.roll(count_of_moments())).unwrap()),
        title: Text { he: Some(he.to_owned()), en: owned(en), ar: None, source_lang: "HE".to_owned() },
        title_he: he.to_owned(),
        title_en: en.unwrap_or(he).to_owned(),
        status: dice.one(&["PROPOSED", "ACTIVE", "SHELVED", "STOPPED"]).to_owned(),
        stage: stage.map(|stage| STAGES[stage - 1].to_owned()),
        stage_order: i16::try_from(stage.unwrap_or(0)).unwrap(),
        origin: dice.one(&["GRASSROOTS", "COG_MISSION"]).to_owned(),
        lead_org_unit_id: unit(of, dice.roll(3)),
        ministry_id: ministry(of),
        ministry: dice.perhaps(&[MINISTRIES[of]; 9]).map(str::to_owned),
        proposer_id: dice.perhaps(&(0..10).map(person).collect::<Vec<_>>()),
        proposer_hidden: dice.roll(4) == 0,
        co_proposer_ids: vec![person(dice.roll(10))],
        owner_manager_id: dice.perhaps(&(0..10).map(person).collect::<Vec<_>>()),
        classified,
        primary_facet: classified.then(|| dice.one(&["ADAPTIVE", "ANTICIPATORY"]).to_owned()),
        facet_weights: classified.then_some(FacetWeights {
            enhancement_oriented: 0,
            mission_oriented: 0,
            adaptive: 5000,
            anticipatory: 5000,
        }),
        primary_type: types.first().cloned(),
        innovation_types: types,
        novelty: owned(dice.perhaps(&["NEW_TO_UNIT", "NEW_TO_WORLD"])),
        horizon: owned(dice.perhaps(&["H1_UNDER_12M", "H3_OVER_36M"])),
        confidence_self: owned(dice.perhaps(&CONFIDENCES)),
        confidence_independent: owned(dice.perhaps(&CONFIDENCES)),
        approved_budget: dice.perhaps(&[0, 100, 100_000_000]),
        approved_budget_currency: Some("ILS".to_owned()),
        whole_life_cost: Some(Money { currency: "GBP".to_owned(), minor_units: 7 }),
        reported_years: dice.perhaps(&[2015, 2016]).into_iter().chain([2026]).collect(),
        tags: dice.perhaps(&["ai", "תורים", "ג'ז"]).into_iter().map(str::to_owned).collect(),
        proposed_on: date!(2026 - 01 - 01) + Duration::days(i64::try_from(dice.roll(20)).unwrap()),
        source_system: owned(dice.perhaps(&["gmpp", "gov.uk"])),
        ..blank()
    }
}

/// Few enough that some initiatives changed at the same moment.
fn count_of_moments() -> usize {
    100
}

/// An initiative of the first ministry of which nothing but its title is known.
pub(crate) fn titled(n: u128, title: &str) -> Initiative {
    Initiative {
        initiative_id: id(n),
        number: format!("INI-2026-{n:05}"),
        number_order: 2_026_000_000_000 + i64::try_from(n).unwrap(),
        title: text(title),
        title_he: title.to_owned(),
        title_en: title.to_owned(),
        ..blank()
    }
}

fn blank() -> Initiative {
    Initiative {
        initiative_id: Uuid::nil(),
        number: String::new(),
        number_order: 0,
        version: 3,
        position: 0,
        updated_at: RECORDED_AT,
        title: Text::default(),
        title_he: String::new(),
        title_en: String::new(),
        status: "ACTIVE".to_owned(),
        stage: None,
        stage_order: 0,
        stage_since: None,
        origin: "GRASSROOTS".to_owned(),
        lead_org_unit_id: unit(0, 0),
        ministry_id: ministry(0),
        ministry: Some(MINISTRIES[0].to_owned()),
        partner_org_unit_ids: vec![],
        proposer_id: None,
        proposer_hidden: false,
        co_proposer_ids: vec![],
        reviewer_id: None,
        owner_manager_id: None,
        owner_unit_id: None,
        classified: false,
        framework_version: None,
        primary_facet: None,
        facet_weights: None,
        innovation_types: vec![],
        primary_type: None,
        novelty: None,
        horizon: None,
        confidence_self: None,
        confidence_self_on: None,
        confidence_independent: None,
        confidence_source_rating: None,
        confidence_on: None,
        approved_budget: None,
        approved_budget_currency: None,
        effort_only: false,
        whole_life_cost: None,
        whole_life_cost_on: None,
        reported_years: vec![],
        tags: vec![],
        mission_id: None,
        challenge_id: None,
        proposed_on: date!(2026 - 01 - 01),
        accepted_on: None,
        revisit_on: None,
        reason_code: None,
        source_system: None,
        source_key: None,
    }
}

/// A card that says no more than it must.
pub(crate) fn card_of(line: &Initiative) -> InitiativeCard {
    InitiativeCard {
        initiative_id: line.initiative_id,
        summary: text("תקציר של היוזמה"),
        problem_statement: None,
        solution_hypothesis: None,
        beneficiaries: vec![],
        requested_changes: vec![],
        review_rounds: 0,
        interest_declared: false,
        privacy_screen: None,
        no_material_risk: false,
        implementation_since: None,
        implementation_mode: None,
        implementation_from: None,
        implementation_to: None,
        implementation_ended: false,
        verdict: None,
        result: None,
        evidence_level: None,
        gates: vec![],
    }
}

/// A day of November 2026.
pub(crate) fn november(day: u8) -> Date {
    Date::from_calendar_date(2026, time::Month::November, day).unwrap()
}
