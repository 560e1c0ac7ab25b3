//! Words are found whatever their prefix, niqqud, geresh or final letter.

use crate::database;

/// Whether a text with this title is found by these words.
async fn finds(pool: &sqlx::PgPool, words: &str, title: &str) -> bool {
    let sql = "SELECT he_vector($1, '') @@ he_query($2)";
    sqlx::query_scalar(sql).bind(title).bind(words).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn words_are_found_in_all_their_spellings() {
    let (_postgres, _url, pool) = database().await;
    for (words, title) in [
        ("מידע", "אבטחת המידע"),
        ("משרד", "חדשנות במשרד הבריאות"),
        ("המשרד", "חדשנות במשרד הבריאות"),
        ("צהל", "שיתוף פעולה עם צה״ל"),
        ("צה\"ל", "שיתוף פעולה עם צהל"),
        ("מנכל", "ומנכ״ל המשרד"),
        ("שלום", "שָׁלוֹם עולם"),
        ("בריאות", "משרד הבריאות"),
        ("הבריאות", "מערכת בריאות"),
        ("ירושלים", "בירושלים"),
        ("תל אביב", "תל־אביב"),
        ("תל אביב", "תל-אביב"),
        ("ai הבריאות", "AI במערכת הבריאות"),
        ("cve-2026-1234", "CVE-2026-1234"),
    ] {
        assert!(finds(&pool, words, title).await, "{words} in {title}");
    }
    for (words, title) in [("חינוך", "משרד הבריאות"), ("בריאות חינוך", "משרד הבריאות"), ("", "משרד הבריאות")]
    {
        assert!(!finds(&pool, words, title).await, "{words} in {title}");
    }
}

#[tokio::test]
async fn a_word_as_written_ranks_above_a_word_without_its_prefix() {
    let (_postgres, _url, pool) = database().await;
    let sql = "SELECT title FROM unnest($1::text[]) title
                ORDER BY ts_rank(he_vector(title, ''), he_query($2)) DESC";
    let titles = vec!["ידע לכל", "מידע לכל", "המידע לכל"];
    let ranked: Vec<String> =
        sqlx::query_scalar(sql).bind(titles).bind("מידע").fetch_all(&pool).await.unwrap();
    assert_eq!(ranked[0], "מידע לכל");
}

#[tokio::test]
async fn one_form_stands_for_all_spellings() {
    let (_postgres, _url, pool) = database().await;
    for (text, form) in [
        ("שָׁלוֹם", "שלומ"),
        ("  צה״ל  ו־Cloud ", "צהל ו cloud"),
        ("\u{202b}פרופ׳ כהן\u{202c}", "פרופ׳ כהנ"),
        ("ﬁx ２０２６", "fix 2026"),
    ] {
        let sql = "SELECT he_norm($1)";
        let found: String = sqlx::query_scalar(sql).bind(text).fetch_one(&pool).await.unwrap();
        assert_eq!(found, form);
    }
}
