//! Searching by words, in Hebrew and English.

use contract::portfolio::v1::ListInitiativesRequest;
use read_model::rows::Initiative;
use uuid::Uuid;

use crate::{
    lines::{card_of, id, ministry, text, titled},
    world::{World, board, ids, lead},
};

fn search(words: &str) -> ListInitiativesRequest {
    ListInitiativesRequest { text: words.to_owned(), ..ListInitiativesRequest::default() }
}

async fn found(world: &World, words: &str) -> Vec<Uuid> {
    let found = world.list(&board(), search(words)).await.unwrap();
    assert_eq!(found.total, found.initiatives.len() as u64);
    ids(&found)
}

#[tokio::test]
async fn words_are_found_whatever_their_prefix_niqqud_or_final_letter() {
    let titles = [
        "אבטחת המידע במשרד", // 1
        "שָׁלוֹם לכולם",        // 2
        "שיתוף עם צה״ל",     // 3
        "מנכ\"ל ומנכ״לית",   // 4
        "תל־אביב חכמה",      // 5
        "Digital Clinics",   // 6
    ];
    let lines: Vec<Initiative> = (1..).zip(titles).map(|(n, title)| titled(n, title)).collect();
    let world = World::with(&lines).await;
    for (words, expected) in [
        ("מידע", 1),
        ("המידע", 1),
        ("משרד", 1),
        ("אבטחת מידע", 1),
        ("שלום", 2),
        ("שָׁלוֹם", 2),
        ("שלומ", 2),
        ("צהל", 3),
        ("צה\"ל", 3),
        ("מנכל", 4),
        ("תל אביב", 5),
        ("תל-אביב", 5),
        ("DIGITAL clinics", 6),
    ] {
        assert_eq!(found(&world, words).await, [id(expected)], "{words}");
    }
    for nothing in ["חינוך", "מידע חינוך", "clinic", "!!!", "' OR 1=1 --", "\0"] {
        let expected = if nothing == "\0" { 6 } else { 0 };
        assert_eq!(found(&world, nothing).await.len(), expected, "{nothing}");
    }
}

#[tokio::test]
async fn summaries_and_tags_are_searched_and_numbers_and_keys_by_a_part() {
    let mut world = World::new().await;
    let lines = [
        Initiative { tags: vec!["בינה מלאכותית".to_owned()], ..titled(1, "ראשונה") },
        titled(2, "שנייה"),
        Initiative { source_key: Some("DH_0012".to_owned()), ..titled(3, "שלישית") },
    ];
    let mut cards = lines.clone().map(|line| card_of(&line));
    cards[1].summary = text("מערכת לניהול תורים בקופות");
    world.portfolio.put_with(&lines, &cards).await;
    for (words, expected) in [
        ("מלאכותית", 1),
        ("תורים קופות", 2),
        ("dh_0012", 3),
        ("0012", 3),
        ("INI-2026-00002", 2),
        ("26-00002", 2),
    ] {
        assert_eq!(found(&world, words).await, [id(expected)], "{words}");
    }
}

#[tokio::test]
async fn words_as_written_stand_before_words_without_their_prefix() {
    let mut world = World::new().await;
    // The newest first would be 3, 2, 1.
    let lines: Vec<Initiative> = (1..)
        .zip(["מידע לכול", "ידע לכול", "המידע לכול"])
        .map(|(n, title)| {
            let line = titled(u128::from(n), title);
            Initiative { updated_at: line.updated_at + std::time::Duration::from_secs(n), ..line }
        })
        .collect();
    world.portfolio.put(&lines).await;
    assert_eq!(found(&world, "מידע").await[0], id(1));
    assert_eq!(found(&world, "המידע").await[0], id(3));
    assert_eq!(found(&world, "ידע").await[0], id(2));
    let by_age = ListInitiativesRequest { order_by: "updated_at".to_owned(), ..search("מידע") };
    assert_eq!(ids(&world.list(&board(), by_age).await.unwrap()), [id(1), id(2), id(3)]);
}

#[tokio::test]
async fn what_fits_best_is_paged_like_any_order_and_searched_in_scope_only() {
    let spelled = ["מידע", "המידע", "ידע", "במידע רב", "מידע מידע", "למידע"];
    let lines: Vec<Initiative> = (0..40_u128)
        .map(|n| {
            let line = titled(n + 1, spelled[usize::try_from(n).unwrap() % spelled.len()]);
            Initiative { ministry_id: ministry(usize::try_from(n % 2).unwrap()), ..line }
        })
        .collect();
    let world = World::with(&lines).await;
    for caller in [board(), lead(&[ministry(1)])] {
        let whole = ListInitiativesRequest { page_size: 100, ..search("מידע") };
        let whole = ids(&world.list(&caller, whole).await.unwrap());
        assert_eq!(whole.len(), if caller == board() { 40 } else { 20 });
        let (mut pieces, mut request) =
            (Vec::new(), ListInitiativesRequest { page_size: 3, ..search("מידע") });
        loop {
            let page = world.list(&caller, request.clone()).await.unwrap();
            assert_eq!(page.total, whole.len() as u64);
            pieces.extend(ids(&page));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(pieces, whole);
    }
}
