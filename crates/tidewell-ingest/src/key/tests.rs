//! A key's token never changes: what was logged under it must be found again.

use super::*;

#[test]
fn key_gives_the_same_token_for_ever() {
    for (key, token) in [
        ("", "99aa06d3014798d86001c324468d497f"),
        ("a", "a96faf705af16834e6c632b61e964e1f"),
        ("order-4711", "5bb5ea715cb7ee680829849f39953227"),
        ("Grüße", "d6d11feefcf01d400ae9951e91b94866"),
    ] {
        assert_eq!(token_of_key(key).to_string(), token, "{key:?}");
    }
}
