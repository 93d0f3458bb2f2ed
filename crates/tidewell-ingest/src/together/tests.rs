//! Waiting for the others, on a clock that stands still unless somebody waits.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use super::*;

#[tokio::test(start_paused = true)]
async fn wait_ends_when_the_last_has_arrived() {
    let env = Env::system();
    let mut arrivals = Arrival::of(3);
    let others = arrivals[0].others();
    let before = tokio::time::Instant::now();
    let wait = others.wait(&env);
    let arrive = async {
        while let Some(arrival) = arrivals.pop() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            drop(arrival);
        }
    };
    tokio::join!(wait, arrive);
    assert_eq!(before.elapsed(), Duration::from_millis(300));
    others.wait(&env).await;
    assert_eq!(before.elapsed(), Duration::from_millis(300));
}

#[tokio::test(start_paused = true)]
async fn wait_ends_though_one_does_not_arrive() {
    let arrivals = Arrival::of(2);
    let before = tokio::time::Instant::now();
    arrivals[1].others().wait(&Env::system()).await;
    assert_eq!(before.elapsed(), WAIT_MAX);
}
