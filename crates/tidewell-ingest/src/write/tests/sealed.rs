//! A write whose generation ends while it is logged: its writer learns whether it counts where it is.

use tidewell_manifest::Fold;
use tidewell_types::Seq;

use super::*;

#[tokio::test(start_paused = true)]
async fn write_that_was_folded_before_its_generation_was_sealed_is_acknowledged_where_it_is() {
    for (folded_to, expected) in [(2, (Generation::ZERO, 1)), (1, (Generation::new(1), 0))] {
        let store = memory();
        let bench = Bench::objects(&store, 2).await;
        let Source::Objects(stream) = source(&bench.write("m v=1 1").await.unwrap()) else { panic!() };
        let other = Manifest::open(store.clone(), env(3), DatabaseName::new("d").unwrap()).await.unwrap();
        seal(&other, Generation::ZERO, GenerationState::Sealing).await;
        let sealed = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let writer = Env::system().writer_id();
            let fold = Fold { source: Source::Objects(stream), epoch: 0, from: Seq::ZERO, to: Seq::new(folded_to) };
            let author = move |view: &State| Author { generation: view.open_generation(), writer };
            let folds = move |view: &State| Ok(Some(Intent { folds: vec![fold], ..Intent::new(author(view)) }));
            let state = other.commit(folds).await.unwrap();
            let watermarks = Some(other.write_watermarks(&state, Generation::ZERO).await.unwrap());
            let change = GenerationChange { generation: Generation::ZERO, state: GenerationState::Sealed, watermarks };
            let end = move |view: &State| Ok(Some(Intent { generations: vec![change], ..Intent::new(author(view)) }));
            other.commit(end).await.unwrap();
        };
        let (outcome, ()) = tokio::join!(bench.write("m v=2 2"), sealed);
        let token = outcome.unwrap().token.unwrap();
        assert!(matches!(token.source, Source::Objects(stream) if stream.generation == expected.0));
        assert_eq!(token.seq.get(), expected.1);
    }
}
