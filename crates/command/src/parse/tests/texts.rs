//! Which texts pass, how they are stored, and why others are refused.

use contract::common::v1::{Language as WireLanguage, LocalizedText as WireText};
use domain::{
    Reason::{
        self, ValidationBidi, ValidationEnumUnspecified, ValidationFormat, ValidationLength,
        ValidationPersonalData, ValidationRequired,
    },
    values::{Language, LocalizedText},
};
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::{super::Fields, refused};

/// The shortest field with lines.
const LINES: usize = 201;
const LINE: usize = 200;

fn plain(text: &str, most: usize) -> Result<String, Vec<(Reason, String)>> {
    let mut fields = Fields::default();
    let read = fields.plain("field", text, 1..=most);
    read.ok_or_else(|| refused(fields))
}

#[test]
fn texts_are_trimmed_and_stored_in_nfc() {
    for (given, stored) in [
        ("  כותרת \n", "כותרת"),
        ("\u{A0}כותרת\u{3000}", "כותרת"),
        // NFC orders the points: dagesh after qamats.
        ("שּׁ\u{5B8}", "ש\u{5B8}\u{5BC}\u{5C1}"),
        ("בְּרֵאשִׁית", "בְּרֵאשִׁית"),
        ("cafe\u{301}", "café"),
        ("\u{212B}ngström", "Ångström"),
        ("עלות ה-API והAPI: 3.5% (₪)", "עלות ה-API והAPI: 3.5% (₪)"),
        ("תנ\"ך, צה״ל, ג׳ירפה ומקף־עברי", "תנ\"ך, צה״ל, ג׳ירפה ומקף־עברי"),
        ("السلام عليكم", "السلام عليكم"),
        ("חדשנות 🚀❤\u{FE0F}🇮🇱👍🏽", "חדשנות 🚀❤\u{FE0F}🇮🇱👍🏽"),
    ] {
        assert_eq!(plain(given, LINE).as_deref(), Ok(stored), "{given}");
    }
}

#[test]
fn lines_direction_marks_and_balanced_isolates_belong_to_long_fields() {
    for (text, in_a_line) in [
        ("שורה\nשורה", ValidationFormat),
        ("א\tב", ValidationFormat),
        ("מחיר\u{200F}: 5", ValidationBidi),
        ("C++\u{200E} בעברית", ValidationBidi),
        ("ראו \u{2068}README\u{2069} כאן", ValidationBidi),
        ("\u{2067}א \u{2066}b\u{2069}\u{2069}\n\u{2068}c\u{2069}", ValidationBidi),
    ] {
        assert_eq!(plain(text, LINES).as_deref(), Ok(text));
        assert_eq!(plain(text, LINE), Err(vec![(in_a_line, "field".into())]), "{text:?}");
    }
}

#[test]
fn characters_that_deceive_or_hide_are_refused_everywhere() {
    for (text, reason) in [
        ("abc\u{202E}fdp.exe", ValidationBidi),
        ("\u{202A}א\u{202C}", ValidationBidi),
        ("\u{202B}א\u{202C}", ValidationBidi),
        ("\u{202D}א\u{202C}", ValidationBidi),
        ("א\u{61C}ב", ValidationBidi),
        ("א\u{2067}ב", ValidationBidi),
        ("א\u{2069}ב", ValidationBidi),
        ("\u{2066}א\nב\u{2069}", ValidationBidi),
        ("א\u{2069}\u{2066}ב", ValidationBidi),
        ("א\u{0}ב", ValidationFormat),
        ("א\rב", ValidationFormat),
        ("א\u{1B}[31mב", ValidationFormat),
        ("א\u{7F}ב", ValidationFormat),
        ("א\u{9D}ב", ValidationFormat),
        ("א\u{AD}ב", ValidationFormat),
        ("א\u{200B}ב", ValidationFormat),
        ("א\u{200D}ב", ValidationFormat),
        ("👩\u{200D}💻", ValidationFormat),
        ("א\u{2028}ב", ValidationFormat),
        ("א\u{2060}ב", ValidationFormat),
        ("\u{FEFF}אב", ValidationFormat),
        ("א\u{FFFE}ב", ValidationFormat),
        ("א\u{FDD0}ב", ValidationFormat),
        ("א\u{10FFFF}ב", ValidationFormat),
        ("א\u{E0041}ב", ValidationFormat),
        ("\u{2060}secret-0\u{2060}", ValidationFormat),
    ] {
        for most in [LINE, LINES] {
            assert_eq!(plain(text, most), Err(vec![(reason, "field".into())]), "{text:?}");
        }
    }
}

