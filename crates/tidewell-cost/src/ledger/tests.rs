//! Accounts add up, stay bounded and come in one order.

use proptest::prelude::*;

use super::*;

const ENTRY: Usage =
    Usage { gets: 2, heads: 0, puts: 1, lists: 0, deletes: 0, others: 0, bytes_in: 40, bytes_out: 1_000 };

fn ledger(limits: LedgerLimits) -> Ledger {
    Ledger::new(Prices::default(), limits)
}

fn database(name: &str) -> DatabaseName {
    DatabaseName::new(name).unwrap()
}

fn part(table: &str, bytes: u64) -> TablePart {
    TablePart { table: TableName::new(table).unwrap(), bytes }
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1e-9)
}

#[test]
fn entry_shared_by_tables_is_divided_by_their_bytes() {
    let ledger = ledger(LedgerLimits::default());
    ledger.record(Purpose::Write, &database("d"), &[part("b", 300), part("a", 100)], &ENTRY);
    ledger.record(Purpose::Maintenance, &database("d"), &[], &Usage { lists: 2, ..Usage::default() });
    let snapshot = ledger.snapshot();
    let names: Vec<_> = snapshot.tables.iter().map(|row| row.table.as_deref()).collect();
    assert_eq!(names, [None, Some("a"), Some("b")]);
    let (a, b) = (snapshot.tables[1].writes, snapshot.tables[2].writes);
    assert_eq!((a.requests, b.requests), (0.75, 2.25));
    assert_eq!((a.bytes_written, b.bytes_read), (250.0, 30.0));
    assert!(close(a.usd, 5.8e-6 / 4.0) && close(b.usd, a.usd * 3.0));
    assert!(close(snapshot.tables[0].maintenance.usd, 1e-5));
    assert!(close(snapshot.writes.usd, 5.8e-6) && snapshot.queries == Spending::default());
}

#[test]
fn tables_beyond_the_limit_share_an_account_and_known_ones_keep_theirs() {
    let ledger = ledger(LedgerLimits { tables_max: 2, ..LedgerLimits::default() });
    for table in ["t1", "t2", "t3", "t4", "t1", "other"] {
        ledger.record(Purpose::Write, &database("d"), &[part(table, 1)], &ENTRY);
    }
    let snapshot = ledger.snapshot();
    let requests: Vec<f64> = snapshot.tables.iter().map(|row| row.writes.requests).collect();
    assert_eq!(requests, [6.0, 3.0]);
    assert_eq!((snapshot.other_tables.writes.requests, snapshot.writes.requests), (9.0, 18.0));
}

#[test]
fn queries_of_one_text_are_summed_and_the_dearest_come_first() {
    let ledger = ledger(LedgerLimits { queries_max: 3, query_text_bytes_max: 10, ..LedgerLimits::default() });
    let d = database("d");
    let ask = |text: &str, gets: u64| {
        ledger.record_query(&d, &[part("m", 1)], text, &Usage { gets, bytes_in: gets, ..Usage::default() });
    };
    for _ in 0..5 {
        ask("SELECT 1", 3);
    }
    ask("SELECT möglicherweise", 10);
    ask("SELECT 2", 1);
    let snapshot = ledger.snapshot();
    let shown = |queries: &[QuerySpending]| -> Vec<(String, u64, f64)> {
        queries.iter().map(|query| (query.text.clone(), query.count, query.spent.requests)).collect()
    };
    let expected =
        [("SELECT 1".to_owned(), 5, 15.0), ("SELECT mö".to_owned(), 1, 10.0), ("SELECT 2".to_owned(), 1, 1.0)];
    assert_eq!(shown(&snapshot.dearest_queries), expected);
    assert!(close(snapshot.dearest_queries[0].usd_max, 3.0 * 4e-7));
    let last: Vec<_> = snapshot.last_queries.iter().map(|query| query.text.as_str()).collect();
    assert_eq!(last, ["SELECT 2", "SELECT mö", "SELECT 1"]);
    assert_eq!(snapshot.tables[0].queries.requests, 26.0);
}

#[test]
fn texts_beyond_the_limit_push_out_the_cheapest() {
    let ledger = ledger(LedgerLimits { queries_max: 2, ..LedgerLimits::default() });
    let d = database("d");
    for number in 0..1_000_u64 {
        let gets = if number == 3 { 500 } else { number % 7 };
        ledger.record_query(&d, &[], &format!("SELECT {number}"), &Usage { gets, ..Usage::default() });
    }
    let snapshot = ledger.snapshot();
    assert_eq!(snapshot.dearest_queries[0].text, "SELECT 3");
    assert_eq!((snapshot.dearest_queries.len(), snapshot.last_queries.len()), (2, 2));
    assert_eq!(ledger.books.lock().queries.dearest(usize::MAX).len(), 8);
    assert_eq!(snapshot.tables.len(), 1);
}

#[test]
fn snapshot_survives_json() {
    let ledger = ledger(LedgerLimits::default());
    ledger.record_query(&database("d"), &[part("m", 1)], "SELECT 1", &ENTRY);
    let snapshot = ledger.snapshot();
    let json = serde_json::to_string(&snapshot).unwrap();
    let read: LedgerSnapshot = serde_json::from_str(&json).unwrap();
    assert_eq!(read.tables[0].table, snapshot.tables[0].table);
    assert_eq!(read.last_queries[0].text, "SELECT 1");
}

proptest! {
    /// However entries are shared and tables come: accounts and the rest sum up to what was spent, and no two orders of the
    /// same bookings differ but by rounding.
    #[test]
    fn accounts_sum_up_to_the_totals(
        entries in proptest::collection::vec(
            (0..3_usize, proptest::collection::vec((0..20_u8, 0..1_000_u64), 0..6), 0..10_u64, 0..10_u64),
            1..60,
        ),
        tables_max in 1..30_usize,
    ) {
        let ledger = ledger(LedgerLimits { tables_max, ..LedgerLimits::default() });
        let purposes = [Purpose::Write, Purpose::Query, Purpose::Maintenance];
        let mut all = Usage::default();
        for (purpose, tables, puts, gets) in &entries {
            let usage = Usage { puts: *puts, gets: *gets, bytes_in: gets * 10, ..Usage::default() };
            all = all + usage;
            let parts: Vec<TablePart> = tables.iter().map(|(table, bytes)| part(&format!("t{table}"), *bytes)).collect();
            ledger.record(purposes[*purpose], &database("d"), &parts, &usage);
        }
        let snapshot = ledger.snapshot();
        let totals = snapshot.writes.usd + snapshot.queries.usd + snapshot.maintenance.usd;
        prop_assert!(close(totals, Prices::default().requests_usd(&all)));
        let rows = snapshot.tables.iter().chain([&snapshot.other_tables]);
        let sum = |of: fn(&Spending) -> f64| -> f64 {
            rows.clone().map(|row| of(&row.writes) + of(&row.queries) + of(&row.maintenance)).sum()
        };
        prop_assert!(close(sum(|spent| spent.usd), totals));
        prop_assert!(close(sum(|spent| spent.requests), all.requests() as f64));
        prop_assert!(close(sum(|spent| spent.bytes_read), all.bytes_in as f64));
        prop_assert!(snapshot.tables.len() <= tables_max);
        prop_assert!(snapshot.tables.is_sorted_by(|one, other| one.table < other.table));
    }
}
