//! Collecting bodies.

use futures::TryStreamExt;

use super::*;

fn pieces(pieces: &'static [&'static str]) -> BodyStream {
    Box::pin(stream::iter(pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes())))))
}

#[tokio::test]
async fn a_body_that_just_fits_is_joined_in_order() {
    for (body, expected) in [(pieces(&["ab", "", "cd"]), "abcd"), (pieces(&["abcd"]), "abcd"), (pieces(&[]), "")] {
        let Collected::All(all) = collect(body, 4).await else { panic!("it fits") };
        assert_eq!(all, expected);
    }
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_given_back_whole() {
    let Collected::Beyond(body) = collect(pieces(&["ab", "cd", "e", "f"]), 4).await else { panic!("it does not fit") };
    let all: Vec<Bytes> = body.try_collect().await.unwrap();
    assert_eq!(all.concat(), b"abcdef");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_never_taken_for_whole() {
    let broken = pieces(&["ab"]).chain(stream::iter([Err("the store is away".into())]));
    let Collected::Broken(error) = collect(Box::pin(broken), 4).await else { panic!("it broke") };
    assert_eq!(error.to_string(), "the store is away");
}

#[tokio::test]
async fn a_body_without_bytes_has_no_pieces() {
    let all: Vec<Bytes> = body_of(Bytes::new()).try_collect().await.unwrap();
    assert!(all.is_empty());
}