#[test]
fn lengths_are_counted_in_characters_after_trimming() {
    let length = |text: &str| plain(text, 4);
    assert_eq!(length(" 🚀🚀🚀🚀 ").as_deref(), Ok("🚀🚀🚀🚀"));
    // A letter and its points are several.
    assert_eq!(length("שָׁלם"), Err(vec![(ValidationLength, "field".into())]));
    assert_eq!(length("e\u{301}e\u{301}e\u{301}e\u{301}").as_deref(), Ok("éééé"));
    assert_eq!(length(" \n\t "), Err(vec![(ValidationRequired, "field".into())]));
}

#[test]
fn everything_wrong_with_one_text_is_told() {
    let wrong = |reason| (reason, "field".to_owned());
    assert_eq!(
        plain("\u{202E}dana@moh.gov.il 050-1234567", 9),
        Err(vec![
            wrong(ValidationLength),
            wrong(ValidationBidi),
            wrong(ValidationPersonalData),
            wrong(ValidationPersonalData),
        ])
    );
}

fn text(he: &str, en: &str, ar: &str, source: WireLanguage) -> Result<LocalizedText, Vec<(Reason, String)>> {
    let mut fields = Fields::default();
    let [he, en, ar] = [he, en, ar].map(str::to_owned);
    let read = fields.text("title", &Some(WireText { he, en, ar, source_lang: source.into() }), 2..=9);
    read.ok_or_else(|| refused(fields))
}

#[test]
fn a_text_is_in_hebrew_or_english_and_knows_its_original() {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let right =
        |he, en, ar, source_lang| Ok(LocalizedText { he: some(he), en: some(en), ar: some(ar), source_lang });
    let wrong = |reason, path: &str| Err(vec![(reason, path.to_owned())]);
    use WireLanguage::{Ar, En, He, Unspecified};
    assert_eq!(text("אב", "ab", "", Unspecified), right("אב", "ab", "", Language::Hebrew));
    assert_eq!(text(" ", "ab", "اب", Unspecified), right("", "ab", "اب", Language::English));
    assert_eq!(text("אב", "ab", "", En), right("אב", "ab", "", Language::English));
    assert_eq!(text("אב", "", "اب", Ar), right("אב", "", "اب", Language::Arabic));
    assert_eq!(text("", "", "اب", Unspecified), wrong(ValidationRequired, "title"));
    assert_eq!(text("", "", "", He), wrong(ValidationRequired, "title"));
    assert_eq!(text("", "ab", "", He), wrong(ValidationRequired, "title.he"));
    let each = ["title.he", "title.en", "title.ar"].map(|path| (ValidationLength, path.to_owned()));
    assert_eq!(text("א", "a", "abcdefghij", Unspecified), Err(each.to_vec()));
}

#[test]
fn a_language_that_is_none_is_refused() {
    let mut fields = Fields::default();
    let given = WireText { he: "אב".into(), source_lang: 4, ..Default::default() };
    assert_eq!(fields.text("title", &Some(given), 2..=9), None);
    assert_eq!(refused(fields), [(ValidationEnumUnspecified, "title.source_lang".to_owned())]);
}

proptest! {
    #[test]
    fn no_text_is_too_strange_to_be_judged(given in any::<String>(), most in 1..300_usize) {
        if let Ok(stored) = plain(&given, most) {
            prop_assert!((1..=most).contains(&stored.chars().count()));
            prop_assert_eq!(plain(&stored, most), Ok(stored));
        }
    }
}
