//! What a user may say.

/// One line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Command {
    Append(String),
    Tick(String),
    Show,
    Digest,
    Quit,
}

/// The line says nothing that the program knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("commands: append TEXT, tick NAME, show, digest, quit")]
pub(crate) struct UnknownCommand;

impl Command {
    pub(crate) fn parse(line: &str) -> Result<Self, UnknownCommand> {
        let (verb, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match (verb, rest) {
            ("append", text) if !text.is_empty() => Ok(Self::Append(text.into())),
            ("tick", name) if !name.is_empty() => Ok(Self::Tick(name.into())),
            ("show", "") => Ok(Self::Show),
            ("digest", "") => Ok(Self::Digest),
            ("quit", "") => Ok(Self::Quit),
            _ => Err(UnknownCommand),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, UnknownCommand};

    #[test]
    fn a_line_is_a_verb_and_the_rest() {
        let cases = [
            ("append two words", Ok(Command::Append("two words".into()))),
            ("tick visits", Ok(Command::Tick("visits".into()))),
            (" digest ", Ok(Command::Digest)),
            ("append", Err(UnknownCommand)),
            ("show all", Err(UnknownCommand)),
            ("", Err(UnknownCommand)),
        ];
        for (line, expected) in cases {
            assert_eq!(Command::parse(line), expected, "{line:?}");
        }
    }
}
