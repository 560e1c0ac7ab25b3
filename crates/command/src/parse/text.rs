//! Texts by people: there or not, of the length that their field takes, the private ones sealed.
//!
//! Of what they may consist is in `characters`, what must not slip into clear ones in `canary`.

use std::ops::RangeInclusive;

use contract::common::v1 as pb;
use domain::{
    Reason, Rejection,
    values::{Code as _, Language, LocalizedText, Private},
};
use vault::Class;

use super::{
    canary,
    characters::{misplaced, tidy},
    fields::Fields,
};

/// The longest text of one line, in characters.
const LINE_CHARS_MAX: usize = 200;

/// What a field takes.
struct Bounds {
    chars: RangeInclusive<usize>,
    /// The reason when nothing or too little is told.
    short: Reason,
    /// It may tell about people.
    private: bool,
}

impl Bounds {
    fn clear(chars: RangeInclusive<usize>) -> Self {
        Self { chars, short: Reason::ValidationLength, private: false }
    }

    fn private(chars: RangeInclusive<usize>) -> Self {
        Self { chars, short: Reason::ValidationLength, private: true }
    }

    fn lines(&self) -> bool {
        *self.chars.end() > LINE_CHARS_MAX
    }
}

impl Fields {
    /// A text in Hebrew, English or both, and perhaps Arabic; each within the bounds.
    pub fn text(
        &mut self,
        path: &str,
        text: &Option<pb::LocalizedText>,
        chars: RangeInclusive<usize>,
    ) -> Option<LocalizedText> {
        self.localized(path, text.as_ref(), &Bounds::clear(chars))
    }

    /// A text whose lack, or telling too little, is refused for a reason of its own.
    pub fn text_or(
        &mut self,
        path: &str,
        text: &Option<pb::LocalizedText>,
        chars: RangeInclusive<usize>,
        short: Reason,
    ) -> Option<LocalizedText> {
        self.localized(path, text.as_ref(), &Bounds { short, ..Bounds::clear(chars) })
    }

    /// A text that may be left out; given, it must be right.
    pub fn optional_text(
        &mut self,
        path: &str,
        text: &Option<pb::LocalizedText>,
        chars: RangeInclusive<usize>,
    ) -> Option<Option<LocalizedText>> {
        text.as_ref()
            .map_or(Some(None), |text| self.localized(path, Some(text), &Bounds::clear(chars)).map(Some))
    }

    /// Texts, each within the bounds.
    pub fn texts(
        &mut self,
        path: &str,
        texts: &[pb::LocalizedText],
        count: RangeInclusive<usize>,
        chars: RangeInclusive<usize>,
    ) -> Option<Vec<LocalizedText>> {
        let bounds = Bounds::clear(chars);
        self.list(path, texts, count, |fields, path, text| fields.localized(path, Some(text), &bounds))
    }

    /// A text in whatever language.
    pub fn plain(&mut self, path: &str, text: &str, chars: RangeInclusive<usize>) -> Option<String> {
        self.required_plain(path, text, &Bounds::clear(chars))
    }

    /// A text in whatever language that may be left empty.
    pub fn optional_plain(
        &mut self,
        path: &str,
        text: &str,
        chars: RangeInclusive<usize>,
    ) -> Option<Option<String>> {
        if tidy(text).is_empty() { Some(None) } else { self.plain(path, text, chars).map(Some) }
    }

    /// At most so many texts, each once.
    pub fn plains(
        &mut self,
        path: &str,
        texts: &[String],
        most: usize,
        chars: RangeInclusive<usize>,
    ) -> Option<Vec<String>> {
        let bounds = Bounds::clear(chars);
        let read = |fields: &mut Self, path: &str, text: &String| fields.required_plain(path, text, &bounds);
        let texts = self.list(path, texts, 0..=most, read)?;
        self.distinct(path, texts)
    }

    /// A text sealed under the case, whose lack, or telling too little, is refused for a reason of its own.
    pub fn private(
        &mut self,
        path: &str,
        text: &Option<pb::LocalizedText>,
        chars: RangeInclusive<usize>,
        short: Reason,
    ) -> Option<Private> {
        let text = self.localized(path, text.as_ref(), &Bounds { short, ..Bounds::private(chars) })?;
        let clear = serde_json::to_string(&text).expect("texts serialize");
        Some(self.seal(Class::Case, clear))
    }

