//! The invented initiatives, each led through the API to where its entry says.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use contract::{
    Enumeration as _,
    common::v1::{CommandHeader, Money},
    portfolio::v1::{
        AcceptInitiativeRequest, AdvanceStageRequest, ApproveBudgetRequest, AssignOwnerRequest, Beneficiary,
        Classification, Confidence, DeclareInterestRequest, DeclareNoMaterialRiskRequest,
        DeclineInitiativeRequest, DeclineReason, DefineKpiRequest, EvidenceLevel, ExperimentResult,
        FacetWeights, Horizon, InnovationType, Kpi, KpiDirection, KpiUnit, Novelty, Origin, OutcomeDimension,
        PrivacyScreen, ProposeInitiativeRequest, RecordMeasurementRequest, RecordPrivacyScreenRequest,
        ReportSelfConfidenceRequest, RequestChangesRequest, ShelveInitiativeRequest, ShelveReason, Stage,
        StartReviewRequest, StopInitiativeRequest, StopReason, WithdrawInitiativeRequest,
    },
};
use serde::Deserialize;

use super::{
    client::{Client, done, header, id},
    seed::text,
};

const INITIATIVES: &str = include_str!("../../../../deploy/dev/initiatives.toml");

#[derive(Deserialize)]
struct File {
    initiative: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    key: String,
    proposer: String,
    unit: String,
    title_he: String,
    title_en: String,
    summary_he: String,
    problem_he: String,
    solution: Option<String>,
    facets: [u32; 4],
    types: Vec<String>,
    novelty: String,
    horizon: String,
    tags: Vec<String>,
    outcome: String,
    stage: u8,
    kpi: Option<KpiEntry>,
    budget: Option<i64>,
    decline: Option<Reasoned>,
    shelve: Option<Reasoned>,
    stop: Option<Stopped>,
    changes: Option<String>,
}

#[derive(Deserialize)]
struct KpiEntry {
    name: String,
    dimension: String,
    unit: String,
    direction: String,
    baseline: i64,
    target: i64,
}

#[derive(Deserialize)]
struct Reasoned {
    reason: String,
    feedback: String,
    #[serde(default)]
    days: i64,
}

#[derive(Deserialize)]
struct Stopped {
    reason: String,
    result: String,
    learning: String,
}

/// One initiative on its way.
struct Way<'a> {
    client: &'a Client,
    entry: &'a Entry,
    /// Prefix of the personas of its ministry: `moh`, `moe`.
    ministry: String,
    version: u64,
}

/// Sends one command and keeps the version: `send!(way, persona, method(Request { field: value }))`.
macro_rules! send {
    ($way:expr, $persona:expr, $method:ident($request:ident { $($field:ident: $value:expr),* $(,)? })) => {{
        let persona = $persona;
        let request = $request {
            header: $way.header(stringify!($method)),
            initiative_id: id("initiative", &$way.entry.key),
            $($field: $value),*
        };
        let asked = $way.client.asked(&persona, request).await?;
        let mut client = $way.client.initiatives.clone();
        let what = format!("{} of {} by {persona}", stringify!($method), $way.entry.key);
        let receipt = done(&what, client.$method(asked), |response| response.receipt).await?;
        $way.version = receipt.version;
    }};
}

/// Loads every entry; those that are there already add nothing.
pub(super) async fn load(client: &Client, people: &HashMap<String, String>) -> Result<usize> {
    let file: File = toml::from_str(INITIATIVES).context("deploy/dev/initiatives.toml")?;
    for entry in &file.initiative {
        let ministry = match entry.unit.as_str() {
            "MOHHOSP" | "MOH" => "moh",
            "MOE" => "moe",
            "TAX" | "MOF" => "mof",
            "BTL" | "MOLSA" => "molsa",
            _ => "mot",
        };
        let mut way = Way { client, entry, ministry: ministry.to_owned(), version: 0 };
        way.go(people).await?;
    }
    Ok(file.initiative.len())
}

