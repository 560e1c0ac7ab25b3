//! Of which characters a text by people may consist.
//!
//! Line feeds, tabs, direction marks and balanced isolates belong to texts with lines. What deceives the eye is
//! refused everywhere. Hebrew mixes with Latin inside a word (הAPI), so scripts are not judged.

use domain::Reason;
use unicode_normalization::UnicodeNormalization as _;

/// Trimmed, in NFC.
pub(super) fn tidy(text: &str) -> String {
    text.trim().nfc().collect()
}

/// The first character that has no place in the text, and why.
pub(super) fn misplaced(text: &str, lines: bool) -> Option<(Reason, char)> {
    let unwanted = text.chars().find_map(|c| Some((unwanted(c, lines)?, c)));
    unwanted.or_else(|| text.split('\n').find_map(unbalanced).map(|c| (Reason::ValidationBidi, c)))
}

fn unwanted(c: char, lines: bool) -> Option<Reason> {
    match c {
        '\n' | '\t' if lines => None,
        // Direction marks and isolates.
        '\u{200E}' | '\u{200F}' | '\u{2066}'..='\u{2069}' => (!lines).then_some(Reason::ValidationBidi),
        // Embeddings, overrides, the Arabic letter mark.
        '\u{202A}'..='\u{202E}' | '\u{061C}' => Some(Reason::ValidationBidi),
        // Soft hyphen, zero-width spaces and joiners, invisible operators, byte order mark.
        '\u{00AD}' | '\u{180E}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' => {
            Some(Reason::ValidationFormat)
        }
        // Line and paragraph separators, annotations, tags and variants of ideographs.
        '\u{2028}' | '\u{2029}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}' => {
            Some(Reason::ValidationFormat)
        }
        c if c.is_control() || is_noncharacter(c) => Some(Reason::ValidationFormat),
        _ => None,
    }
}

fn is_noncharacter(c: char) -> bool {
    ('\u{FDD0}'..='\u{FDEF}').contains(&c) || u32::from(c) & 0xFFFE == 0xFFFE
}

/// The isolate, or the end of one, that has no counterpart in the line.
fn unbalanced(line: &str) -> Option<char> {
    let mut open = Vec::new();
    for c in line.chars() {
        match c {
            '\u{2066}'..='\u{2068}' => open.push(c),
            '\u{2069}' if open.pop().is_none() => return Some(c),
            _ => {}
        }
    }
    open.pop()
}
