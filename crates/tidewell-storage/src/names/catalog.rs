//! Where the catalog's objects of one database are.

use tidewell_types::WriteId;

use super::{DatabaseLayout, ObjectName, Prefix};

/// What the name of a catalog's index says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogIndexName {
    /// The number of the head that it was made for.
    pub sequence: u64,
    /// The write that made it.
    pub write_id: WriteId,
}

/// What the name of a catalog's part says: one scanned dataset, kept until a head takes it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogPartName {
    /// The number of the head that the scan began with.
    pub sequence: u64,
    /// A hash of where the dataset is.
    pub dataset: [u8; 16],
    /// A hash of what was scanned: the files, and the options that change what is read in them.
    pub content: [u8; 16],
}

fn hex(bytes: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn parse_hex(text: &str) -> Option<[u8; 16]> {
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}

impl DatabaseLayout {
    /// The catalog's one point of commit; replaced by compare-and-swap.
    #[must_use]
    pub fn catalog_head(&self) -> ObjectName {
        self.object(format_args!("catalog/head"))
    }

    /// An index of the catalog.
    #[must_use]
    pub fn catalog_index(&self, name: CatalogIndexName) -> ObjectName {
        self.object(format_args!("catalog/index/{:012}-{}", name.sequence, name.write_id))
    }

    /// All indexes of the catalog.
    #[must_use]
    pub fn catalog_index_prefix(&self) -> Prefix {
        self.folder("catalog/index")
    }

    /// A scanned dataset that no head may have taken in yet.
    #[must_use]
    pub fn catalog_part(&self, name: CatalogPartName) -> ObjectName {
        let (dataset, content) = (hex(name.dataset), hex(name.content));
        self.object(format_args!("catalog/part/{dataset}-{content}-{:012}", name.sequence))
    }

    /// All scanned datasets that no head may have taken in yet.
    #[must_use]
    pub fn catalog_part_prefix(&self) -> Prefix {
        self.folder("catalog/part")
    }

    /// The head and the write of a catalog index's key.
    #[must_use]
    pub fn parse_catalog_index(&self, key: &str) -> Option<CatalogIndexName> {
        let (sequence, write_id) = self.strip(key, "catalog/index")?.split_once('-')?;
        let name = CatalogIndexName { sequence: sequence.parse().ok()?, write_id: write_id.parse().ok()? };
        (self.catalog_index(name).as_str() == key).then_some(name)
    }

    /// What the key of a scanned dataset says.
    #[must_use]
    pub fn parse_catalog_part(&self, key: &str) -> Option<CatalogPartName> {
        let mut texts = self.strip(key, "catalog/part")?.split('-');
        let (dataset, content) = (parse_hex(texts.next()?)?, parse_hex(texts.next()?)?);
        let name = CatalogPartName { sequence: texts.next()?.parse().ok()?, dataset, content };
        (self.catalog_part(name).as_str() == key).then_some(name)
    }
}