impl Way<'_> {
    fn header(&self, step: &str) -> Option<CommandHeader> {
        let key = format!("{}:{}", self.entry.key, self.version);
        header(step, &key).map(|header| CommandHeader {
            expected_version: (self.version > 0).then_some(self.version),
            ..header
        })
    }

    fn lead(&self) -> String {
        format!("{}-lead", self.ministry)
    }

    fn owner(&self) -> String {
        if self.ministry == "moh" { "manager".to_owned() } else { format!("{}-manager", self.ministry) }
    }

    async fn go(&mut self, people: &HashMap<String, String>) -> Result<()> {
        self.propose().await?;
        let (entry, lead) = (self.entry, self.lead());
        match entry.outcome.as_str() {
            "PROPOSED" => return Ok(()),
            "WITHDRAWN" => {
                send!(self, entry.proposer.clone(), withdraw_initiative(WithdrawInitiativeRequest {}));
                return Ok(());
            }
            _ => send!(self, lead.clone(), start_review(StartReviewRequest {})),
        }
        if let Some(changes) = &entry.changes {
            send!(
                self,
                lead,
                request_changes(RequestChangesRequest { items: text(changes, "").into_iter().collect() })
            );
        } else if let Some(declined) = &entry.decline {
            send!(
                self,
                lead,
                decline_initiative(DeclineInitiativeRequest {
                    reason_code: DeclineReason::wire(&declined.reason),
                    feedback: text(&declined.feedback, ""),
                    similar_initiative_id: String::new(),
                })
            );
        } else if let Some(shelved) = &entry.shelve {
            let revisit = time::OffsetDateTime::now_utc().date() + time::Duration::days(shelved.days);
            send!(
                self,
                lead,
                shelve_initiative(ShelveInitiativeRequest {
                    reason_code: ShelveReason::wire(&shelved.reason),
                    feedback: text(&shelved.feedback, ""),
                    revisit_on: revisit.to_string(),
                })
            );
        } else if entry.stage > 0 {
            self.accept_and_advance(people).await?;
        }
        Ok(())
    }

    async fn propose(&mut self) -> Result<()> {
        let entry = self.entry;
        let [enhancement_oriented, mission_oriented, adaptive, anticipatory] = entry.facets;
        let types: Vec<i32> = entry.types.iter().map(|name| InnovationType::wire(name)).collect();
        let classification = Classification {
            facet_weights: Some(FacetWeights {
                enhancement_oriented,
                mission_oriented,
                adaptive,
                anticipatory,
            }),
            primary_type: types.first().copied().unwrap_or_default(),
            innovation_types: types,
            novelty: Novelty::wire(&entry.novelty),
            horizon: Horizon::wire(&entry.horizon),
        };
        send!(
            self,
            entry.proposer.clone(),
            propose_initiative(ProposeInitiativeRequest {
                title: text(&entry.title_he, &entry.title_en),
                summary: text(&entry.summary_he, ""),
                problem_statement: text(&entry.problem_he, ""),
                solution_hypothesis: entry
                    .solution
                    .as_ref()
                    .or(Some(&entry.summary_he))
                    .and_then(|s| text(s, "")),
                origin: Origin::Grassroots.into(),
                lead_org_unit_id: id("unit", &entry.unit),
                partner_org_unit_ids: vec![],
                co_proposer_ids: vec![],
                anonymous_to_line: false,
                classification: Some(classification),
                beneficiaries: vec![Beneficiary { group: "CITIZENS".to_owned(), estimated_count: None }],
                tags: entry.tags.clone(),
                mission_id: String::new(),
                challenge_id: String::new(),
            })
        );
        Ok(())
    }

    async fn accept_and_advance(&mut self, people: &HashMap<String, String>) -> Result<()> {
        let (entry, lead, owner) = (self.entry, self.lead(), self.owner());
        send!(
            self,
            lead.clone(),
            accept_initiative(AcceptInitiativeRequest {
                initial_stage: Stage::IdentifyingProblems.into(),
                owner_unit_id: id("unit", &entry.unit),
            })
        );
        for stage in 2..=entry.stage.min(3) {
            tracing::debug!(stage, key = entry.key, "advancing");
            send!(self, lead.clone(), advance_stage(AdvanceStageRequest {}));
        }
        if let (Some(kpi), Some(budget)) = (&entry.kpi, entry.budget) {
            let owner_manager_id = people.get(&owner).cloned().unwrap_or_default();
            send!(
                self,
                lead.clone(),
                assign_owner(AssignOwnerRequest { owner_manager_id: owner_manager_id })
            );
            self.prepare(kpi, budget, &owner).await?;
            send!(self, lead.clone(), advance_stage(AdvanceStageRequest {}));
            self.deliver(kpi, &owner).await?;
        }
        if let Some(stopped) = &entry.stop {
            send!(
                self,
                lead,
                stop_initiative(StopInitiativeRequest {
                    reason_code: StopReason::wire(&stopped.reason),
                    result: ExperimentResult::wire(&stopped.result),
                    learning_summary: text(&stopped.learning, ""),
                })
            );
        }
        Ok(())
    }

    async fn prepare(&mut self, kpi: &KpiEntry, budget: i64, owner: &str) -> Result<()> {
        let kpi_id = id("kpi", &self.entry.key);
        let kpi = Kpi {
            name: text(&kpi.name, ""),
            outcome_dimension: OutcomeDimension::wire(&kpi.dimension),
            unit: KpiUnit::wire(&kpi.unit),
            direction: KpiDirection::wire(&kpi.direction),
            baseline_micros: kpi.baseline * 1_000_000,
            baseline_on: "2026-01-01".to_owned(),
            baseline_source: "דיווח היחידה".to_owned(),
            target_micros: kpi.target * 1_000_000,
            target_on: "2027-12-31".to_owned(),
            tolerance_micros: None,
            weight: 100,
            frequency_days: 30,
            trajectory: vec![],
        };
        send!(self, owner.to_owned(), define_kpi(DefineKpiRequest { kpi_id: kpi_id, kpi: Some(kpi) }));
        send!(
            self,
            format!("{}-dg", self.ministry),
            approve_budget(ApproveBudgetRequest {
                amount: Some(Money { currency: "ILS".to_owned(), minor_units: budget }),
                source_line: "תקנת חדשנות 24.05".to_owned(),
                effort_only: false,
            })
        );
        send!(self, owner.to_owned(), declare_interest(DeclareInterestRequest { none: true, text: None }));
        send!(
            self,
            owner.to_owned(),
            record_privacy_screen(RecordPrivacyScreenRequest {
                screen: PrivacyScreen::Basic.into(),
                pia_ref: String::new(),
            })
        );
        send!(
            self,
            owner.to_owned(),
            declare_no_material_risk(DeclareNoMaterialRiskRequest {
                reason: text(
                    "הניסוי מוגבל בהיקף, הפיך בכל רגע, ואינו משנה זכאות או טיפול של איש בלי החלטת איש מקצוע.",
                    ""
                ),
            })
        );
        Ok(())
    }

    async fn deliver(&mut self, kpi: &KpiEntry, owner: &str) -> Result<()> {
        let halfway = kpi.baseline + (kpi.target - kpi.baseline) * 3 / 5;
        send!(
            self,
            owner.to_owned(),
            record_measurement(RecordMeasurementRequest {
                kpi_id: id("kpi", &self.entry.key),
                on: "2026-07-02".to_owned(),
                value_micros: halfway * 1_000_000,
                source: "מדידה רבעונית".to_owned(),
                evidence_level: EvidenceLevel::PositiveChange.into(),
                document: None,
            })
        );
        send!(
            self,
            owner.to_owned(),
            report_self_confidence(ReportSelfConfidenceRequest {
                rating: Confidence::Green.into(),
                note: None,
            })
        );
        Ok(())
    }
}
