//! The container of every file: tagged sections, each with a checksum of its own.
//!
//! **Format.** "CTXT"; version: u8; number of sections: u8; for each its tag: u8, length: varint,
//! CRC-32: u32; CRC-32 of all that: u32; the sections one after the other, and nothing else. Tags
//! ascend. Readers skip sections that they do not know if their tag is 128 or more, and refuse the
//! file else.
//!
//! **Invariant.** No section is looked at before its checksum was compared, or another one of the same
//! bytes, and none is looked at that is not asked for: reading one costs nothing of another.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use crdt_core::codec::{DecodeError, Reader, Writer};

pub(crate) const MAGIC: &[u8; 4] = b"CTXT";
pub(crate) const FORMAT_VERSION: u8 = 1;
/// Tags from here on may be skipped.
pub(crate) const OPTIONAL: u8 = 128;

/// Sections on their way into a file.
#[derive(Debug, Default)]
pub(crate) struct ContainerWriter {
    sections: Vec<(u8, Vec<u8>)>,
}

impl ContainerWriter {
    /// Adds a section; tags must ascend.
    pub(crate) fn section(&mut self, tag: u8, write: impl FnOnce(&mut Writer)) {
        debug_assert!(self.sections.last().is_none_or(|(last, _)| *last < tag));
        let mut w = Writer::new();
        write(&mut w);
        self.sections.push((tag, w.into_bytes()));
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let mut w = Writer::new();
        w.raw(MAGIC);
        w.u8(FORMAT_VERSION);
        w.u8(self.sections.len() as u8);
        for (tag, content) in &self.sections {
            w.u8(*tag);
            w.u64(content.len() as u64);
            w.u32_le(crc32fast::hash(content));
        }
        w.u32_le(crc32fast::hash(w.as_bytes()));
        self.sections.iter().for_each(|(_, content)| w.raw(content));
        w.into_bytes()
    }
}

/// A file whose head was read.
#[derive(Clone, Debug)]
pub(crate) struct Container<'a> {
    sections: Vec<Section<'a>>,
}

#[derive(Clone, Debug)]
struct Section<'a> {
    tag: u8,
    checksum: u32,
    content: Reader<'a>,
}

impl<'a> Container<'a> {
    /// Reads the head of a file; `known` are the tags that the caller knows.
    pub(crate) fn open(
        bytes: &'a [u8],
        mut r: Reader<'a>,
        known: &[u8],
    ) -> Result<Self, DecodeError> {
        if r.raw(MAGIC.len())? != MAGIC {
            return Err(DecodeError::WrongMagic);
        }
        let version = r.u8()?;
        if version != FORMAT_VERSION {
            let found = version.into();
            return Err(DecodeError::UnknownVersion { found });
        }
        let n_sections = r.u8()?;
        let mut heads = Vec::new();
        for _ in 0..n_sections {
            let offset = r.offset();
            heads.push((offset, r.u8()?, r.u64()?, r.u32_le()?));
        }
        let head = bytes.get(..r.offset()).unwrap_or_default();
        let expected = crc32fast::hash(head);
        check(expected, r.u32_le()?)?;
        let mut sections: Vec<Section<'a>> = Vec::new();
        for (offset, tag, len, checksum) in heads {
            if sections.last().is_some_and(|last| last.tag >= tag) {
                return Err(DecodeError::NotCanonical { offset });
            }
            if tag < OPTIONAL && !known.contains(&tag) {
                let found = tag.into();
                return Err(DecodeError::UnknownTag { offset, found });
            }
            let len = usize::try_from(len).unwrap_or(usize::MAX);
            sections.push(Section {
                tag,
                checksum,
                content: r.take(len)?,
            });
        }
        r.finish()?;
        Ok(Self { sections })
    }

    /// A section that the file must have.
    pub(crate) fn section(&self, tag: u8) -> Result<Reader<'a>, DecodeError> {
        self.optional(tag)?.ok_or(DecodeError::UnknownTag {
            offset: 0,
            found: tag.into(),
        })
    }

    /// A section that the file may have, its checksum compared.
    pub(crate) fn optional(&self, tag: u8) -> Result<Option<Reader<'a>>, DecodeError> {
        let Some(section) = self.sections.iter().find(|section| section.tag == tag) else {
            return Ok(None);
        };
        let mut content = section.content.clone();
        let bytes = content.raw(content.remaining())?;
        check(crc32fast::hash(bytes), section.checksum)?;
        Ok(Some(section.content.clone()))
    }

    /// A section whose checksum nobody compared: for a caller who has another.
    pub(crate) fn unverified(&self, tag: u8) -> Result<Reader<'a>, DecodeError> {
        let section = self.sections.iter().find(|section| section.tag == tag);
        let missing = DecodeError::UnknownTag {
            offset: 0,
            found: tag.into(),
        };
        section
            .map(|section| section.content.clone())
            .ok_or(missing)
    }

    /// Compares the checksums of all sections that may not be skipped.
    pub(crate) fn verify(&self) -> Result<(), DecodeError> {
        let tags = self.sections.iter().map(|section| section.tag);
        tags.filter(|&tag| tag < OPTIONAL)
            .try_for_each(|tag| self.optional(tag).map(drop))
    }
}

fn check(expected: u32, found: u32) -> Result<(), DecodeError> {
    if expected == found {
        Ok(())
    } else {
        Err(DecodeError::ChecksumMismatch { expected, found })
    }
}

#[cfg(test)]
mod tests {
    use crdt_core::codec::{DecodeError, Reader};

    use super::{Container, ContainerWriter, OPTIONAL};

    const NEEDED: u8 = 1;

    /// A file of two sections, a bit of one flipped.
    fn spoiled(tag: u8) -> Vec<u8> {
        let mut file = ContainerWriter::default();
        file.section(NEEDED, |w| w.raw(b"needed"));
        file.section(OPTIONAL, |w| w.raw(b"more"));
        let mut bytes = file.finish();
        let from_end = if tag == NEEDED { 5 } else { 1 };
        let at = bytes.len() - from_end;
        bytes[at] ^= 4;
        bytes
    }

    /// A damaged section that may be skipped makes a file no worse than one without it.
    #[test]
    fn damage_is_found_in_all_that_is_read_and_in_all_that_may_not_be_skipped() {
        for (tag, other) in [(NEEDED, OPTIONAL), (OPTIONAL, NEEDED)] {
            let bytes = spoiled(tag);
            let file = Container::open(&bytes, Reader::new(&bytes), &[NEEDED]).expect("a head");
            let is_found = |error| matches!(error, DecodeError::ChecksumMismatch { .. });
            assert_eq!(file.verify().is_err_and(is_found), tag == NEEDED);
            assert!(file.optional(tag).is_err_and(is_found));
            assert!(file.section(tag).is_err_and(is_found));
            assert!(file.section(other).is_ok());
        }
    }
}
