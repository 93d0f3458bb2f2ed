//! Income, savings and debts.

use proptest::prelude::*;

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

fn budget(usd: f64) -> Budget {
    Budget::new(usd, INTERVAL_MAX_DEFAULT).unwrap()
}

#[test]
fn budget_that_is_no_money_is_refused() {
    for usd in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Budget::new(usd, HOUR).is_err(), "{usd}");
    }
}

#[test]
fn busy_interval_of_fifteen_dollars_is_a_second() {
    let interval = budget(15.25).time_to_earn(5.8e-6);
    assert!((interval.as_secs_f64() - 1.0).abs() < 0.001, "{interval:?}");
    assert_eq!(budget(15.0).time_to_earn(0.0), Duration::ZERO);
    assert_eq!(budget(1e-300).time_to_earn(1.0), Duration::MAX);
}

#[test]
fn purse_saves_an_hour_and_writes_off_what_is_more_than_an_hour_of_debt() {
    let budget = budget(10.0);
    let hour = budget.usd_per_second() * 3_600.0;
    let mut purse = Purse::new(budget, Duration::ZERO, 0.0);
    purse.earn(HOUR * 50);
    assert!((purse.credit_usd() - hour).abs() < 1e-12);
    purse.pay(hour * 2.5);
    assert!((purse.credit_usd() + hour).abs() < 1e-12);
    assert!((purse.written_off_usd() - hour * 0.5).abs() < 1e-12);
    purse.earn(HOUR * 51);
    assert!(purse.credit_usd().abs() < 1e-12);
    purse.earn(HOUR * 10);
    purse.earn(HOUR * 51);
    assert!(purse.credit_usd().abs() < 1e-12, "a clock that went back earns nothing twice");
}

#[test]
fn purse_begins_with_enough_for_one_flush() {
    let mut purse = Purse::new(budget(0.01), Duration::ZERO, 5.8e-6);
    assert_eq!(purse.reserve(5.8e-6), Duration::ZERO);
    assert_eq!(purse.reserve(5.8e-6), INTERVAL_MAX_DEFAULT);
}

proptest! {
    /// What is paid is the income, what was there, what is owed, and what was written off: nothing else.
    #[test]
    fn purse_accounts_for_every_dollar(
        usd in 0.01..1_000.0_f64,
        steps in proptest::collection::vec((0..10_000_000_u64, 0.0..1.0_f64), 1..200),
    ) {
        let mut purse = Purse::new(budget(usd), Duration::ZERO, 1e-5);
        let (began, rate) = (purse.credit_usd(), budget(usd).usd_per_second());
        let (mut now, mut paid) = (Duration::ZERO, 0.0);
        for (ms, pay) in steps {
            now += Duration::from_millis(ms);
            purse.earn(now);
            purse.pay(pay);
            paid += pay;
            let most = began + rate * now.as_secs_f64() - purse.credit_usd() + purse.written_off_usd();
            prop_assert!(paid <= most * (1.0 + 1e-9), "{paid} of {most}");
            prop_assert!(purse.credit_usd() >= -rate * 3_600.0 * (1.0 + 1e-9));
        }
    }
}
