//! Days and moments as they are written to clients and read from them.

use time::{Date, OffsetDateTime, UtcOffset, macros::format_description};

/// A day in ISO 8601.
pub(crate) fn day(day: Date) -> String {
    day.format(format_description!("[year]-[month]-[day]")).expect("a day has year, month and day")
}

/// A day in ISO 8601, read back.
pub(crate) fn parse_day(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

/// A moment in RFC 3339, UTC, with microseconds.
pub(crate) fn moment(moment: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
    moment.to_offset(UtcOffset::UTC).format(format).expect("a moment has day and time")
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn moments_are_utc_with_microseconds_and_days_are_read_back() {
        assert_eq!(moment(datetime!(2026-11-30 10:00:00.5 +2)), "2026-11-30T08:00:00.500000Z");
        assert_eq!(day(date!(2026 - 01 - 02)), "2026-01-02");
        assert_eq!(parse_day("2026-01-02"), Some(date!(2026 - 01 - 02)));
        assert_eq!(parse_day("2026-1-2"), None);
    }
}
