//! Chunks of text, and their widths.

use core::ops::{Add, AddAssign, Sub};

use str_indices::{chars, utf16};

use super::{MAX_CHUNK, Measure};
use crate::tree::{Item, Width};

/// Lengths in all units. Differences wrap: they are only ever added back.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct TextWidth {
    pub(crate) chars: u32,
    pub(crate) bytes: u32,
    pub(crate) utf16: u32,
}

/// A piece of text, its scalars and UTF-16 units counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    text: String,
    chars: u32,
    utf16: u32,
}

impl TextWidth {
    #[inline]
    pub(crate) fn of(text: &str) -> Self {
        let bytes = text.len() as u32;
        if text.is_ascii() {
            return Self {
                chars: bytes,
                bytes,
                utf16: bytes,
            };
        }
        let chars = chars::count(text) as u32;
        Self {
            chars,
            bytes,
            utf16: chars + utf16::count_surrogates(text) as u32,
        }
    }

    #[inline]
    pub(crate) fn get(&self, measure: Measure) -> u32 {
        match measure {
            Measure::Chars => self.chars,
            Measure::Bytes => self.bytes,
            Measure::Utf16 => self.utf16,
        }
    }
}

impl Chunk {
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    #[inline]
    pub(super) fn width_chars(&self) -> u32 {
        self.chars
    }

    #[inline]
    pub(super) fn insert(&mut self, at: u32, text: &str, width: TextWidth) {
        let byte = self.byte_of_char(at);
        self.text.insert_str(byte, text);
        self.chars += width.chars;
        self.utf16 += width.utf16;
    }

    #[inline]
    pub(super) fn delete(&mut self, at: u32, len: u32) {
        let (start, end) = (self.byte_of_char(at), self.byte_of_char(at + len));
        let gone = TextWidth::of(&self.text[start..end]);
        self.text.drain(start..end);
        self.chars -= gone.chars;
        self.utf16 -= gone.utf16;
    }

    /// Appends another chunk if the two fit in one.
    pub(super) fn try_append(&mut self, other: &Self) -> bool {
        let fits = self.text.len() + other.text.len() <= MAX_CHUNK;
        if fits {
            self.text.push_str(&other.text);
            self.chars += other.chars;
            self.utf16 += other.utf16;
        }
        fits
    }

    pub(super) fn split(mut self, at: u32) -> (Self, Self) {
        let right = Self::from(&self.text[self.byte_of_char(at)..]);
        self.text.truncate(self.text.len() - right.text.len());
        self.chars -= right.chars;
        self.utf16 -= right.utf16;
        (self, right)
    }

    /// The byte at an offset in another unit; `None` inside a scalar.
    pub(super) fn byte_of(&self, at: u32, measure: Measure) -> Option<usize> {
        match measure {
            Measure::Chars => Some(self.byte_of_char(at)),
            Measure::Bytes => Some(at as usize).filter(|&byte| self.text.is_char_boundary(byte)),
            Measure::Utf16 if self.is_ascii() => Some(at as usize),
            Measure::Utf16 => {
                let byte = utf16::to_byte_idx(&self.text, at as usize);
                // Inside a surrogate pair the byte found is the pair's start.
                (utf16::from_byte_idx(&self.text, byte) == at as usize).then_some(byte)
            }
        }
    }

    /// How far a byte boundary is from the chunk's start, in another unit.
    pub(super) fn offset_of(&self, byte: usize, measure: Measure) -> u32 {
        if self.is_ascii() {
            return byte as u32;
        }
        TextWidth::of(&self.text[..byte]).get(measure)
    }

    #[inline]
    fn is_ascii(&self) -> bool {
        self.chars as usize == self.text.len()
    }

    #[inline]
    fn byte_of_char(&self, at: u32) -> usize {
        if self.is_ascii() {
            at as usize
        } else {
            chars::to_byte_idx(&self.text, at as usize)
        }
    }

    #[cfg(test)]
    pub(super) fn assert_invariants(&self) {
        assert!(!self.text.is_empty() && self.text.len() <= MAX_CHUNK);
        assert_eq!(self.width(), TextWidth::of(&self.text));
    }
}

impl From<&str> for Chunk {
    fn from(text: &str) -> Self {
        let TextWidth { chars, utf16, .. } = TextWidth::of(text);
        Self {
            text: text.to_owned(),
            chars,
            utf16,
        }
    }
}

impl Item for Chunk {
    type Width = TextWidth;

    #[inline]
    fn width(&self) -> TextWidth {
        TextWidth {
            chars: self.chars,
            bytes: self.text.len() as u32,
            utf16: self.utf16,
        }
    }
}

impl Width for TextWidth {}

impl Add for TextWidth {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self {
            chars: self.chars.wrapping_add(other.chars),
            bytes: self.bytes.wrapping_add(other.bytes),
            utf16: self.utf16.wrapping_add(other.utf16),
        }
    }
}

impl Sub for TextWidth {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self {
            chars: self.chars.wrapping_sub(other.chars),
            bytes: self.bytes.wrapping_sub(other.bytes),
            utf16: self.utf16.wrapping_sub(other.utf16),
        }
    }
}

impl AddAssign for TextWidth {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// The longest prefix of at most `max` bytes that ends at a scalar boundary.
pub(super) fn cut_before(text: &str, max: usize) -> usize {
    let end = max.min(text.len());
    (0..=end)
        .rev()
        .find(|&byte| text.is_char_boundary(byte))
        .unwrap_or(0)
}
