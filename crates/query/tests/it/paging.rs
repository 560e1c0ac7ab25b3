//! Pages: every row once, in the order of the whole, whatever the order and whatever happens meanwhile; tokens
//! that fit one query of one caller.

use contract::portfolio::v1::ListInitiativesRequest;
use query::Caller;
use read_model::{
    Scope,
    rows::{Initiative, InitiativeCard, Text},
};
use time::Duration;
use uuid::Uuid;

use crate::{
    lines::{Dice, card_of, id, ministry, person, population, titled},
    world::{World, board, caller, filtered, ids, lead, portfolio_manager, violation, violations},
};

const SORTS: [&str; 7] =
    ["updated_at", "proposed_on", "number", "title_he", "title_en", "stage", "approved_budget"];

fn ordered(order_by: &str, page_size: i32) -> ListInitiativesRequest {
    ListInitiativesRequest { order_by: order_by.to_owned(), page_size, ..ListInitiativesRequest::default() }
}

/// All pages one after the other; `between` happens after each.
async fn walk(
    world: &mut World,
    caller: &Caller,
    request: ListInitiativesRequest,
    mut between: impl AsyncFnMut(&mut World),
) -> Vec<Uuid> {
    let (mut seen, mut request) = (Vec::new(), request);
    loop {
        let page = world.list(caller, request.clone()).await.unwrap();
        seen.extend(ids(&page));
        if page.next_page_token.is_empty() {
            return seen;
        }
        assert!(!page.initiatives.is_empty(), "a page that is not the last has rows");
        request.page_token = page.next_page_token;
        between(world).await;
    }
}

/// Every sort in both directions, and pairs of them in all combinations of directions.
fn orders() -> Vec<String> {
    let directed = |name: &str| [name.to_owned(), format!("{name} desc")];
    let mut orders: Vec<String> = SORTS.iter().flat_map(|name| directed(name)).collect();
    for (at, first) in SORTS.iter().enumerate() {
        let second = SORTS[(at + 3) % SORTS.len()];
        for first in directed(first) {
            orders.extend(directed(second).map(|second| format!("{first}, {second}")));
        }
    }
    orders.push("stage desc, approved_budget, title_he desc, updated_at".to_owned());
    orders
}

#[tokio::test]
async fn pages_in_every_order_are_the_whole_list_cut_into_pieces() {
    let lines = population(150);
    let mut world = World::with(&lines).await;
    for caller in [board(), lead(&[ministry(0), ministry(2)])] {
        for order in orders() {
            let whole = world.list(&caller, ordered(&order, 1000)).await.unwrap();
            let pieces = walk(&mut world, &caller, ordered(&order, 13), async |_| {}).await;
            assert_eq!(pieces, ids(&whole), "{order}");
        }
    }
    let all = world.list(&board(), ordered("", 1000)).await.unwrap();
    assert_eq!((all.initiatives.len(), all.total), (150, 150));
}

/// The sort keys of the lines as a model knows them; titles are left to their collation.
#[tokio::test]
async fn an_order_is_the_one_asked_for_with_absent_values_last_and_ties_by_id() {
    let mut lines = population(150);
    let world = World::with(&lines).await;
    let listed = async |order: &str| ids(&world.list(&board(), ordered(order, 1000)).await.unwrap());
    let sorted = |lines: &[Initiative]| lines.iter().map(|line| line.initiative_id).collect::<Vec<_>>();

    lines.sort_by_key(|i| (std::cmp::Reverse(i.updated_at), i.initiative_id));
    assert_eq!(listed("").await, sorted(&lines));
    lines.sort_by_key(|i| (i.approved_budget.is_none(), i.approved_budget, i.initiative_id));
    assert_eq!(listed("approved_budget").await, sorted(&lines));
    lines.sort_by_key(|i| (std::cmp::Reverse(i.approved_budget), i.initiative_id));
    assert_eq!(listed("approved_budget desc").await, sorted(&lines));
    lines.sort_by_key(|i| (i.stage_order, std::cmp::Reverse(i.proposed_on), i.initiative_id));
    assert_eq!(listed("stage, proposed_on desc").await, sorted(&lines));
    lines.sort_by_key(|i| i.number_order);
    assert_eq!(listed("number").await, sorted(&lines));
}

#[tokio::test]
async fn titles_stand_in_the_order_of_their_language() {
    // By bytes, Latin letters would come first, and niqqud would separate what is spelled alike.
    let titles = ["1 תכנית", "אב", "אָב", "בית", "שלום", "תור", "ai", "Beta", "zoo"];
    let mut shuffled: Vec<Initiative> = (0..).zip(titles).map(|(n, title)| titled(n + 1, title)).collect();
    shuffled.reverse();
    let world = World::with(&shuffled).await;
    let listed = world.list(&board(), ordered("title_he", 100)).await.unwrap();
    let listed: Vec<String> = listed.initiatives.into_iter().map(|row| row.title.unwrap().he).collect();
    assert_eq!(listed, titles);
}

