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

/// A part of a rope, its lengths known.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    /// Nothing while the chunk is open: then [`Open`](super::open::Open) has it.
    pub(super) text: String,
    /// The chunk's lengths, as they were when it was last closed.
    pub(super) width: TextWidth,
}

/// Text in one piece, its lengths known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) width: TextWidth,
}

impl TextWidth {
    #[inline]
    pub(super) fn ascii(len: u32) -> Self {
        Self {
            chars: len,
            bytes: len,
            utf16: len,
        }
    }

    /// What is known of a text of so many scalars without seeing it.
    #[inline]
    pub(crate) fn scalars(len: u32) -> Self {
        Self {
            chars: len,
            ..Self::default()
        }
    }

    #[inline]
    pub(crate) fn of(text: &str) -> Self {
        let bytes = text.len() as u32;
        // Most texts are one key, and one byte is ASCII.
        if bytes == 1 || text.is_ascii() {
            return Self::ascii(bytes);
        }
        Self::of_unicode(text)
    }

    /// As [`Self::of`], of a text that is known to have so many scalars.
    #[inline]
    pub(crate) fn of_scalars(text: &str, len: u32) -> Self {
        if text.len() == len as usize {
            return Self::ascii(len);
        }
        Self::of_unicode(text)
    }

    fn of_unicode(text: &str) -> Self {
        let bytes = text.len() as u32;
        let chars = chars::count(text) as u32;
        Self {
            chars,
            bytes,
            utf16: chars + utf16::count_surrogates(text) as u32,
        }
    }

    /// Whether all text of this width is ASCII.
    #[inline]
    pub(super) fn is_ascii(&self) -> bool {
        self.chars == self.bytes
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
    pub(super) fn as_piece(&self) -> Piece<'_> {
        Piece {
            text: &self.text,
            width: self.width,
        }
    }

    /// Appends another chunk if the two fit in one.
    pub(super) fn try_append(&mut self, other: &Self) -> bool {
        let fits = self.text.len() + other.text.len() <= MAX_CHUNK;
        if fits {
            self.text.push_str(&other.text);
            self.width += other.width;
        }
        fits
    }

    pub(super) fn split(mut self, at: u32) -> (Self, Self) {
        let right = Self::from(&self.text[self.as_piece().byte_of_char(at)..]);
        self.text.truncate(self.text.len() - right.text.len());
        self.width = self.width - right.width;
        (self, right)
    }
}

impl Piece<'_> {
    /// The byte at an offset in another unit; `None` inside a scalar.
    pub(super) fn byte_of(&self, at: u32, measure: Measure) -> Option<usize> {
        match measure {
            Measure::Chars => Some(self.byte_of_char(at)),
            Measure::Bytes => Some(at as usize).filter(|&byte| self.text.is_char_boundary(byte)),
            Measure::Utf16 if self.width.is_ascii() => Some(at as usize),
            Measure::Utf16 => {
                let byte = utf16::to_byte_idx(self.text, at as usize);
                // Inside a surrogate pair the byte found is the pair's start.
                (utf16::from_byte_idx(self.text, byte) == at as usize).then_some(byte)
            }
        }
    }

    /// How far a byte boundary is from the piece's start, in another unit.
    pub(super) fn offset_of(&self, byte: usize, measure: Measure) -> u32 {
        self.width_to(byte).get(measure)
    }

    /// How wide it is up to a byte boundary.
    #[inline]
    pub(super) fn width_to(&self, byte: usize) -> TextWidth {
        if self.width.is_ascii() {
            TextWidth::ascii(byte as u32)
        } else {
            TextWidth::of(&self.text[..byte])
        }
    }

    /// How wide it is from a byte boundary on.
    #[inline]
    pub(super) fn width_from(&self, byte: usize) -> TextWidth {
        if self.width.is_ascii() {
            TextWidth::ascii((self.text.len() - byte) as u32)
        } else {
            TextWidth::of(&self.text[byte..])
        }
    }

    #[inline]
    pub(super) fn byte_of_char(&self, at: u32) -> usize {
        if self.width.is_ascii() {
            at as usize
        } else {
            chars::to_byte_idx(self.text, at as usize)
        }
    }
}

impl From<&str> for Chunk {
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            width: TextWidth::of(text),
        }
    }
}

impl Item for Chunk {
    type Width = TextWidth;

    #[inline]
    fn width(&self) -> TextWidth {
        self.width
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

/// Appends to a string. A call to copy one byte costs more than the byte.
#[inline]
pub(crate) fn push_text(string: &mut String, text: &str) {
    if let [byte] = text.as_bytes() {
        string.push(char::from(*byte));
    } else {
        string.push_str(text);
    }
}
