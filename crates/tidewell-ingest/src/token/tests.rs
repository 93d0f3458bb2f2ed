//! Session tokens as text: what is printed is read back, and nothing else is read.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tidewell_types::Generation;

use super::*;

fn sources(id: [u8; 16], generation: u32) -> [Source; 3] {
    let (generation, writer) = (Generation::new(generation), WriterId::from_bytes(id));
    [Source::Objects(StreamId { generation, writer }), Source::Node(NodeId::from_bytes(id)), Source::Memory(writer)]
}

#[test]
fn token_is_printed_as_it_always_was() {
    let texts = sources([0xab; 16], 7).map(|source| SessionToken { source, seq: Seq::new(42) }.to_string());
    let id = "ab".repeat(16);
    assert_eq!(texts, [format!("o.7.{id}.42"), format!("n.{id}.42"), format!("m.{id}.42")]);
}

#[test]
fn text_that_is_no_token_is_refused() {
    let id = "ab".repeat(16);
    for text in [
        String::new(),
        "o".to_owned(),
        format!("x.{id}.1"),
        format!("o.{id}.1"),
        format!("o.1.{id}"),
        format!("o.01.{id}.1"),
        format!("o.1.{id}.+1"),
        format!("o.1.{id}.1."),
        format!("o.4294967296.{id}.1"),
        format!("n.{id}.18446744073709551616"),
        format!("n.{id}.-1"),
        format!("n.{}.1", id.to_uppercase()),
        format!("n.{}.1", &id[1..]),
        format!(" n.{id}.1"),
        format!("m.{id}.1\n"),
        "n.ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ.1".to_owned(),
    ] {
        assert_eq!(text.parse::<SessionToken>(), Err(SessionTokenError), "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_token_is_read_back(id in any::<[u8; 16]>(), generation in any::<u32>(), seq in any::<u64>()) {
        for source in sources(id, generation) {
            let token = SessionToken { source, seq: Seq::new(seq) };
            prop_assert_eq!(token.to_string().parse(), Ok(token));
        }
    }

    #[test]
    fn any_text_is_a_token_only_if_it_is_printed_so(text in "[onm]?[.0-9a-f+]{0,60}") {
        if let Ok(token) = text.parse::<SessionToken>() {
            prop_assert_eq!(token.to_string(), text);
        }
    }
}
