//! Seconds since 1970 as a date, in UTC. Knows no time zone and no clock.

/// A moment, as it appears in file names.
pub(crate) struct DateTime {
    pub year: u64,
    pub month: u64,
    pub day: u64,
    pub hour: u64,
    pub minute: u64,
    pub second: u64,
}

/// The date of a moment. By Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>): years begin in March, so
/// that the day that is not always there comes last.
pub(crate) fn date_time(unix_seconds: u64) -> DateTime {
    const DAY: u64 = 86_400;
    /// From 1 March of the year 0 to 1 January 1970.
    const DAYS_BEFORE_1970: u64 = 719_468;
    /// Days in 400 years, after which the calendar repeats.
    const ERA: u64 = 146_097;

    let days = unix_seconds / DAY + DAYS_BEFORE_1970;
    let day_of_era = days % ERA;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = match month_from_march {
        0..=9 => month_from_march + 3,
        _ => month_from_march - 9,
    };
    DateTime {
        year: days / ERA * 400 + year_of_era + u64::from(month <= 2),
        month,
        day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
        hour: unix_seconds % DAY / 3_600,
        minute: unix_seconds % 3_600 / 60,
        second: unix_seconds % 60,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts day by day.
    fn slow_date(days: u64) -> (u64, u64, u64) {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for _ in 0..days {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + u64::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
        (year, month, day)
    }

    #[test]
    fn dates_are_those_that_counting_days_gives() {
        for days in (0..150_000)
            .step_by(97)
            .chain([11_016, 11_017, 47_540, 47_541])
        {
            let date = date_time(days * 86_400 + 86_399);
            assert_eq!(
                (date.year, date.month, date.day),
                slow_date(days),
                "day {days}"
            );
            assert_eq!((date.hour, date.minute, date.second), (23, 59, 59));
        }
    }
}
