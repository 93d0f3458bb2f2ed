//! The last hour's mean.

use proptest::prelude::*;

use super::*;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn recent_of_a_steady_flow_is_its_rate() {
    let mut recent = Recent::new(at(500));
    for second in 0..20_000 {
        recent.add(at(500 + second), 2.0);
        if second > 120 {
            let rate = recent.per_second(at(501 + second));
            assert!((rate - 2.0).abs() < 0.05, "{rate} after {second} s");
        }
    }
}

#[test]
fn recent_forgets_what_is_over_an_hour_old() {
    let mut recent = Recent::new(at(0));
    recent.add(at(10), 60.0);
    assert_eq!(recent.per_second(at(10)), 1.0);
    assert!((recent.per_second(at(3_000)) - 0.02).abs() < 1e-9);
    assert_eq!(recent.per_second(at(3_700)), 0.0);
    recent.add(at(1_000_000), 6.0);
    assert!(recent.per_second(at(1_000_000)) > 0.0);
}

proptest! {
    #[test]
    fn recent_holds_no_less_than_59_minutes_and_no_more_than_60(
        steps in proptest::collection::vec((0..600_u64, 0..100_u32), 1..200),
    ) {
        let mut recent = Recent::new(at(0));
        let (mut now, mut all) = (0, Vec::new());
        for (wait, amount) in steps {
            now += wait;
            recent.add(at(now), f64::from(amount));
            all.push((now, f64::from(amount)));
            let since = |age: u64| all.iter().filter(|(when, _)| now - when < age).map(|(_, amount)| amount).sum::<f64>();
            let seconds = (59 * 60 + now % 60).min(now).max(60) as f64;
            let held = recent.per_second(at(now)) * seconds;
            prop_assert!(held >= since(59 * 60) - 1e-6 && held <= since(60 * 60) + 1e-6, "{held}");
        }
    }
}
