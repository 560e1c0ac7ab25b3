//! The arguments of a proposal and of a classification.

use contract::portfolio::v1::{Classification, FacetWeights, Horizon, InnovationType, Novelty, Origin};
use uuid::Uuid;

use crate::codes::code;

/// An idea. Every text is in Hebrew, English or both.
#[derive(Debug, clap::Args)]
pub struct Proposal {
    /// 5 to 160 characters
    #[arg(long)]
    pub title_he: Option<String>,
    #[arg(long)]
    pub title_en: Option<String>,
    /// 30 to 2000 characters
    #[arg(long)]
    pub summary_he: Option<String>,
    #[arg(long)]
    pub summary_en: Option<String>,
    /// 30 to 4000 characters
    #[arg(long)]
    pub problem_he: Option<String>,
    #[arg(long)]
    pub problem_en: Option<String>,
    /// 30 to 4000 characters; needed from the third stage on
    #[arg(long)]
    pub solution_he: Option<String>,
    #[arg(long)]
    pub solution_en: Option<String>,
    /// Code or id of the ministry or auxiliary unit that leads
    #[arg(long, value_name = "CODE")]
    pub ministry: String,
    /// Code or id of a partner; may be repeated
    #[arg(long, value_name = "CODE")]
    pub partner: Vec<String>,
    #[arg(long, value_parser = code::<Origin>, default_value = "GRASSROOTS")]
    pub origin: i32,
    /// Reference of another who proposes it; may be repeated
    #[arg(long, value_name = "UUID")]
    pub co_proposer: Vec<Uuid>,
    /// Hides the proposer from the own line until accepted
    #[arg(long)]
    pub anonymous_to_line: bool,
    /// May be repeated
    #[arg(long)]
    pub tag: Vec<String>,
    /// Its id, when a proposal is sent again
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
    #[command(flatten)]
    pub classifying: Classifying,
}

/// The place in the framework.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Classification")]
pub struct Classifying {
    /// Basis points of the facets enhancement-oriented, mission-oriented, adaptive, anticipatory, such as
    /// 4000,3000,2000,1000
    #[arg(long, value_delimiter = ',', num_args = 1, value_name = "E,M,A,A")]
    facets: Vec<u32>,
    /// What is being innovated, 1 to 4, comma-separated; the first is the primary one unless told otherwise
    #[arg(long, value_delimiter = ',', num_args = 1, value_parser = code::<InnovationType>)]
    types: Vec<i32>,
    #[arg(long, value_parser = code::<InnovationType>)]
    primary_type: Option<i32>,
    #[arg(long, value_parser = code::<Novelty>)]
    novelty: Option<i32>,
    #[arg(long, value_parser = code::<Horizon>)]
    horizon: Option<i32>,
}

impl Classifying {
    /// Nothing when nothing was said; what is missing is the server's to refuse.
    pub fn classification(&self) -> Option<Classification> {
        let said = !self.facets.is_empty() || !self.types.is_empty();
        if !said && self.primary_type.is_none() && self.novelty.is_none() && self.horizon.is_none() {
            return None;
        }
        let weight = |at: usize| self.facets.get(at).copied().unwrap_or_default();
        let facet_weights = (!self.facets.is_empty()).then(|| FacetWeights {
            enhancement_oriented: weight(0),
            mission_oriented: weight(1),
            adaptive: weight(2),
            anticipatory: weight(3),
        });
        Some(Classification {
            facet_weights,
            innovation_types: self.types.clone(),
            primary_type: self.primary_type.or(self.types.first().copied()).unwrap_or_default(),
            novelty: self.novelty.unwrap_or_default(),
            horizon: self.horizon.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        classifying: Classifying,
    }

    #[test]
    fn a_classification_is_read_from_the_command_line_in_any_case() {
        let line = "x --facets 4000,3000,2000,1000 --types ai,data-and-evidence --novelty new_to_unit --horizon H1_UNDER_12M";
        let line = Line::try_parse_from(line.split(' ')).unwrap();
        let expected = Classification {
            facet_weights: Some(FacetWeights {
                enhancement_oriented: 4000,
                mission_oriented: 3000,
                adaptive: 2000,
                anticipatory: 1000,
            }),
            innovation_types: vec![InnovationType::Ai.into(), InnovationType::DataAndEvidence.into()],
            primary_type: InnovationType::Ai.into(),
            novelty: Novelty::NewToUnit.into(),
            horizon: Horizon::H1Under12m.into(),
        };
        assert_eq!(line.classifying.classification(), Some(expected));
        let nothing = Line::try_parse_from(["x"]).unwrap();
        assert_eq!(nothing.classifying.classification(), None);
        let wrong = Line::try_parse_from(["x", "--novelty", "NEW"]).unwrap_err().to_string();
        assert!(wrong.contains("NEW_TO_GOVERNMENT"), "{wrong}");
    }
}
