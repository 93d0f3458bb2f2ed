//! Prices as numbers and as text.

use proptest::prelude::*;

use super::*;

#[test]
fn requests_at_the_default_follow_the_list() {
    let usage =
        Usage { gets: 500, heads: 500, puts: 400, lists: 500, others: 100, deletes: 1_000_000, ..Usage::default() };
    let usd = Prices::default().requests_usd(&usage);
    assert!((usd - (0.0004 + 0.005)).abs() < 1e-12, "{usd}");
    assert!((Prices::default().append_usd() - 5.8e-6).abs() < 1e-15);
}

/// The first example of the FAQ that names the prices, whose 10 KB are counted as 10 / 2^20 GB.
#[test]
fn requests_at_express_cost_what_its_example_says() {
    let bytes = 10 * 1024;
    let usage = Usage {
        puts: 1_000_000,
        gets: 9_000_000,
        deletes: 1_000_000,
        bytes_out: 1_000_000 * bytes,
        bytes_in: 9_000_000 * bytes,
        ..Usage::default()
    };
    let usd = Prices::S3_EXPRESS.requests_usd(&usage) + 10.0 * Prices::S3_EXPRESS.storage_usd_per_gb_month;
    assert!((usd - 2.58).abs() < 0.01, "{usd}");
}

#[test]
fn text_changes_what_it_names_and_keeps_the_rest_of_its_list() {
    let prices: Prices = "write=0.004, read=0.0003,storage=0".parse().unwrap();
    let expected = Prices {
        write_usd_per_1000: 0.004,
        read_usd_per_1000: 0.0003,
        storage_usd_per_gb_month: 0.0,
        ..Prices::default()
    };
    assert_eq!(prices, expected);
    for (name, list) in Prices::NAMED {
        assert_eq!(name.parse(), Ok(list));
    }
    let prices: Prices = "s3-express,storage=0.16".parse().unwrap();
    assert_eq!(prices, Prices { storage_usd_per_gb_month: 0.16, ..Prices::S3_EXPRESS });
}

#[test]
fn text_that_is_wrong_is_refused_with_what_would_be_right() {
    let refused = |text: &str| text.parse::<Prices>().unwrap_err().to_string();
    assert!(refused("cheap").contains("s3-standard, s3-express, none"));
    assert!(refused("write=0.1,none").contains("\"none\" is no price"));
    assert!(refused("").contains("no price"));
    assert!(refused("writes=1").contains("write, read, upload"));
    assert!(refused("write=1,write=2").contains("twice"));
    for value in ["-1", "NaN", "inf", "1e999", "free", ""] {
        assert!(refused(&format!("read={value}")).contains("at least 0"), "{value}");
    }
}

#[test]
fn json_takes_some_of_the_prices_and_refuses_others() {
    let prices: Prices = serde_json::from_str(r#"{"write_usd_per_1000": 0.01}"#).unwrap();
    assert_eq!(prices, Prices { write_usd_per_1000: 0.01, ..Prices::default() });
    assert!(serde_json::from_str::<Prices>(r#"{"write": 1}"#).is_err());
    let negative = serde_json::from_str::<Prices>(r#"{"read_usd_per_1000": -1}"#).unwrap_err();
    assert!(negative.to_string().contains("at least 0"), "{negative}");
}

proptest! {
    #[test]
    fn text_of_any_prices_gives_them_back(values in proptest::array::uniform8(0.0..1e6_f64)) {
        let mut prices = Prices::NONE;
        for ((_, place), value) in prices.keys().into_iter().zip(values) {
            *place = value;
        }
        prop_assert_eq!(prices.to_string().parse(), Ok(prices));
        let mut read: Prices = serde_json::from_str(&serde_json::to_string(&prices).unwrap()).unwrap();
        for ((_, read), value) in read.keys().into_iter().zip(values) {
            prop_assert!((*read - value).abs() <= value * 1e-12);
        }
    }

    #[test]
    fn requests_cost_the_sum_of_their_parts(a in 0..1_000_000_u64, b in 0..1_000_000_u64, bytes in 0..1_u64 << 40) {
        let (one, other) = (Usage { puts: a, bytes_out: bytes, ..Usage::default() }, Usage { gets: b, ..Usage::default() });
        for (_, prices) in Prices::NAMED {
            let parts = prices.requests_usd(&one) + prices.requests_usd(&other);
            prop_assert!((prices.requests_usd(&(one + other)) - parts).abs() <= parts * 1e-12);
        }
    }
}
