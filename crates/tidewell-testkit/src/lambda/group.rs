//! A process with all that it starts, which end together.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A child that leads a process group, and its descendants, also those in groups of their own.
#[derive(Debug)]
pub(crate) struct Group {
    leader: Child,
}

impl Group {
    /// Starts it.
    ///
    /// # Panics
    /// When it cannot be run.
    pub(crate) fn start(command: &mut Command) -> Self {
        let leader = command.process_group(0).spawn();
        let program = command.get_program().to_owned();
        Self { leader: leader.unwrap_or_else(|error| panic!("{}: {error}", program.display())) }
    }

    /// The leader's process id.
    pub(crate) fn id(&self) -> u32 {
        self.leader.id()
    }

    /// The leader's status, once it has ended.
    pub(crate) fn status(&mut self) -> Option<ExitStatus> {
        self.leader.try_wait().expect("a child to wait for")
    }

    /// Kills all of it as a crash would, and waits for the leader.
    pub(crate) fn kill(&mut self) {
        if self.status().is_some() {
            return;
        }
        let group = format!("-{}", self.leader.id());
        // Stopped first: none can start another while the list is made. The last descendants go first: none sees its parent die.
        signal("STOP", std::slice::from_ref(&group));
        let mut targets: Vec<String> = descendants(self.leader.id()).iter().rev().map(u32::to_string).collect();
        targets.push(group);
        signal("KILL", &targets);
        // It may have ended by itself, which is as well.
        let _ = self.leader.kill();
        let _ = self.leader.wait();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal to processes, or to groups where a minus stands before the number. Those that are gone are passed over.
pub(crate) fn signal(name: &str, targets: &[String]) {
    let mut command = Command::new("kill");
    command.arg(format!("-{name}")).arg("--").args(targets).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().expect("`kill` runs");
}

/// The processes below one, nearest first.
pub(crate) fn descendants(ancestor: u32) -> Vec<u32> {
    let parents = parents();
    let mut found = vec![ancestor];
    let mut at = 0;
    while let Some(&parent) = found.get(at) {
        found.extend(parents.iter().filter(|(_, of)| **of == parent).map(|(id, _)| *id));
        at += 1;
    }
    found.remove(0);
    found
}

/// Each process with its parent; none where the system has no `/proc`.
fn parents() -> BTreeMap<u32, u32> {
    let folders = std::fs::read_dir("/proc").into_iter().flatten();
    let ids = folders.filter_map(|folder| folder.ok()?.file_name().to_str()?.parse().ok());
    ids.filter_map(|id: u32| Some((id, parent(&std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?))).collect()
}

/// The parent in a line of `/proc/<id>/stat`: `id (name) state parent …`, where the name may have anything in it.
fn parent(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// The most memory that a process had at any time, in bytes; `None` when it is gone, or the system has no `/proc`.
pub(crate) fn memory_peak_bytes(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests;