#[tokio::test]
async fn a_row_that_stays_is_met_once_while_others_change() {
    for order in ["updated_at desc", "title_he, updated_at", "approved_budget desc, stage"] {
        let lines = population(120);
        let mut world = World::with(&lines).await;
        let mut dice = Dice(7);
        let mut moved: Vec<Uuid> = Vec::new();
        let mut moment = lines.iter().map(|line| line.updated_at).max().unwrap();
        let seen = walk(&mut world, &board(), ordered(order, 10), async |world| {
            let mut changed: Vec<Initiative> = (0..5).map(|_| dice.one(&lines)).collect();
            changed.sort_by_key(|line| line.initiative_id);
            changed.dedup_by_key(|line| line.initiative_id);
            for line in &mut changed {
                moment += Duration::seconds(1);
                line.updated_at = moment;
                line.title_he = dice.one(&["א", "ת", "a"]).to_owned();
                line.approved_budget = dice.perhaps(&[1, 200_000_000]);
                moved.push(line.initiative_id);
            }
            world.portfolio.put(&changed).await;
        })
        .await;
        for line in lines.iter().filter(|line| !moved.contains(&line.initiative_id)) {
            let met = seen.iter().filter(|id| **id == line.initiative_id).count();
            assert_eq!(met, 1, "{order}: {}", line.initiative_id);
        }
    }
}

#[tokio::test]
async fn a_page_has_the_size_asked_for_within_bounds() {
    let world = World::with(&population(60)).await;
    let sizes = [(0, 50), (1, 1), (60, 60), (1001, 60)];
    for (asked, expected) in sizes {
        let page = world.list(&board(), ordered("", asked)).await.unwrap();
        assert_eq!((page.initiatives.len(), page.total), (expected, 60), "{asked}");
        assert_eq!(page.next_page_token.is_empty(), expected == 60, "{asked}");
    }
    let refused = violations(world.list(&board(), ordered("", -1)).await.unwrap_err());
    assert_eq!(refused, [violation("VALIDATION_RANGE", "page_size")]);
}

#[tokio::test]
async fn a_page_ends_before_an_answer_grows_too_large() {
    let mut world = World::new().await;
    let lines = population(1000);
    let long = Text { he: Some("א".repeat(2000)), en: Some("a".repeat(2000)), ..Text::default() };
    let cards: Vec<InitiativeCard> =
        lines.iter().map(|line| InitiativeCard { summary: long.clone(), ..card_of(line) }).collect();
    world.portfolio.put_with(&lines, &cards).await;
    let page = world.list(&board(), ordered("", 1000)).await.unwrap();
    let bytes = prost::Message::encoded_len(&page);
    assert!(bytes < 4 * 1024 * 1024 && page.initiatives.len() < 1000, "{bytes}");
    let mut seen = walk(&mut world, &board(), ordered("", 1000), async |_| {}).await;
    seen.sort();
    let mut all: Vec<Uuid> = lines.iter().map(|line| line.initiative_id).collect();
    all.sort();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn a_token_fits_the_query_and_the_caller_that_it_was_given_for() {
    let world = World::with(&population(60)).await;
    let own = |n, ministry| {
        caller(Scope { person: Some(person(n)), ministries: vec![ministry], ..Scope::default() })
    };
    let asker = own(1, ministry(0));
    let request = ListInitiativesRequest { text: String::new(), ..ordered("number", 2) };
    let page_token = world.list(&asker, request.clone()).await.unwrap().next_page_token;
    assert!(!page_token.is_empty());
    let next = ListInitiativesRequest { page_token: page_token.clone(), ..request };

    world.list(&asker, next.clone()).await.unwrap();
    // Another size is the same query.
    world.list(&asker, ListInitiativesRequest { page_size: 5, ..next.clone() }).await.unwrap();

    let others = [
        ListInitiativesRequest { filter: "stage:*".to_owned(), ..next.clone() },
        ListInitiativesRequest { text: "תור".to_owned(), ..next.clone() },
        ListInitiativesRequest { order_by: "number desc".to_owned(), ..next.clone() },
        ListInitiativesRequest { effective_on: "2026-11-24".to_owned(), ..next.clone() },
        ListInitiativesRequest { page_token: page_token[1..].to_owned(), ..next.clone() },
        ListInitiativesRequest { page_token: format!("{page_token}AA"), ..next.clone() },
    ];
    let invalid = [violation("PAGE_TOKEN_INVALID", "page_token")];
    for other in others {
        let refused = world.list(&asker, other.clone()).await.unwrap_err();
        assert_eq!(violations(refused), invalid, "{other:?}");
    }
    // Somebody else in the same scope, the same person in another, and one who knows more.
    let mut knowing = asker.clone();
    knowing.audience.hidden_proposers = true;
    for other in [own(2, ministry(0)), own(1, ministry(1)), knowing, board(), portfolio_manager()] {
        let refused = world.list(&other, next.clone()).await.unwrap_err();
        assert_eq!(violations(refused), invalid, "{other:?}");
    }
}

#[tokio::test]
async fn an_empty_list_is_one_page() {
    let world = World::with(&[titled(1, "תור")]).await;
    let page = world.list(&board(), filtered("status = STOPPED")).await.unwrap();
    assert_eq!((page.initiatives.len(), page.total, page.next_page_token.as_str()), (0, 0, ""));
    let page = world.list(&board(), ordered("", 1)).await.unwrap();
    assert_eq!((ids(&page), page.next_page_token.as_str()), (vec![id(1)], ""));
}
