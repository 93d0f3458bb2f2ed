//! Kills at random points of an invocation, and the same invocation again.

use std::pin::pin;
use std::time::Duration;

use serde_json::{Value, json};
use tidewell_env::Env;
use tidewell_testkit::lambda::{Environment, InvokeError, QueueMessage, RuntimeApi, s3_put, schedule, sqs};

use crate::cloud::{Cloud, number, rows, write};

/// Rounds of each test, unless the variable says otherwise.
const ROUNDS: usize = 24;
const ROUNDS_VARIABLE: &str = "TIDEWELL_LAMBDA_KILLS";
/// Attempts of one invocation that are killed unless they have their answer first.
const KILLED_ATTEMPTS: usize = 2;
/// Repetitions of one invocation; Lambda gives up after two, a queue later.
const ATTEMPTS_MAX: usize = 10;
const TIMEOUT: Duration = Duration::from_secs(120);

fn rounds() -> usize {
    std::env::var(ROUNDS_VARIABLE).map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"))
}

/// How long invocations take that nobody disturbs: what kills are spread over.
#[derive(Clone, Copy)]
struct Spans {
    cold: Duration,
    warm: Duration,
}

impl Spans {
    async fn measure(cloud: &Cloud, env: &Env) -> Self {
        let environment = cloud.environment();
        let mut spans = [Duration::ZERO; 2];
        for span in &mut spans {
            let start = env.monotonic();
            environment.invoke(&write("other f=1i")).await.unwrap();
            *span = env.monotonic() - start;
        }
        let [cold, warm] = spans;
        Self { cold, warm }
    }

    /// A moment of the next invocation.
    fn moment(self, environment: &Environment, env: &Env) -> Duration {
        env.jitter(if environment.function_id().is_some() { self.warm } else { self.cold })
    }
}

