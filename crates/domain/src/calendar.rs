//! The civil calendar of Asia/Jerusalem: the one place that knows the time zone.

use crate::values::{CivilDate, Timestamp};

/// The civil date in Asia/Jerusalem at a moment.
pub fn civil_date(moment: Timestamp) -> CivilDate {
    let zone = jiff::tz::TimeZone::get("Asia/Jerusalem").expect("the time zone database is compiled in");
    CivilDate::from_jiff(zone.to_datetime(moment.jiff()).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_changes_at_midnight_in_jerusalem() {
        let day = |text: &str| civil_date(text.parse().unwrap()).to_string();
        assert_eq!(day("2026-01-15T21:59:59.999999Z"), "2026-01-15");
        assert_eq!(day("2026-01-15T22:00:00.000000Z"), "2026-01-16");
        assert_eq!(day("2026-07-15T21:00:00.000000Z"), "2026-07-16");
    }
}