    /// A text sealed under the case that may be left out.
    pub fn optional_private(
        &mut self,
        path: &str,
        text: &Option<pb::LocalizedText>,
        chars: RangeInclusive<usize>,
    ) -> Option<Option<Private>> {
        if text.is_none() {
            return Some(None);
        }
        self.private(path, text, chars, Reason::ValidationLength).map(Some)
    }

    /// A text in whatever language, sealed.
    pub fn private_plain(
        &mut self,
        path: &str,
        text: &str,
        chars: RangeInclusive<usize>,
        class: Class,
    ) -> Option<Private> {
        let clear = self.required_plain(path, text, &Bounds::private(chars))?;
        Some(self.seal(class, clear))
    }

    fn localized(
        &mut self,
        path: &str,
        text: Option<&pb::LocalizedText>,
        bounds: &Bounds,
    ) -> Option<LocalizedText> {
        let absent = pb::LocalizedText::default();
        let text = text.unwrap_or(&absent);
        let [he, en, ar] = [&text.he, &text.en, &text.ar].map(|text| tidy(text));
        let missing = he.is_empty() && en.is_empty();
        if missing {
            self.lacks::<()>(path, bounds);
        }
        let he = self.language(path, Language::Hebrew, he, bounds);
        let en = self.language(path, Language::English, en, bounds);
        let ar = self.language(path, Language::Arabic, ar, bounds);
        let source_lang = self.inside(path, |fields| fields.optional_code("source_lang", &text.source_lang));
        let (he, en, ar, source_lang) = (he?, en?, ar?, source_lang?);
        if missing {
            return None;
        }
        let is_there = |language: &Language| match language {
            Language::Hebrew => he.is_some(),
            Language::English => en.is_some(),
            Language::Arabic => ar.is_some(),
        };
        match source_lang.or_else(|| Language::ALL.iter().copied().find(is_there)) {
            Some(source_lang) if is_there(&source_lang) => Some(LocalizedText { he, en, ar, source_lang }),
            Some(absent) => self.refuse(&of(path, absent), Reason::ValidationRequired),
            None => None,
        }
    }

    /// One language of a text: `Some(None)` when it is not there.
    fn language(
        &mut self,
        path: &str,
        language: Language,
        text: String,
        bounds: &Bounds,
    ) -> Option<Option<String>> {
        if text.is_empty() { Some(None) } else { self.checked(&of(path, language), text, bounds).map(Some) }
    }

    fn required_plain(&mut self, path: &str, text: &str, bounds: &Bounds) -> Option<String> {
        match tidy(text) {
            text if text.is_empty() => self.lacks(path, bounds),
            text => self.checked(path, text, bounds),
        }
    }

    fn lacks<T>(&mut self, path: &str, bounds: &Bounds) -> Option<T> {
        match bounds.short {
            Reason::ValidationLength => self.refuse(path, Reason::ValidationRequired),
            short => self.refuse_bounds(path, short, &bounds.chars, 0),
        }
    }

    /// Characters, length and personal data of a text that is there.
    fn checked(&mut self, path: &str, text: String, bounds: &Bounds) -> Option<String> {
        let so_far = self.refusals();
        if let Some((reason, found)) = misplaced(&text, bounds.lines()) {
            let rejection = Rejection::new(reason).with("expected", "visible characters");
            self.refuse::<()>(path, rejection.with("found", format_args!("U+{:04X}", u32::from(found))));
        }
        let actual = text.chars().count();
        if actual < *bounds.chars.start() {
            self.refuse_bounds::<()>(path, bounds.short, &bounds.chars, actual);
        } else if actual > *bounds.chars.end() {
            self.refuse_bounds::<()>(path, Reason::ValidationLength, &bounds.chars, actual);
        }
        if !bounds.private {
            for kind in canary::personal_data(&text) {
                self.refuse::<()>(path, Rejection::new(Reason::ValidationPersonalData).with("kind", kind));
            }
        }
        (self.refusals() == so_far).then_some(text)
    }
}

fn of(path: &str, language: Language) -> String {
    let language = match language {
        Language::Hebrew => "he",
        Language::English => "en",
        Language::Arabic => "ar",
    };
    format!("{path}.{language}")
}
