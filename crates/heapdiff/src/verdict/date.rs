//! A day, as an allow-list names it.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

/// A day of the calendar, in UTC. Written `2026-12-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "toml::value::Datetime")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// The last second of the year 9999, since 1970.
const LAST: Duration = Duration::from_secs(253_402_300_799);

impl Date {
    /// The day of a moment.
    pub fn of(moment: SystemTime) -> Self {
        // before 1970 and after 9999 no clock is right, and there is no text for it
        let last = SystemTime::UNIX_EPOCH + LAST;
        let moment = moment.clamp(SystemTime::UNIX_EPOCH, last);
        let text = humantime::format_rfc3339_seconds(moment).to_string();
        text.get(..10)
            .and_then(|day| day.parse().ok())
            .unwrap_or(Self {
                year: 1970,
                month: 1,
                day: 1,
            })
    }
}

impl FromStr for Date {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date = text
            .parse::<toml::value::Datetime>()
            .map_err(|_| "not a day; write it as 2026-12-31")?;
        date.try_into()
    }
}

impl TryFrom<toml::value::Datetime> for Date {
    type Error = &'static str;

    fn try_from(moment: toml::value::Datetime) -> Result<Self, Self::Error> {
        match moment.date {
            Some(date) if moment.time.is_none() => Ok(Self {
                year: date.year,
                month: date.month,
                day: date.day,
            }),
            _ => Err("not a day; write it as 2026-12-31, without the time"),
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_ordered_and_read_as_they_are_written() {
        let day: Date = "2026-12-31".parse().expect("a day");
        assert_eq!(day.to_string(), "2026-12-31");
        assert!(day < "2027-01-01".parse().expect("a day"));
        for wrong in [
            "2026-13-01",
            "tomorrow",
            "2026-12-31T00:00:00Z",
            "00:00:00",
            "",
        ] {
            assert!(wrong.parse::<Date>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_moment_has_its_day_in_utc() {
        let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(86_399);
        assert_eq!(Date::of(moment).to_string(), "1970-01-01");
        let moment = moment + Duration::from_secs(1);
        assert_eq!(Date::of(moment).to_string(), "1970-01-02");
    }
}
