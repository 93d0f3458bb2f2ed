//! Each deliberate breakage of the store, of the network, of a disk or of a verb is caught within some seeds, and for what it is.

use tidewell_sim::{Breakage, Campaign, Invariant, SeedOptions, Violation};

/// The first violation within some seeds.
fn caught(breakage: Breakage, seeds: u64) -> Option<Violation> {
    let campaign = Campaign { from: 0, seeds, threads: 1, twice_every: 0, keeps_going: false };
    let summary = campaign.run(SeedOptions { breakage, prints: false });
    summary.failed.into_iter().next()?.violation
}

macro_rules! breakages {
    ($($test:ident: $name:ident within $seeds:literal as $($invariant:ident)|+;)*) => {
        /// Every breakage has a test.
        #[test]
        fn breakages_each_have_a_test() {
            let tested = [$(Breakage::$name),*];
            let missed: Vec<Breakage> = Breakage::ALL.into_iter().filter(|known| !tested.contains(known)).collect();
            assert_eq!(missed, [], "breakages that no test catches");
        }

        $(#[test]
        fn $test() {
            let Some(violation) = caught(Breakage::$name, $seeds) else {
                panic!("{} seeds do not catch {:?}", $seeds, Breakage::$name);
            };
            let is_of_it = matches!(violation.invariant, $(Invariant::$invariant)|+);
            assert!(is_of_it, "caught for another reason: {violation}");
        })*
    };
}

breakages! {
    store_that_ignores_conditions_is_caught: IgnoresConditions within 20 as Chain;
    store_that_forgets_writes_is_caught: Forgets within 20 as Chain | Durability | Dangling | StrongRead;
    records_deleted_without_the_floor_are_caught: SkipsFloor within 10 as Collection;
    orphans_deleted_by_age_are_caught: CollectsByAge within 20 as Staged | Dangling;
    segments_deleted_though_a_snapshot_may_need_them_are_caught: CollectsUncondemned within 10 as Collection;
    reader_that_reads_the_view_before_the_log_is_caught: ReadsViewFirst within 30 as StrongRead | Monotone | Order;
    reader_that_does_not_ask_for_the_floor_is_caught: ReadsWithoutFloor within 20 as StrongRead | Reported | Monotone;
    reader_that_shows_what_is_being_sealed_is_caught: ShowsSealing within 60 as Monotone;
    reader_that_forgets_deletes_is_caught: ForgetsDeletes within 10 as Deletion | Monotone | Snapshot;
    client_that_takes_unknown_for_done_is_caught: AcksUnknown within 40 as StrongRead | Durability;
    writer_that_does_not_look_again_is_caught: AcksUnchecked within 40 as Durability;
    retry_without_its_key_is_caught: RetriesWithoutKey within 20 as ExactlyOnce;
    committer_that_does_not_ask_for_the_floor_is_caught: CommitsWithoutFloor within 20 as Reported | Checkpoint;
    fold_that_deletes_after_an_unknown_outcome_is_caught: DeletesUnknown within 20 as Staged | Dangling | Collection;
    fold_that_forgets_watermarks_is_caught: ForgetsWatermarks within 20 as ExactlyOnce;
    sealing_in_one_step_is_caught: SealsAtOnce within 40 as Watermarks | Durability | StrongRead | Monotone | Order;
    rewrite_of_segments_that_are_no_neighbours_is_caught: RewritesOutOfOrder within 40 as Conservation;
    acknowledgement_before_the_log_is_caught: AcksEarly within 10 as StrongRead | Durability;
    disk_that_does_not_sync_is_caught: SyncsNothing within 20 as Durability;
    fold_that_forgets_requests_is_caught: ForgetsTokens within 20 as ExactlyOnce;
    checkpoint_of_what_is_not_committed_is_caught: CheckpointsAhead within 10 as Checkpoint;
}
