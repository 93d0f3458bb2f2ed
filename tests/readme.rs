//! The README's examples do what it says.

use std::process::Command;

use tidewell_testkit::{ServerFlags, binary};

use crate::place::Place;
use crate::port_8086::port;

/// The ```bash blocks of the README, which expect a server on port 8086.
fn blocks() -> Vec<String> {
    let readme = include_str!("../README.md");
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in readme.lines() {
        match (&mut open, line) {
            (None, "```bash") => open = Some(String::new()),
            (Some(_), "```") => blocks.extend(open.take()),
            (Some(block), line) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}

/// Splits a block into commands and the `# => ` lines that say how their output starts.
fn steps(block: &str) -> Vec<(String, Vec<String>)> {
    let mut steps: Vec<(String, Vec<String>)> = Vec::new();
    let mut command = String::new();
    for line in block.lines() {
        if let Some(expected) = line.strip_prefix("# => ") {
            if !command.trim().is_empty() {
                steps.push((std::mem::take(&mut command), Vec::new()));
            }
            steps.last_mut().expect("a command before its output").1.push(expected.to_owned());
        } else {
            command.push_str(line);
            command.push('\n');
        }
    }
    if !command.trim().is_empty() {
        steps.push((command, Vec::new()));
    }
    steps
}

#[tokio::test(flavor = "multi_thread")]
async fn readme_examples_against_port_8086_print_what_it_says() {
    let _port = port().await;
    let place = Place::folder();
    let _server = place.serve("wal", ServerFlags::new().port(8086));
    let path = format!("{}:{}", binary().parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut compared = 0;
    for block in blocks() {
        for (command, expected) in steps(&block) {
            let output =
                Command::new("bash").args(["-ec", &command]).env("PATH", &path).current_dir(place.path()).output();
            let output = output.unwrap();
            let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success(), "{command}\n{out}\n{err}");
            let lines: Vec<&str> = out.lines().collect();
            for (index, expected) in expected.iter().enumerate() {
                let line = lines.get(index).unwrap_or(&"");
                assert!(
                    line.starts_with(expected.trim_end_matches('…')),
                    "{command}\nsays {line:?}, README says {expected:?}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared >= 3, "the README compares only {compared} outputs");
}
