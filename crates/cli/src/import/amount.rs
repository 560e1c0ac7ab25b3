//! Amounts of money as sources write them: signs, separators, suffixes, words in their place.

/// What a cell says about an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    /// In the minor unit of the currency, such as pence. `rounded` when the source is finer than that.
    Minor { units: i64, rounded: bool },
    /// Nothing is said.
    Absent,
    /// Something that is no amount of ours: a word such as `Exempt`, less than nothing, or too much.
    Other,
}

/// The largest amount there is, in minor units.
const MINOR_UNITS_MAX: i128 = 10_000_000_000_000;

/// Words that say nothing.
const ABSENT: [&str; 6] = ["", "-", "n/a", "na", "not applicable", "none"];

/// Reads an amount whose numbers count `factor` major units, unless a suffix such as `m` says otherwise.
pub(super) fn amount(text: &str, factor: u64) -> Amount {
    let folded = text.trim().to_lowercase();
    if ABSENT.contains(&folded.as_str()) {
        return Amount::Absent;
    }
    number(&folded, factor).unwrap_or(Amount::Other)
}

fn number(text: &str, factor: u64) -> Option<Amount> {
    let digits = text.trim_start_matches(['£', '$', '€', '₪']).trim_start();
    let end = digits.find(|c: char| !c.is_ascii_digit() && !",. ".contains(c)).unwrap_or(digits.len());
    let (digits, suffix) = digits.split_at(end);
    let factor = match suffix.trim_end_matches('.') {
        "" => u128::from(factor),
        "k" | "thousand" => 1_000,
        "m" | "mn" | "million" => 1_000_000,
        "bn" | "billion" => 1_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = digits.trim().split_once('.').unwrap_or((digits.trim(), ""));
    let whole = grouped(whole)?;
    if fraction.len() > 12 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Exact: integers of the finest digit written, never a float.
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let fraction: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let scaled = (whole.checked_mul(scale)? + fraction).checked_mul(factor * 100)?;
    let (units, rest) = (scaled / scale, scaled % scale);
    let units = i128::try_from(units).ok()? + i128::from(rest * 2 >= scale && rest > 0);
    let units = i64::try_from(units).ok().filter(|units| i128::from(*units) <= MINOR_UNITS_MAX)?;
    Some(Amount::Minor { units, rounded: rest > 0 })
}

/// Digits, perhaps in groups of three.
fn grouped(text: &str) -> Option<u128> {
    let groups: Vec<&str> = text.split([',', ' ']).collect();
    let right = groups.len() == 1 || groups[1..].iter().all(|group| group.len() == 3);
    let digits = groups.concat();
    (right && !digits.is_empty() && digits.len() <= 15).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(units: i64) -> Amount {
        Amount::Minor { units, rounded: false }
    }

    #[test]
    fn amounts_are_read_exactly_in_all_their_forms() {
        for (text, units) in [
            ("450.37", 45_037_000_000),
            ("112", 11_200_000_000),
            ("0", 0),
            ("£1.90m", 190_000_000),
            ("£312.00m", 31_200_000_000),
            ("£ 1,234.56", 123_456_000_000),
            ("£12,131.50", 1_213_150_000_000),
            ("£49,891.20", 4_989_120_000_000),
            (" £0.00m ", 0),
            ("1.5bn", 150_000_000_000),
            ("250k", 25_000_000),
        ] {
            assert_eq!(amount(text, 1_000_000), minor(units), "{text}");
        }
        assert_eq!(amount("1,234.56", 1), minor(123_456));
    }

    #[test]
    fn what_is_finer_than_the_minor_unit_is_rounded_and_said_to_be() {
        let rounded = |units| Amount::Minor { units, rounded: true };
        assert_eq!(amount("4.868823529", 1_000_000), rounded(486_882_353));
        assert_eq!(amount("0.001", 1), rounded(0));
        assert_eq!(amount("0.005", 1), rounded(1));
    }

    #[test]
    fn words_and_amounts_that_are_none_of_ours_are_told_apart_from_silence() {
        for text in ["", " ", "N/A", "-", "n/a "] {
            assert_eq!(amount(text, 1), Amount::Absent, "{text}");
        }
        for text in [
            "Exempt under Section 43 of the Freedom of Information Act 2000",
            "Exempt",
            "TBC",
            "Reset",
            "-2.7",
            "-£74.90",
            "(2.7)",
            "1.2.3",
            "1,23",
            "£",
            "100,001",
            "12%",
        ] {
            assert_eq!(amount(text, 1_000_000), Amount::Other, "{text}");
        }
    }
}
