//! Which rows are about one initiative, and the ids that follow from it.
//!
//! Sources without ids rename their projects. A name's key is what remains without case, punctuation, bracketed
//! abbreviations and words that do not count; a bracket such as `(formerly X)` and the mapping's table say which
//! keys are one. Ids are UUIDv5 of source and key, so a second run sends the same commands.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use super::mapping::Identity;

/// The namespace of a source's ids.
pub(super) fn namespace(source: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("urn:cornerstone:import:{source}").as_bytes())
}

/// The id of a unit that the mapping describes, the same for all sources.
pub(crate) fn unit_id(code: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("urn:cornerstone:unit:{code}").as_bytes())
}

/// Which keys are one, learnt from names in the order of the editions.
pub(super) struct Identities<'a> {
    rules: &'a Identity,
    /// Towards the key that counts.
    towards: HashMap<String, String>,
}

impl<'a> Identities<'a> {
    /// Knows what the mapping says.
    pub(super) fn new(rules: &'a Identity) -> Self {
        let mut identities = Self { rules, towards: HashMap::new() };
        for names in &rules.same {
            for pair in names.windows(2) {
                let (first, other) = (identities.key(&pair[0]), identities.key(&pair[1]));
                identities.unite(&first, &other);
            }
        }
        identities
    }

    /// Learns a name, and the earlier name that it may tell in brackets.
    pub(super) fn learn(&mut self, name: &str) {
        let (now, former) = self.names(name);
        let now = self.key(&now);
        let former = former.map(|former| self.key(&former)).filter(|former| !former.is_empty());
        match former {
            Some(former) if self.towards.contains_key(&former) => self.unite(&former, &now),
            Some(former) => self.unite(&now, &former),
            None => {
                self.towards.entry(now.clone()).or_insert(now);
            }
        }
    }

    /// The key that counts for a name.
    pub(super) fn of(&self, name: &str) -> String {
        self.root(&self.key(&self.names(name).0))
    }

    /// The name without an earlier one, and the earlier one.
    fn names(&self, name: &str) -> (String, Option<String>) {
        let lower = name.to_lowercase();
        for begins in &self.rules.former {
            let Some(at) = lower.find(&format!("({}", begins.to_lowercase())) else { continue };
            // Lower case may change lengths elsewhere than in ASCII; then the name is left as it is.
            let (Some(now), Some(rest)) = (name.get(..at), name.get(at + 1 + begins.len()..)) else {
                continue;
            };
            if !rest.starts_with(char::is_whitespace) {
                continue;
            }
            let (former, after) = rest.rsplit_once(')').unwrap_or((rest, ""));
            return (format!("{now}{after}"), Some(former.to_owned()));
        }
        (name.to_owned(), None)
    }

    fn key(&self, name: &str) -> String {
        let name: String = without_abbreviations(name).nfkc().collect();
        let name = name.to_lowercase().replace('&', " and ").replace(['\'', '’'], "");
        let mut words: Vec<&str> =
            name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        while words.len() > 1
            && self.rules.ending_words.iter().any(|word| words.last() == Some(&word.as_str()))
        {
            words.pop();
        }
        words.join(" ")
    }

    fn root(&self, key: &str) -> String {
        let mut key = key;
        while let Some(next) = self.towards.get(key).filter(|next| *next != key) {
            key = next;
        }
        key.to_owned()
    }

    /// The second becomes one with the first, whose key counts.
    fn unite(&mut self, first: &str, second: &str) {
        let (first, second) = (self.root(first), self.root(second));
        self.towards.entry(first.clone()).or_insert_with(|| first.clone());
        self.towards.insert(second, first);
    }
}

/// Leaves out brackets around one word that is mostly capitals and digits, such as `(HS2)` or `(DSaB)`.
fn without_abbreviations(name: &str) -> String {
    let mut rest = name;
    let mut kept = String::new();
    while let Some((before, inside, after)) = bracket(rest) {
        kept.push_str(before);
        let capitals = inside.chars().filter(|c| c.is_uppercase() || c.is_ascii_digit()).count();
        let is_word = inside.trim().chars().all(|c| c.is_alphanumeric() || c == '&');
        if !(is_word && capitals >= 2 && capitals * 2 >= inside.trim().chars().count()) {
            kept.push_str(&format!("({inside})"));
        }
        rest = after;
    }
    kept + rest
}

fn bracket(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('(')?;
    let (inside, after) = rest.split_once(')')?;
    Some((before, inside, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(same: &[&[&str]]) -> Identity {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Identity {
            column: "title".to_owned(),
            within: vec![],
            ending_words: owned(&["programme", "project"]),
            former: owned(&["formerly the", "formerly"]),
            same: same.iter().map(|names| owned(names)).collect(),
        }
    }

    fn keys(rules: &Identity, names: &[&str]) -> Vec<String> {
        let mut identities = Identities::new(rules);
        names.iter().for_each(|name| identities.learn(name));
        names.iter().map(|name| identities.of(name)).collect()
    }

    #[test]
    fn spellings_of_one_name_have_one_key() {
        let names = [
            "Intercity  Express Programme",
            "InterCity Express Programme (IEP)",
            "InterCity-Express",
            "Search & Rescue (SARH )",
            "Search and Rescue",
            "Digital Services (DSaB)",
            "Digital Services (London)",
            "Programme",
        ];
        assert_eq!(
            keys(&rules(&[]), &names),
            [
                "intercity express",
                "intercity express",
                "intercity express",
                "search and rescue",
                "search and rescue",
                "digital services",
                "digital services london",
                "programme",
            ]
        );
    }

    #[test]
    fn an_earlier_name_is_the_same_initiative_whichever_was_read_first() {
        let renamed = ["Future Options", "Eagle (formerly the Future Options Project)", "Eagle"];
        assert_eq!(keys(&rules(&[]), &renamed), ["future options"; 3]);
        let told_later = ["Columbus (Formerly Aspire (AR))", "Columbus", "Aspire"];
        assert_eq!(keys(&rules(&[]), &told_later), ["columbus"; 3]);
        let inside = ["Health (formerly Care) Network", "Health Network", "Care", "Depot (Formerlyville)"];
        let network = "health network";
        assert_eq!(keys(&rules(&[]), &inside), [network, network, network, "depot formerlyville"]);
    }

    #[test]
    fn the_table_of_the_mapping_says_which_names_are_one() {
        let same: &[&[&str]] = &[&["Dreadnought", "Successor SSBN", "Vanguard successor"]];
        let names = ["Successor SSBN Programme", "Other", "DREADNOUGHT"];
        assert_eq!(keys(&rules(same), &names), ["dreadnought", "other", "dreadnought"]);
    }

    #[test]
    fn ids_follow_from_source_and_key_alone() {
        assert_eq!(namespace("GMPP-UK").to_string(), "30205030-400d-5956-813f-1dc7524d0c65");
        assert_ne!(namespace("A"), namespace("B"));
    }
}
