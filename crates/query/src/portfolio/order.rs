//! The order of the list, in AIP-132 syntax: `title_he, updated_at desc`.

use contract::status::Violation;
use read_model::reads::Sort;

use crate::filter::echo;

const SORTS: &[(&str, Sort)] = &[
    ("updated_at", Sort::UpdatedAt),
    ("proposed_on", Sort::ProposedOn),
    ("number", Sort::Number),
    ("title_he", Sort::TitleHe),
    ("title_en", Sort::TitleEn),
    ("stage", Sort::Stage),
    ("approved_budget", Sort::ApprovedBudget),
];

/// The order asked for. Unasked, the newest change stands first; of a search, what fits best.
pub(super) fn parse(order_by: &str, searching: bool) -> Result<Vec<(Sort, bool)>, Vec<Violation>> {
    if order_by.trim().is_empty() {
        let newest = (Sort::UpdatedAt, true);
        return Ok(if searching { vec![(Sort::Relevance, true), newest] } else { vec![newest] });
    }
    let mut order: Vec<(Sort, bool)> = Vec::new();
    let mut problems = Vec::new();
    // No order without a problem has more parts.
    for part in order_by.split(',').take(SORTS.len() + 1) {
        match sort(part, &order) {
            Ok(sort) => order.push(sort),
            Err(problem) => {
                problems.push(Violation::new("ORDER_INVALID").at("order_by").with("problem", problem));
            }
        }
    }
    if problems.is_empty() { Ok(order) } else { Err(problems) }
}

fn sort(part: &str, before: &[(Sort, bool)]) -> Result<(Sort, bool), String> {
    let words: Vec<&str> = part.split_whitespace().collect();
    let (name, descending) = match words[..] {
        [name] => (name, false),
        [name, "desc"] => (name, true),
        _ => return Err(format!("`{}` is not a field, alone or followed by desc", echo(part.trim()))),
    };
    let Some((_, sort)) = SORTS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = SORTS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no order by `{}`; there are {}", echo(name), known.join(", ")));
    };
    if before.iter().any(|(named, _)| named == sort) {
        return Err(format!("`{name}` is named twice"));
    }
    Ok((*sort, descending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_its_fields_each_with_its_direction() {
        let newest = (Sort::UpdatedAt, true);
        assert_eq!(parse("", false), Ok(vec![newest]));
        assert_eq!(parse(" ", true), Ok(vec![(Sort::Relevance, true), newest]));
        let asked = vec![(Sort::TitleHe, false), (Sort::Stage, true)];
        assert_eq!(parse(" title_he ,  stage  desc", true), Ok(asked));
    }

    #[test]
    fn a_wrong_order_says_what_is_wrong_and_what_is_allowed() {
        let known = "there are updated_at, proposed_on, number, title_he, title_en, stage, approved_budget";
        for (order_by, problem) in [
            ("colour", format!("there is no order by `colour`; {known}")),
            ("number; desc", format!("there is no order by `number;`; {known}")),
            ("number asc", "`number asc` is not a field, alone or followed by desc".to_owned()),
            ("number,", "`` is not a field, alone or followed by desc".to_owned()),
            ("number, number desc", "`number` is named twice".to_owned()),
        ] {
            let expected = Violation::new("ORDER_INVALID").at("order_by").with("problem", problem);
            assert_eq!(parse(order_by, false), Err(vec![expected]), "{order_by}");
        }
    }
}