/// Repeats an invocation, killed at random points in its first attempts, until it has an answer; gives it and the kills that hit.
async fn killed_and_repeated(
    environment: &Environment,
    env: &Env,
    id: &str,
    event: &Value,
    spans: Spans,
) -> (Value, usize) {
    let mut kills = 0;
    for attempt in 0..ATTEMPTS_MAX {
        let mut invocation = pin!(environment.invoke_as(id, event));
        let delay = if attempt < KILLED_ATTEMPTS { spans.moment(environment, env) } else { TIMEOUT };
        let outcome = match tokio::time::timeout(delay, &mut invocation).await {
            Ok(outcome) => outcome,
            Err(_) => {
                environment.kill_function();
                invocation.await
            }
        };
        match outcome {
            Ok(reply) => return (reply, kills),
            Err(InvokeError::Ended(_)) => kills += 1,
            Err(error) => panic!("{id}, attempt {attempt}: {error:?}"),
        }
    }
    panic!("{id} has no answer after {ATTEMPTS_MAX} attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_killed_within_the_emulator_and_repeated_count_once() {
    let Some(cloud) = Cloud::find() else { return };
    let (environment, env) = (cloud.environment(), Env::system());
    // The first makes the store.
    Spans::measure(&cloud, &env).await;
    let spans = Spans::measure(&cloud, &env).await;
    let (rounds, mut kills) = (rounds(), 0);
    for round in 0..rounds {
        let id = format!("22222222-0000-4000-8000-{round:012}");
        // Without instants each execution that counted would leave rows of its own.
        let lines = format!("load,round={round},part=a f=1i\nload,round={round},part=b f=1i");
        let (reply, hits) = killed_and_repeated(&environment, &env, &id, &write(&lines), spans).await;
        assert_eq!(reply["statusCode"], 204, "{reply}");
        kills += hits;
        if round % 8 == 7 {
            let event = schedule(&["fold"]);
            kills += killed_and_repeated(&environment, &env, &format!("{id}-fold"), &event, spans).await.1;
        }
    }
    let Spans { cold, warm } = spans;
    println!("{rounds} writes, {kills} kills within an invocation; undisturbed they take {warm:?}, cold {cold:?}");
    assert!(kills * 8 > rounds, "only {kills} of {rounds} kills hit an invocation");
    let fresh = cloud.environment();
    let all = i64::try_from(rounds * 2).unwrap();
    assert_eq!(number(&fresh, "SELECT count(*) AS n FROM load").await, all);
    let strays = "SELECT round, part, count(*) AS n FROM load GROUP BY round, part HAVING count(*) <> 1";
    assert_eq!(rows(&fresh, strays).await, json!([]));
    fresh.invoke(&schedule(&["fold"])).await.unwrap();
    assert_eq!(number(&fresh, "SELECT count(*) AS n FROM load").await, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_and_files_killed_and_repeated_count_once() {
    let Some(cloud) = Cloud::find() else { return };
    let (environment, env) = (cloud.environment(), Env::system());
    // The first makes the store.
    Spans::measure(&cloud, &env).await;
    let spans = Spans::measure(&cloud, &env).await;
    let (rounds, mut kills) = (rounds() / 2, 0);
    for round in 0..rounds {
        let message =
            |at: usize| QueueMessage::new(&format!("{round}-{at}"), &format!("load,round={round},part={at} f=1i"));
        let batch = sqs(&[message(0), message(1), message(2)]);
        let (reply, hits) = killed_and_repeated(&environment, &env, &format!("batch-{round}"), &batch, spans).await;
        assert_eq!(reply["batchItemFailures"], json!([]), "{reply}");
        kills += hits;

        let key = cloud.import_key("csv", &format!("{round}.csv"));
        let text: String = (0..500).map(|at| format!("{},1\n", 1_700_000_000 + round * 1000 + at)).collect();
        let (etag, size) = cloud.s3.put(&key, format!("time,f\n{text}")).await;
        let event = s3_put(cloud.s3.bucket(), &key, &etag, size);
        kills += killed_and_repeated(&environment, &env, &format!("file-{round}"), &event, spans).await.1;
    }
    println!("{rounds} batches and files, {kills} kills within an invocation");
    assert!(kills * 4 > rounds, "only {kills} kills hit an invocation of {rounds} batches and files");
    let fresh = cloud.environment();
    assert_eq!(number(&fresh, "SELECT count(*) AS n FROM load").await, i64::try_from(rounds * 3).unwrap());
    assert_eq!(number(&fresh, "SELECT count(*) AS n FROM csv").await, i64::try_from(rounds * 500).unwrap());
}

/// Here the span begins when the function has its event, so that kills fall between the requests to the store and between the
/// last of them and the answer.
#[tokio::test(flavor = "multi_thread")]
async fn writes_killed_between_event_and_answer_and_repeated_count_once() {
    let Some(cloud) = Cloud::find() else { return };
    let (api, env) = (RuntimeApi::start(), Env::system());
    let mut bootstrap = cloud.bootstrap(&api);
    let event = write("other f=1i");
    api.offer("cold", TIMEOUT, &event);
    api.outcome("cold", TIMEOUT).await.unwrap().http().expect_status(204);
    let start = env.monotonic();
    api.offer("warm", TIMEOUT, &event);
    api.outcome("warm", TIMEOUT).await.unwrap().http().expect_status(204);
    // Cold again after each kill, so longer than that.
    let span = (env.monotonic() - start) * 4;

    let (rounds, mut kills) = (rounds(), 0);
    for round in 0..rounds {
        let (id, event) = (format!("round-{round}"), write(&format!("load,round={round} f=1i")));
        api.offer(&id, TIMEOUT, &event);
        let taken = async {
            while api.taken(&id) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(TIMEOUT, taken)
            .await
            .unwrap_or_else(|_| panic!("nobody takes {id}:\n{}", bootstrap.log()));
        let mut outcome = api.outcome(&id, env.jitter(span)).await;
        let was_answered = outcome.is_some();
        bootstrap.kill();
        bootstrap = cloud.bootstrap(&api);
        if !was_answered {
            kills += 1;
        }
        if !was_answered || round % 3 == 0 {
            // Lambda may repeat what was answered, too.
            api.offer(&id, TIMEOUT, &event);
            outcome = api.outcome(&id, TIMEOUT).await;
        }
        outcome.unwrap_or_else(|| panic!("{id} has no answer")).http().expect_status(204);
    }
    println!("{rounds} writes, {kills} killed between event and answer, within {} ms", span.as_millis());
    assert!(kills > 0, "no kill fell between an event and its answer");
    let fresh = cloud.environment();
    assert_eq!(number(&fresh, "SELECT count(*) AS n FROM load").await, i64::try_from(rounds).unwrap());
    assert_eq!(number(&fresh, "SELECT count(DISTINCT round) AS n FROM load").await, i64::try_from(rounds).unwrap());
}
