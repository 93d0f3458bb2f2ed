//! `tidewell-sim --seeds N --from S`: runs seeds and says what they reached; exit code 1 names the first that failed.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // A tool for people, timed by the wall clock.

use std::process::ExitCode;
use std::time::Instant;

use tidewell_sim::{Breakage, Campaign, Race, SeedOptions, Summary, regressions, run_seed};

/// So many seeds reach every race.
const COVERING_SEEDS: u64 = 300;

const USAGE: &str = "tidewell-sim [--seeds N] [--from S] [--threads T] [--twice-every K] [--keep-going] [--trace SEED]
             [--any-races] [--break NAME]

runs seeds S to S+N, which must hold and reach every race (--any-races: or not, as few seeds do), or prints every event of one;
--break breaks what the protocol rests on, which must be caught";

struct Arguments {
    campaign: Campaign,
    traced: Option<u64>,
    breakage: Breakage,
    /// Whether the seeds must reach every race.
    wants_races: bool,
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(wrong) => {
            eprintln!("{wrong}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if let Some(seed) = arguments.traced {
        println!("seed {seed}");
        let outcome = run_seed(seed, SeedOptions { prints: true, breakage: arguments.breakage });
        println!("{outcome:#?}");
        return if outcome.violation.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    match arguments.breakage {
        Breakage::None => run(&arguments.campaign, arguments.wants_races),
        breakage => catch(&arguments.campaign, breakage),
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let campaign = Campaign { from: 0, seeds: COVERING_SEEDS, threads: 2, twice_every: 20, keeps_going: false };
    let mut arguments = Arguments { campaign, traced: None, breakage: Breakage::None, wants_races: true };
    while let Some(word) = words.next() {
        if word == "--break" {
            arguments.breakage = named(&words.next().unwrap_or_default())?;
            continue;
        }
        let mut number = || {
            let text = words.next().ok_or(format!("{word} wants a number"))?;
            text.parse::<u64>().map_err(|_| format!("{word} wants a number, not {text:?}"))
        };
        match word.as_str() {
            "--seeds" => arguments.campaign.seeds = number()?,
            "--from" => arguments.campaign.from = number()?,
            "--threads" => arguments.campaign.threads = usize::try_from(number()?).unwrap_or(1),
            "--twice-every" => arguments.campaign.twice_every = number()?,
            "--any-races" => arguments.wants_races = false,
            "--keep-going" => arguments.campaign.keeps_going = true,
            "--trace" => arguments.traced = Some(number()?),
            _ => return Err(format!("unknown word {word:?}")),
        }
    }
    Ok(arguments)
}

fn named(name: &str) -> Result<Breakage, String> {
    let known: Vec<String> = Breakage::ALL.iter().map(|breakage| format!("{breakage:?}")).collect();
    let found = Breakage::ALL.into_iter().zip(&known).find(|(_, known)| *known == name);
    found.map(|(breakage, _)| breakage).ok_or_else(|| format!("{name:?} is none of {}", known.join(", ")))
}

/// Runs seeds until one of them catches a breakage.
fn catch(campaign: &Campaign, breakage: Breakage) -> ExitCode {
    let summary = campaign.run(SeedOptions { breakage, prints: false });
    match summary.failed.first().and_then(|outcome| Some((outcome.seed, outcome.violation.as_ref()?))) {
        Some((seed, violation)) => {
            println!("{breakage:?}: caught by seed {seed}: {violation}");
            ExitCode::SUCCESS
        }
        None => {
            println!("FAILED: {breakage:?}: {} seeds did not catch it", summary.seeds);
            ExitCode::FAILURE
        }
    }
}

fn run(campaign: &Campaign, wants_races: bool) -> ExitCode {
    let Campaign { from, seeds, .. } = campaign;
    println!("seeds {from}..{}, and {} that once failed", from + seeds, regressions().len());
    for regression in regressions() {
        let outcome = run_seed(regression.number, SeedOptions::default());
        if let Some(violation) = outcome.violation {
            println!("FAILED: seed {} (once: {}): {violation}", regression.number, regression.found);
            return ExitCode::FAILURE;
        }
    }
    let started = Instant::now();
    let summary = campaign.run(SeedOptions::default());
    report(&summary, started.elapsed().as_secs_f64());
    let missed = if wants_races { summary.races.missed() } else { Vec::new() };
    for outcome in &summary.failed {
        if let Some(violation) = &outcome.violation {
            println!("FAILED: seed {}: {violation}", outcome.seed);
        }
    }
    summary.forked.iter().for_each(|seed| println!("FAILED: seed {seed} gave another trace the second time"));
    missed.iter().for_each(|race| println!("FAILED: {} seeds never reached {race:?}", summary.seeds));
    if summary.is_good() && missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report(summary: &Summary, seconds: f64) {
    let Summary { seeds, simulated, events, writes, commits, faults, races, .. } = summary;
    let (hours, rate) = (simulated.as_secs_f64() / 3600.0, *seeds as f64 / seconds.max(0.001));
    println!("{seeds} seeds in {seconds:.1} s ({rate:.2} a second), {hours:.1} simulated hours, {events} events");
    println!("{} writes, {} acknowledged; {commits} commits", writes.0, writes.1);
    println!("faults:");
    faults.iter().for_each(|(fault, count)| println!("  {count:>8} {fault}"));
    println!("races:");
    Race::ALL.iter().for_each(|race| println!("  {:>8} {race:?}", races.of(*race)));
}
