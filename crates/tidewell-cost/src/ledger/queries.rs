//! Which queries cost most, and which came last.

use std::collections::{BTreeMap, VecDeque};

use tidewell_types::DatabaseName;

use super::snapshot::{QuerySpending, Spending};

/// Texts that are remembered for each that is shown, so that one that costs little each time can rise.
const REMEMBERED_PER_SHOWN: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Queries {
    /// By database and text.
    texts: BTreeMap<(DatabaseName, String), Account>,
    /// Newest first.
    last: VecDeque<QuerySpending>,
    /// Numbers the queries.
    count: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    count: u64,
    spent: Spending,
    usd_max: f64,
    /// The number of the last query.
    last: u64,
}

impl Queries {
    /// Where too many texts are remembered, the one that cost least is forgotten; of equals the one that came first.
    pub(super) fn add(&mut self, database: &DatabaseName, text: &str, spent: Spending, shown_max: usize) {
        self.count += 1;
        let name = || database.as_str().to_owned();
        let single = QuerySpending { database: name(), text: text.to_owned(), count: 1, spent, usd_max: spent.usd };
        self.last.push_front(single);
        self.last.truncate(shown_max);
        let account = self.texts.entry((database.clone(), text.to_owned())).or_default();
        account.count += 1;
        account.spent.add(spent);
        account.usd_max = account.usd_max.max(spent.usd);
        account.last = self.count;
        if self.texts.len() > shown_max.saturating_mul(REMEMBERED_PER_SHOWN) {
            let by_cost = |one: &Account, other: &Account| {
                one.spent.usd.total_cmp(&other.spent.usd).then(one.last.cmp(&other.last))
            };
            // The newcomer has its chance: what it replaces is older.
            let others = self.texts.iter().filter(|(_, account)| account.last != self.count);
            let least = others.min_by(|one, other| by_cost(one.1, other.1)).map(|(key, _)| key.clone());
            least.map(|key| self.texts.remove(&key));
        }
    }

    pub(super) fn dearest(&self, shown_max: usize) -> Vec<QuerySpending> {
        let mut all: Vec<_> = self.texts.iter().collect();
        all.sort_by(|one, other| other.1.spent.usd.total_cmp(&one.1.spent.usd).then_with(|| one.0.cmp(other.0)));
        all.truncate(shown_max);
        let shown = |((database, text), account): (&(DatabaseName, String), &Account)| QuerySpending {
            database: database.as_str().to_owned(),
            text: text.clone(),
            count: account.count,
            spent: account.spent,
            usd_max: account.usd_max,
        };
        all.into_iter().map(shown).collect()
    }

    pub(super) fn last(&self) -> Vec<QuerySpending> {
        self.last.iter().cloned().collect()
    }
}
