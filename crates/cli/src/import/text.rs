//! Texts of a source made fit for a field: characters that have a place there, and at most so many of them.
//!
//! Nothing is invented. What is cut says so, and by how much.

use unicode_normalization::UnicodeNormalization as _;

/// Takes the place of a character that the source's encoding does not define.
pub(super) const REPLACEMENT: char = '\u{FFFD}';

/// A text of several lines: every kind of line end is a line feed, invisible characters are left out.
pub(super) fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{B}', '\u{C}'], "\n");
    text.nfc().filter_map(visible).collect::<String>().trim().to_owned()
}

/// A text of one line.
pub(super) fn line(text: &str) -> String {
    lines(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn visible(c: char) -> Option<char> {
    match c {
        '\n' | '\t' => Some(c),
        // Soft hyphens, zero-width characters, direction marks, embeddings, invisible operators.
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => None,
        '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' => None,
        c if c.is_control() => Some(REPLACEMENT),
        c => Some(c),
    }
}

/// How many characters a text has.
pub(super) fn length(text: &str) -> usize {
    text.chars().count()
}

/// The first part of a text, of at most so many characters, and the rest: parted at the last line end, sentence
/// or word of the part's final third, else in the middle of a word.
pub(super) fn part(text: &str, chars_max: usize) -> (&str, &str) {
    let Some((end, _)) = text.char_indices().nth(chars_max) else { return (text, "") };
    let head = &text[..end];
    let late = |at: &usize| *at > end / 3 * 2;
    let at = head.rfind('\n').filter(late);
    let at = at.or_else(|| head.rfind(". ").map(|at| at + 1).filter(late));
    let at = at.or_else(|| text[end..].starts_with(char::is_whitespace).then_some(end));
    let at = at.or_else(|| head.rfind(char::is_whitespace).filter(late)).unwrap_or(end);
    (text[..at].trim_end(), text[at..].trim_start())
}

/// At most so many characters, the last of which tell how many were left out.
pub(super) fn cut(text: &str, chars_max: usize) -> String {
    if length(text) <= chars_max {
        return text.to_owned();
    }
    // Room for a note on as many characters as any cell has.
    let (head, rest) = part(text, chars_max.saturating_sub(40));
    format!("{head} […{} characters left out]", length(rest))
}

/// A title of at most so many characters, ending in an ellipsis when it was longer.
pub(super) fn cut_title(title: &str, chars_max: usize) -> String {
    if length(title) <= chars_max {
        return title.to_owned();
    }
    format!("{}…", part(title, chars_max - 1).0)
}

/// A day in one of the forms, such as `dd.mm.yy` or `m/d/yyyy`, as ISO 8601. Of two digits, 70 to 99 are of the
/// last century.
pub(super) fn day(text: &str, forms: &[String]) -> Option<String> {
    forms.iter().find_map(|form| day_in(text.trim(), form))
}

fn day_in(text: &str, form: &str) -> Option<String> {
    let separator = form.chars().find(|c| !c.is_alphabetic())?;
    let parts: Vec<&str> = text.split(separator).collect();
    let names: Vec<&str> = form.split(separator).collect();
    if parts.len() != names.len() || !parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let number = |letter: char| -> Option<(usize, i32)> {
        let at = names.iter().position(|name| name.starts_with(letter))?;
        let fits = parts[at].len() == names[at].len() || names[at].len() == 1;
        Some((parts[at].len(), parts[at].parse().ok().filter(|_| fits)?))
    };
    let year = match number('y')? {
        (2, year) if year >= 70 => 1900 + year,
        (2, year) => 2000 + year,
        (_, year) => year,
    };
    let month = u8::try_from(number('m')?.1).ok().and_then(|month| time::Month::try_from(month).ok())?;
    let day = u8::try_from(number('d')?.1).ok()?;
    time::Date::from_calendar_date(year, month, day).ok().map(|day| day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_is_a_line_feed_and_invisible_characters_are_left_out() {
        assert_eq!(lines(" a\r\nb\rc\nd\u{2028}e\u{AD}f\u{200B}\u{FEFF} "), "a\nb\nc\nd\nef");
        assert_eq!(lines("Quantum\u{9D} system"), "Quantum\u{FFFD} system");
        assert_eq!(lines("cafe\u{301}"), "caf\u{e9}");
        assert_eq!(line("Two\r\n lines \tof a title"), "Two lines of a title");
    }

    #[test]
    fn a_text_is_parted_where_a_reader_would_pause() {
        assert_eq!(part("short", 10), ("short", ""));
        assert_eq!(part("One two. Three four five", 11), ("One two.", "Three four five"));
        assert_eq!(part("One two three\nfour five", 15), ("One two three", "four five"));
        assert_eq!(part("abcdefghij klm", 5), ("abcde", "fghij klm"));
        assert_eq!(part("שלום עולם טוב", 9), ("שלום עולם", "טוב"));
        assert_eq!(part("שלום עולם טוב", 11), ("שלום עולם", "טוב"));
    }

    #[test]
    fn what_is_cut_says_so_and_fits() {
        let text = "word ".repeat(60);
        let text = text.trim();
        let short = cut(text, 100);
        assert_eq!(short, format!("{} […{} characters left out]", "word ".repeat(12).trim(), 299 - 60));
        assert!(length(&short) <= 100);
        assert_eq!(cut(text, 299), text);
        assert_eq!(cut_title("A rather long title of a project", 20), "A rather long title…");
    }

    #[test]
    fn days_are_read_in_the_forms_of_the_source_and_in_no_others() {
        let forms: Vec<String> = ["dd/mm/yyyy", "dd.mm.yy", "m-d-yyyy"].map(str::to_owned).into();
        for (text, read) in [
            ("31/05/2010", Some("2010-05-31")),
            ("30.06.08", Some("2008-06-30")),
            ("01.04.98", Some("1998-04-01")),
            ("5-9-2021", Some("2021-05-09")),
            ("31.02.08", None),
            ("May 2010", None),
            ("1/5/2010", None),
            ("", None),
        ] {
            assert_eq!(day(text, &forms).as_deref(), read, "{text}");
        }
    }
}
