//! A snapshot as the planner's catalog: `public.iox.<table>`.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, CatalogProviderList, SchemaProvider, TableProvider};
use datafusion::error::Result;

use crate::access::Access;
use crate::table::ViewTable;
use crate::view::View;

/// The only catalog.
pub(crate) const CATALOG: &str = "public";
/// The only schema with tables in it.
pub(crate) const SCHEMA: &str = "iox";

/// A snapshot as the list of catalogs, as its catalog and as its schema; nothing can be added.
#[derive(Clone, Debug)]
pub(crate) struct ViewCatalog {
    view: Arc<View>,
    access: Arc<Access>,
}

impl ViewCatalog {
    pub(crate) fn new(view: Arc<View>, access: Arc<Access>) -> Self {
        Self { view, access }
    }
}

impl CatalogProviderList for ViewCatalog {
    fn register_catalog(&self, _name: String, _catalog: Arc<dyn CatalogProvider>) -> Option<Arc<dyn CatalogProvider>> {
        None
    }

    fn catalog_names(&self) -> Vec<String> {
        vec![CATALOG.to_owned()]
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        (name == CATALOG).then(|| Arc::new(self.clone()) as Arc<dyn CatalogProvider>)
    }
}

impl CatalogProvider for ViewCatalog {
    fn schema_names(&self) -> Vec<String> {
        vec![SCHEMA.to_owned()]
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        (name == SCHEMA).then(|| Arc::new(self.clone()) as Arc<dyn SchemaProvider>)
    }
}

#[async_trait]
impl SchemaProvider for ViewCatalog {
    fn table_names(&self) -> Vec<String> {
        self.view.tables.keys().map(|name| name.as_str().to_owned()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let table = self.view.tables.get(name);
        Ok(table.map(|table| Arc::new(ViewTable::new(name, table, &self.access)) as Arc<dyn TableProvider>))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.view.tables.contains_key(name)
    }
}
