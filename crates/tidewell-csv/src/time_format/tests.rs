//! Formats by name and strftime formats.

use super::*;
use crate::timezone::{LocalTimes, Timezone};

fn read(format: &str, text: &str) -> Result<i64, TimeError> {
    let reading = Reading::of(&format.parse().unwrap()).unwrap();
    reading.read(text.as_bytes(), &mut LocalClock::new(Timezone::UTC, LocalTimes::Refuse)).map(|ns| ns / SECOND_NS)
}

#[test]
fn time_format_each_reads_its_texts() {
    for (format, text, seconds) in [
        ("%Y-%m-%d %H:%M:%S", "2024-01-31 12:00:00", 1_706_702_400),
        ("%b %d %Y", "Jan 1 2000", 946_684_800),
        ("%d/%m/%Y %H.%M.%S", "10/03/2004 18.00.00", 1_078_941_600),
        ("%Y %m %d %H", "2010 1 2 0", 1_262_390_400),
        ("%d/%m/%y", "31/01/24", 1_706_659_200),
        ("%m/%d/%Y %I:%M %p", "01/31/2024 12:00 PM", 1_706_702_400),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-01-31T14:00:00+0200", 1_706_702_400),
        ("%Y-%j", "2024-031", 1_706_659_200),
        ("%s", "1706702400", 1_706_702_400),
        ("day_first", "01/02/2024", 1_706_745_600),
        ("month_first", "02/01/2024 00:00", 1_706_745_600),
        ("epoch_ms", "1706702400000", 1_706_702_400),
        ("epoch_s", "5", 5),
        ("auto", "2024-01-31T12:00:00Z", 1_706_702_400),
    ] {
        assert_eq!(read(format, text), Ok(seconds), "{format} {text}");
        let format: TimeFormat = format.parse().unwrap();
        assert_eq!(Reading::of(&format).unwrap().format(), format);
        assert_eq!(format.to_string().parse::<TimeFormat>().unwrap(), format);
    }
}

#[test]
fn time_format_other_texts_are_refused() {
    for (format, text) in [
        ("%Y-%m-%d", "2024-01-31 12:00"),
        ("%Y-%m-%d", "2024-02-30"),
        ("%H:%M", "12:00"),
        ("%Y-%m", "2024-01"),
        ("%Y", "\u{7f}"),
        ("epoch_s", "2024-01-31"),
        ("month_first", "31/01/2024"),
        ("day_first", "01/31/2024"),
    ] {
        assert!(read(format, text).is_err(), "{format} {text}");
    }
}

#[test]
fn time_format_unknown_words_name_what_there_is() {
    for text in ["", "dayfirst", "yyyy-mm-dd", "%!", "%"] {
        let error = text.parse::<TimeFormat>().unwrap_err().to_string();
        assert!(error.contains(&format!("{text:?}")), "{error}");
    }
}
