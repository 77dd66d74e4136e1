//! A moment, in the form each receiver expects. Which moment it is, is decided by the caller.

use std::fmt;

use serde::{Serialize, Serializer};

const US_PER_MS: i64 = 1000;
const MS_PER_DAY: i64 = 86_400_000;
/// From the first of March of the year 0 to the Unix epoch.
const DAYS_BEFORE_EPOCH: i64 = 719_468;
const DAYS_PER_ERA: i64 = 146_097;

/// A moment, to the millisecond: a `Date` in JavaScript, and in JSON the text that `Date#toJSON()`
/// makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    unix_ms: i64,
}

impl Date {
    /// The name of the newtype by which a serializer that is not for people recognises it. It
    /// contains milliseconds since the Unix epoch.
    pub const NAME: &'static str = "memwatch::Date";

    /// From milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_unix_ms(unix_ms: i64) -> Self {
        Self { unix_ms }
    }

    /// From microseconds since the Unix epoch; a part of a millisecond is cut off.
    #[must_use]
    pub const fn from_unix_us(unix_us: i64) -> Self {
        Self {
            unix_ms: unix_us.div_euclid(US_PER_MS),
        }
    }
}

impl fmt::Display for Date {
    /// `2026-11-30T00:51:44.000Z`. The calendar is the proleptic Gregorian one, as in JavaScript.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.unix_ms.div_euclid(MS_PER_DAY) + DAYS_BEFORE_EPOCH;
        let ms = self.unix_ms.rem_euclid(MS_PER_DAY);
        // Years begin in March here, so that a leap day is the last of its year.
        let era = days.div_euclid(DAYS_PER_ERA);
        let day_of_era = days.rem_euclid(DAYS_PER_ERA);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12 + 1;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
            ms / 3_600_000,
            ms / 60_000 % 60,
            ms / 1000 % 60,
            ms % 1000,
        )
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_newtype_struct(Self::NAME, &self.unix_ms)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn its_text_is_that_of_javascript() {
        // Of `new Date(ms).toJSON()`.
        for (unix_ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
            (1_795_999_904_000, "2026-11-30T00:51:44.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            let date = Date::from_unix_ms(unix_ms);
            assert_eq!(date.to_string(), text);
            assert_eq!(serde_json::to_string(&date).unwrap(), format!("\"{text}\""));
        }
    }

    #[test]
    fn a_part_of_a_millisecond_is_cut_off() {
        assert_eq!(Date::from_unix_us(1999), Date::from_unix_ms(1));
        assert_eq!(Date::from_unix_us(-1), Date::from_unix_ms(-1));
    }
}
