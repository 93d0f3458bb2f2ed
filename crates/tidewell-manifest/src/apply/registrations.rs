//! Which files may be registered beside those that are.

use std::collections::BTreeMap;

use crate::error::Refusal;
use crate::intent::Intent;
use crate::registration::REGISTERED_MAX;
use crate::state::State;

impl State {
    /// A table has a file once; one that is owned is in no other table, since a rewrite there would delete it; and one that is
    /// about to be deleted does not come back. Looked at once what the intent removes is gone.
    pub(super) fn check_registrations(&self, intent: &Intent) -> Result<(), Refusal> {
        if intent.adds.iter().all(|entry| entry.foreign.is_none()) {
            return Ok(());
        }
        let added = intent.adds.iter().filter(|entry| entry.foreign.is_some());
        let mut files: BTreeMap<&str, Vec<(&str, bool)>> = BTreeMap::new();
        let mut count = 0;
        for entry in self.registered().map(|entry| &**entry).chain(added) {
            let Some(file) = &entry.foreign else { continue };
            files.entry(&file.url).or_default().push((entry.table.as_str(), file.is_owned));
            count += 1;
        }
        if count > REGISTERED_MAX {
            return Err(Refusal::FilesTooMany(REGISTERED_MAX));
        }
        for (url, tables) in &files {
            let [(first, _), others @ ..] = tables.as_slice() else { continue };
            if others.iter().enumerate().any(|(at, (table, _))| tables.iter().take(at + 1).any(|(t, _)| t == table)) {
                return Err(Refusal::FileTwice((*url).to_owned()));
            }
            if !others.is_empty() && tables.iter().any(|(_, is_owned)| *is_owned) {
                return Err(Refusal::FileOwned { url: (*url).to_owned(), table: (*first).to_owned() });
            }
        }
        let going = self.graves.values().filter_map(|grave| grave.owned_url.as_deref());
        going
            .filter(|url| files.contains_key(url))
            .map(|url| Err(Refusal::FileGoing(url.to_owned())))
            .next()
            .unwrap_or(Ok(()))
    }
}
