//! What a segment says of the file of others that it is.

use prost::Message;

/// A registered file.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ForeignFile {
    #[prost(string, tag = "1")]
    pub(crate) url: String,
    #[prost(string, tag = "2")]
    pub(crate) tag: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) mapping: Option<Mapping>,
    #[prost(bool, tag = "4")]
    pub(crate) is_owned: bool,
    #[prost(message, optional, tag = "5")]
    pub(crate) checked: Option<Checked>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Checked {
    #[prost(bool, tag = "1")]
    pub(crate) is_sorted: bool,
}

/// How the columns of a registered file are taken.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Mapping {
    #[prost(string, optional, tag = "1")]
    pub(crate) time_column: Option<String>,
    #[prost(bool, tag = "2")]
    pub(crate) time_fallback: bool,
    /// 0 ns, 1 us, 2 ms, 3 s.
    #[prost(uint32, tag = "3")]
    pub(crate) time_unit: u32,
    #[prost(string, optional, tag = "4")]
    pub(crate) time_format: Option<String>,
    #[prost(string, repeated, tag = "5")]
    pub(crate) tags: Vec<String>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) path_tags: Vec<PathTag>,
    #[prost(bool, tag = "7")]
    pub(crate) flatten: bool,
    /// Absent for all columns.
    #[prost(message, optional, tag = "8")]
    pub(crate) columns: Option<Columns>,
    #[prost(bool, tag = "9")]
    pub(crate) leave_out_refused: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PathTag {
    #[prost(string, tag = "1")]
    pub(crate) tag: String,
    /// Absent for NULL.
    #[prost(string, optional, tag = "2")]
    pub(crate) value: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Columns {
    #[prost(string, repeated, tag = "1")]
    pub(crate) names: Vec<String>,
}
