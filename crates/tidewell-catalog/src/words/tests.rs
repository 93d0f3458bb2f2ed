//! Which words a text has.

use super::*;

fn of(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.text).collect()
}

#[test]
fn words_of_texts_are_as_documented() {
    for (text, expected) in [
        ("", &[][..]),
        ("--/", &[]),
        ("plant_a/Sensor-017", &["plant", "a", "sensor", "17"]),
        ("sensor017", &["sensor", "17"]),
        ("000", &["0"]),
        ("tempSensorMax", &["temp", "sensor", "max"]),
        ("HTTPServer", &["http", "server"]),
        ("ABC", &["abc"]),
        ("a3f9c0d1", &["a3f9c0d1"]),
        ("m3h", &["m", "3", "h"]),
        ("Zürich", &["zürich"]),
        ("Zu\u{308}rich x", &["zurich", "x"]),
        ("温度 計", &["温度", "計"]),
        ("oneTwoThreeFourFiveSixSeven", &["onetwothreefourfivesixseven"]),
    ] {
        assert_eq!(of(text), expected, "{text}");
    }
}

#[test]
fn words_say_where_they_stand() {
    let text = "Zü-ab12 Cd";
    let found: Vec<&str> = words(text).iter().map(|word| &text[word.start..word.end]).collect();
    assert_eq!(found, ["Zü", "ab", "12", "Cd"]);
}

#[test]
fn words_that_are_indexed_are_joined_too() {
    let of = |text: &str| indexed(text).into_iter().map(|word| word.text).collect::<Vec<_>>();
    assert_eq!(of("TempSensor007.x"), ["temp", "sensor", "7", "x", "tempsensor"]);
    assert_eq!(of("ab12cd"), ["ab", "12", "cd"]);
    assert_eq!(of("a b-c"), ["a", "b", "c"]);
}

#[test]
fn word_that_is_too_long_is_cut() {
    assert_eq!(of(&"x".repeat(1000)), ["x".repeat(48)]);
}
