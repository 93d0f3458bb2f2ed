//! Reading parts of a file that others may write to.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use super::*;
use crate::sample::memory;
use crate::{Source, find};

#[tokio::test]
async fn object_that_is_replaced_while_it_is_read_is_refused() {
    let (store, name) = (memory(), ObjectName::foreign("in/a.csv").unwrap());
    for key in ["in/a.csv", "in"] {
        store.overwrite(&name, Bytes::from_static(b"time,v\n1,1\n")).await.unwrap();
        let source = Source::Store { store: store.clone(), key: key.to_owned() };
        let found = find(&[source], "csv", &Env::system()).await.unwrap();
        let open = found[0].open(&Env::system()).await.unwrap();
        assert_eq!(open.read(Vec::from_iter([0..4, 4..5])).await.unwrap(), ["time", ","]);
        // As long as before.
        store.overwrite(&name, Bytes::from_static(b"time,v\n2,2\n")).await.unwrap();
        assert!(matches!(open.read(Vec::from_iter([4..8, 8..9])).await, Err(FileError::Changed)), "{key}");
    }
}
