//! Where data goes: stdout or a file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::failure::Failure;

/// The bytes of an answer under way.
pub(crate) struct Output {
    name: String,
    sink: Box<dyn Write + Send>,
}

impl Output {
    /// Standard output.
    pub(crate) fn stdout() -> Self {
        Self { name: "stdout".to_owned(), sink: Box::new(BufWriter::new(io::stdout())) }
    }

    /// The file at `path`, made or emptied; stdout for `None` and `-`.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else { return Ok(Self::stdout()) };
        let name = path.display().to_string();
        let file = File::create(path).map_err(|error| Failure::io(&name, &error))?;
        Ok(Self { name, sink: Box::new(BufWriter::new(file)) })
    }

    /// Adds bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.sink.write_all(bytes).map_err(|error| Failure::io(&self.name, &error))
    }

    /// Hands on what is buffered.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        self.sink.flush().map_err(|error| Failure::io(&self.name, &error))
    }

    /// Writes a table and hands it on.
    pub(crate) fn write_table(&mut self, header: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
        crate::table::write_table(&mut self.sink, header, rows).map_err(|error| Failure::io(&self.name, &error))?;
        self.finish()
    }
}
