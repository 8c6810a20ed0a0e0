//! Which type is allowed where.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crdt_core::{Classify, ErrorKind};

use super::{AnyLive, Kind, KindLive};

/// Which type of value is allowed, and below the keys of a map, where.
///
/// # Examples
/// ```
/// use crdt_maps::{CrdtSpec, Kind};
///
/// // A document: a title, and scores of any player.
/// let spec = CrdtSpec::record([
///     ("title", CrdtSpec::Leaf(Kind::CausalRegister)),
///     ("scores", CrdtSpec::map(CrdtSpec::Leaf(Kind::Counter))),
/// ]);
/// # assert_ne!(spec, CrdtSpec::Any);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum CrdtSpec {
    /// Anything, to any depth.
    Any,
    /// A value of this kind; below a [`Kind::Map`], anything.
    Leaf(Kind),
    /// A map with values of one spec under all keys.
    Map(Box<Self>),
    /// A map with these keys and no other.
    Record(
        #[cfg_attr(feature = "serde", serde(deserialize_with = "unique_fields"))]
        BTreeMap<String, Self>,
    ),
}

/// A value stands where the spec has another type, or nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SpecMismatch {
    /// The keys that lead to it, from the outermost.
    pub path: Vec<String>,
    /// The kind that is allowed there; `None` if no value is.
    pub expected: Option<Kind>,
    /// The kind that was found; `None` if a key is there that must not be, without a value.
    pub found: Option<Kind>,
}

impl CrdtSpec {
    /// Returns the spec of a map with values of one spec under all keys.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`CrdtSpec`].
    #[must_use]
    pub fn map(values: Self) -> Self {
        Self::Map(Box::new(values))
    }

    /// Returns the spec of a map with these keys and no other.
    ///
    /// # Complexity
    /// O(n log n).
    /// # Examples
    /// See [`CrdtSpec`].
    #[must_use]
    pub fn record<K: Into<String>>(fields: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Record(
            fields
                .into_iter()
                .map(|(key, spec)| (key.into(), spec))
                .collect(),
        )
    }

    /// Finds a value in a change that is not allowed where it stands.
    ///
    /// # Errors
    /// The first such value, with the path to it.
    /// # Complexity
    /// O(change).
    /// # Examples
    /// ```
    /// use crdt_maps::{AnyLive, CrdtSpec, Kind};
    ///
    /// assert!(CrdtSpec::Leaf(Kind::OrSet).check(&AnyLive::default()).is_ok());
    /// ```
    pub fn check(&self, live: &AnyLive) -> Result<(), SpecMismatch> {
        live.parts()
            .iter()
            .try_for_each(|part| self.check_part(part))
    }

    fn check_part(&self, part: &KindLive) -> Result<(), SpecMismatch> {
        let mismatch = |expected| {
            Err(SpecMismatch {
                path: Vec::new(),
                expected,
                found: Some(part.kind()),
            })
        };
        match (self, part) {
            (Self::Any, _) => Ok(()),
            (Self::Leaf(kind), part) if *kind == part.kind() => Ok(()),
            (Self::Leaf(kind), _) => mismatch(Some(*kind)),
            (Self::Map(_) | Self::Record(_), KindLive::Map(entries)) => {
                entries.iter().try_for_each(|(key, change)| {
                    let (presence, value) = &change.live;
                    let is_bare = !presence.is_empty() && value.parts().is_empty();
                    self.check_entry(key, value, is_bare)
                        .map_err(|error| error.below(key))
                })
            }
            (Self::Map(_) | Self::Record(_), _) => mismatch(Some(Kind::Map)),
        }
    }

    /// Checks what comes to life under a key; a key that only loses dots is always allowed.
    fn check_entry(&self, key: &str, value: &AnyLive, is_bare: bool) -> Result<(), SpecMismatch> {
        match self {
            Self::Map(values) => values.check(value),
            Self::Record(fields) => match fields.get(key) {
                Some(spec) => spec.check(value),
                None if is_bare || !value.parts().is_empty() => Err(SpecMismatch {
                    path: Vec::new(),
                    expected: None,
                    found: value.parts().first().map(KindLive::kind),
                }),
                None => Ok(()),
            },
            Self::Any | Self::Leaf(_) => Ok(()),
        }
    }
}

impl SpecMismatch {
    /// The same, seen from one key further out.
    fn below(mut self, key: &str) -> Self {
        self.path.insert(0, key.into());
        self
    }
}

impl fmt::Display for SpecMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            expected,
            found,
        } = self;
        let name = |kind: &Option<Kind>, none| kind.map_or(none, Kind::name);
        let expected = name(expected, "no such key");
        let found = name(found, "the key alone");
        write!(f, "expected {expected}, found {found} at {path:?}")
    }
}

impl core::error::Error for SpecMismatch {}

impl Classify for SpecMismatch {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Malformed
    }
}

/// Reads the fields of a record, each once.
#[cfg(feature = "serde")]
fn unique_fields<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, CrdtSpec>, D::Error> {
    struct Fields;

    impl<'de> serde::de::Visitor<'de> for Fields {
        type Value = BTreeMap<String, CrdtSpec>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map from keys to specs")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut map: A,
        ) -> Result<Self::Value, A::Error> {
            let mut fields = BTreeMap::new();
            while let Some((key, spec)) = map.next_entry()? {
                if fields.insert(key, spec).is_some() {
                    return Err(serde::de::Error::custom("a key is listed twice"));
                }
            }
            Ok(fields)
        }
    }

    deserializer.deserialize_map(Fields)
}
