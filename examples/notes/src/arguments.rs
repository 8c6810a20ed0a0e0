//! The command line.

use std::path::PathBuf;

use crate::Failure;

const USAGE: &str =
    "usage: notes --file FILE [--listen ADDRESS] [--connect ADDRESS] [--agent NAME]";

/// What the program was started with.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) file: PathBuf,
    pub(crate) listen: Option<String>,
    pub(crate) connect: Option<String>,
    /// Names the session, for tests; a new random name otherwise.
    pub(crate) agent: Option<String>,
}

impl Arguments {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut arguments = Self::default();
        while let Some(option) = words.next() {
            let value = words.next().ok_or(USAGE)?;
            match option.as_str() {
                "--file" => arguments.file = value.into(),
                "--listen" => arguments.listen = Some(value),
                "--connect" => arguments.connect = Some(value),
                "--agent" => arguments.agent = Some(value),
                _ => return Err(USAGE.into()),
            }
        }
        if arguments.file.as_os_str().is_empty() {
            return Err(USAGE.into());
        }
        Ok(arguments)
    }
}
