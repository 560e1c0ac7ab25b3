//! A canary for personal data in texts that stay in clear: it finds what slips in, not what somebody hides.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

/// In `https://medium.com/@user` nothing stands before the sign, so that is none.
const EMAIL: &str = r"[\w.%+-]+@[\w-]+(\.[\w-]+)+";
/// The numbers in a page's address are its own.
const URL: &str = r"(https?://|www\.)\S+";
/// Area or mobile prefix, three digits, four digits, perhaps a separator between; `+972` in the place of the 0.
const PHONE: &str = r"(?x) (?-u:\b)
    (?: (?:00)?972 [\x20\u{A0}.\p{Pd}]? (?:\(?0\)?)? \(? | 0 )
    (?: [23489] | [57][0-9] ) \)?
    [\x20\u{A0}.\p{Pd}]? [0-9]{3} [\x20\u{A0}.\p{Pd}]? [0-9]{4} (?-u:\b)";
const NINE_DIGITS: &str = r"(?-u:\b)[0-9]{9}(?-u:\b)";

/// What makes a number an amount, with or without a space between.
const CURRENCIES: [&str; 8] = ["₪", "$", "€", "£", "ש\"ח", "ש״ח", "ILS", "NIS"];

/// The kinds of personal data in a text: `EMAIL`, `PHONE`, `NATIONAL_ID`.
pub(super) fn personal_data(text: &str) -> impl Iterator<Item = &'static str> {
    static PATTERNS: LazyLock<[Regex; 4]> = LazyLock::new(|| {
        [EMAIL, URL, PHONE, NINE_DIGITS].map(|pattern| Regex::new(pattern).expect("a pattern"))
    });
    let [email, url, phone, nine_digits] = &*PATTERNS;
    let text_of_pages = url.replace_all(text, " ");
    let number = |pattern: &Regex, is: fn(&str) -> bool| {
        let mut found = pattern.find_iter(&text_of_pages);
        found.any(|found| is(found.as_str()) && stands_alone(&text_of_pages, found.range()))
    };
    let kinds = [
        ("EMAIL", email.is_match(text)),
        ("PHONE", number(phone, |_| true)),
        ("NATIONAL_ID", number(nine_digits, is_national_id)),
    ];
    kinds.into_iter().filter_map(|(kind, found)| found.then_some(kind))
}

/// Not a part of a longer number, a path or an amount.
fn stands_alone(text: &str, number: Range<usize>) -> bool {
    let (before, after) = (&text[..number.start], &text[number.end..]);
    let mut back = before.chars().rev();
    let joined_before = match back.next() {
        Some('.' | ',' | ':' | '-') => back.next().is_some_and(|c| c.is_ascii_digit()),
        Some(c) => "/=#&?_".contains(c),
        None => false,
    };
    let mut ahead = after.chars();
    let joined_after = match ahead.next() {
        Some('.' | ',' | ':' | '-') => ahead.next().is_some_and(|c| c.is_ascii_digit()),
        Some(c) => "/%_".contains(c),
        None => false,
    };
    let is_amount = CURRENCIES
        .into_iter()
        .any(|currency| before.trim_end().ends_with(currency) || after.trim_start().starts_with(currency));
    !joined_before && !joined_after && !is_amount
}

/// Whether the last of nine digits is the check digit of the others. Round numbers are taken for amounts.
fn is_national_id(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    sum.is_multiple_of(10) && !digits.ends_with("0000")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&'static str> {
        personal_data(text).collect()
    }

    #[test]
    fn addresses_phones_and_national_ids_are_found_in_running_text() {
        for (text, kind) in [
            ("לפנות אל dana.levi@moh.gov.il בהקדם", "EMAIL"),
            ("(info+pilot@example.org)", "EMAIL"),
            ("https://user@example.org/login", "EMAIL"),
            ("טל' 050-1234567", "PHONE"),
            ("טל:0501234567.", "PHONE"),
            ("ל-02-5551234, בשעות הבוקר", "PHONE"),
            ("call 052 123 4567 now", "PHONE"),
            ("054.123.4567", "PHONE"),
            ("בטלפון 03–555–1234", "PHONE"),
            ("(02) 5551234", "PHONE"),
            ("+972-50-123-4567", "PHONE"),
            ("+972 (0)50 1234567", "PHONE"),
            ("+972 (3) 5551234", "PHONE"),
            ("00972501234567", "PHONE"),
            ("077-1234567", "PHONE"),
            ("02 050 1234567", "PHONE"),
            ("ת\"ז 123456782", "NATIONAL_ID"),
            ("ת.ז.123456782", "NATIONAL_ID"),
            ("ת\"ז: 000000018 (זמני)", "NATIONAL_ID"),
            ("(123456782)", "NATIONAL_ID"),
            ("לזהות 012345674.", "NATIONAL_ID"),
            ("ב123456782", "NATIONAL_ID"),
            ("123456780 123456782", "NATIONAL_ID"),
        ] {
            assert_eq!(found(text), [kind], "{text}");
        }
        assert_eq!(found("a@b.il 050-1234567 123456782"), ["EMAIL", "PHONE", "NATIONAL_ID"]);
    }

    #[test]
    fn figures_dates_pages_and_other_numbers_are_left_alone() {
        for text in [
            "",
            "תקציב של 1,234,567,82 או 12,345,678.2",
            "123,456,782 ₪",
            "123456782 ₪",
            "₪ 123456782",
            "סך 123456782 ש\"ח",
            "123456782.50",
            "123456782%",
            "240000000",
            "123456789",
            "1234567820",
            "A123456782",
            "123456782B",
            "05.12.2026",
            "2026-12-05 14:30",
            "02.12.2026 10:30-12:30",
            "02-12-2026",
            "24/11/2026",
            "שנת 2026, פרק 02, סעיף 555",
            "https://example.gov.il/cases/123456782?tel=0501234567",
            "www.example.gov.il/0501234567",
            "example.gov.il/123456782",
            "https://medium.com/@user/post",
            "@user",
            "מכרז 02-2024-1234",
            "0501234567890",
            "050-123456",
            "3d3a669e-4cf0-4f49-8121-d0501234567a",
            "*2456",
            "1-800-123456",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
