//! What a register or a set of run-time type holds.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::hash::{Hash, Hasher};

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{Classify, ErrorKind};

/// A plain value: what JSON has, integers and bytes.
///
/// # Examples
/// ```
/// use crdt_maps::Value;
///
/// assert!(Value::Null < Value::from(3));
/// assert_eq!(Value::from("tea"), Value::Text("tea".into()));
/// ```
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// A number with a fraction.
    Float(Float),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A finite floating-point number, with the total order of [`f64::total_cmp`].
///
/// Infinities and "not a number" have no place in JSON and no sum; they are refused.
///
/// # Examples
/// ```
/// use crdt_maps::Float;
///
/// assert!(Float::new(-0.0) < Float::new(0.0));
/// assert_eq!(Float::new(f64::NAN), None);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "f64", into = "f64")
)]
pub struct Float(f64);

/// A number that is infinite or not a number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a number that is not finite")]
#[non_exhaustive]
pub struct NotFinite;

impl Classify for NotFinite {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Misuse
    }
}

impl Float {
    /// Wraps a number; `None` if it is not finite.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Float`].
    #[must_use]
    pub const fn new(number: f64) -> Option<Self> {
        if number.is_finite() {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Returns the number.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::Float::new(0.5).map(|number| number.to_f64()), Some(0.5));
    /// ```
    #[must_use]
    pub const fn to_f64(self) -> f64 {
        self.0
    }
}

impl Ord for Float {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Float {}

impl Hash for Float {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl Value {
    /// Returns the truth value, if it is one.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`as_str`](Self::as_str).
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the integer, if it is one.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`as_str`](Self::as_str).
    #[must_use]
    pub const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the number, if it is an integer or has a fraction; integers beyond 2^53 lose digits.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`as_str`](Self::as_str).
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "documented")]
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(Float(value)) => Some(*value),
            _ => None,
        }
    }

    /// Returns the text, if it is text.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// use crdt_maps::Value;
    ///
    /// assert_eq!(Value::from("tea").as_str(), Some("tea"));
    /// assert_eq!(Value::from(3).as_str(), None);
    /// assert_eq!(Value::from(3).as_int(), Some(3));
    /// assert_eq!(Value::from(3).as_f64(), Some(3.0));
    /// assert_eq!(Value::from(true).as_bool(), Some(true));
    /// assert_eq!(Value::from(&[7_u8][..]).as_bytes(), Some(&[7][..]));
    /// ```
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the bytes, if they are bytes.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`as_str`](Self::as_str).
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl TryFrom<f64> for Value {
    type Error = NotFinite;

    fn try_from(number: f64) -> Result<Self, NotFinite> {
        Float::try_from(number).map(Self::Float)
    }
}

impl TryFrom<f64> for Float {
    type Error = NotFinite;

    fn try_from(number: f64) -> Result<Self, NotFinite> {
        Self::new(number).ok_or(NotFinite)
    }
}

impl From<Float> for f64 {
    fn from(number: Float) -> Self {
        number.0
    }
}

impl From<Float> for Value {
    fn from(value: Float) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.into())
    }
}

impl Encode for Value {
    fn encode(&self, w: &mut Writer) {
        match self {
            Self::Null => w.u8(0),
            Self::Bool(false) => w.u8(1),
            Self::Bool(true) => w.u8(2),
            Self::Int(value) => {
                w.u8(3);
                w.i64(*value);
            }
            Self::Float(value) => {
                w.u8(4);
                w.u64_le(value.0.to_bits());
            }
            Self::Text(value) => {
                w.u8(5);
                w.str(value);
            }
            Self::Bytes(value) => {
                w.u8(6);
                w.bytes(value);
            }
        }
    }
}

impl Decode for Value {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let offset = r.offset();
        Ok(match r.u8()? {
            0 => Self::Null,
            1 => Self::Bool(false),
            2 => Self::Bool(true),
            3 => Self::Int(r.i64()?),
            4 => {
                let number = Float::new(f64::from_bits(r.u64_le()?));
                Self::Float(number.ok_or(DecodeError::NotCanonical { offset })?)
            }
            5 => Self::Text(String::decode(r, budget)?),
            6 => {
                let bytes = r.bytes()?;
                budget.spend_memory(bytes.len() as u64)?;
                Self::Bytes(bytes.into())
            }
            found => {
                return Err(DecodeError::UnknownTag {
                    offset,
                    found: found.into(),
                });
            }
        })
    }
}
