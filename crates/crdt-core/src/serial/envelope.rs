//! States with the name and the version of their type.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::Named;

/// A state as `{type, v, state}`, for formats and stores that keep many types side by side.
///
/// It works with every serde format; the module `json` (and its feature) has shorter ways for JSON.
///
/// Name and version are checked as they are read, so that a document of another type is refused by its
/// name, and not for whatever its state happens to look like.
/// They come before the state in what is written. What is read may have its fields in any order, as
/// tools sort them; then the state is read first.
///
/// # Invariants
/// The name and the version are those of `T`: there is nothing else to hold them.
///
/// # Examples
/// ```
/// use crdt_core::{DotContext, Envelope, Named};
/// # use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Deserialize, PartialEq, Serialize)]
/// struct Seen(DotContext);
///
/// impl Named for Seen {
///     const NAME: &'static str = "seen";
/// }
///
/// let bytes = postcard::to_allocvec(&Envelope(Seen(DotContext::new())))?;
/// assert_eq!(bytes, b"\x04seen\x01\x00");
/// let Envelope(seen) = postcard::from_bytes::<Envelope<Seen>>(&bytes)?;
/// assert_eq!(seen, Seen(DotContext::new()));
/// assert!(postcard::from_bytes::<Envelope<Seen>>(b"\x04show\x01\x00").is_err());
/// # Ok::<(), postcard::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper around one value")]
pub struct Envelope<T>(pub T);

impl<T: Named + Serialize> Serialize for Envelope<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        EnvelopeRef(&self.0).serialize(serializer)
    }
}

/// An [`Envelope`] around a borrowed state.
pub(crate) struct EnvelopeRef<'a, T>(pub(crate) &'a T);

impl<T: Named + Serialize> Serialize for EnvelopeRef<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Envelope", FIELDS.len())?;
        fields.serialize_field(TYPE, &T::full_name())?;
        fields.serialize_field(VERSION, &T::VERSION)?;
        fields.serialize_field(STATE, self.0)?;
        fields.end()
    }
}

impl<'de, T: Named + Deserialize<'de>> Deserialize<'de> for Envelope<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Envelope", &FIELDS, EnvelopeVisitor(PhantomData))
    }
}

const TYPE: &str = "type";
const VERSION: &str = "v";
const STATE: &str = "state";
const FIELDS: [&str; 3] = [TYPE, VERSION, STATE];

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Type,
    V,
    State,
}

struct EnvelopeVisitor<T>(PhantomData<T>);

impl<'de, T: Named + Deserialize<'de>> Visitor<'de> for EnvelopeVisitor<T> {
    type Value = Envelope<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a state of type {}", T::full_name())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut has_type, mut has_version, mut state) = (false, false, None);
        while let Some(field) = map.next_key()? {
            let is_twice = match field {
                Field::Type => has_type,
                Field::V => has_version,
                Field::State => state.is_some(),
            };
            match field {
                Field::Type if !is_twice => {
                    map.next_value_seed(TypeTag::<T>(PhantomData))?;
                    has_type = true;
                }
                Field::V if !is_twice => {
                    map.next_value_seed(VersionTag::<T>(PhantomData))?;
                    has_version = true;
                }
                Field::State if !is_twice => state = Some(map.next_value()?),
                Field::Type => return Err(Error::duplicate_field(TYPE)),
                Field::V => return Err(Error::duplicate_field(VERSION)),
                Field::State => return Err(Error::duplicate_field(STATE)),
            }
        }
        match state {
            _ if !has_type => Err(Error::missing_field(TYPE)),
            _ if !has_version => Err(Error::missing_field(VERSION)),
            None => Err(Error::missing_field(STATE)),
            Some(state) => Ok(Envelope(state)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let missing = |n: usize| Error::invalid_length(n, &"3 fields");
        list.next_element_seed(TypeTag::<T>(PhantomData))?
            .ok_or_else(|| missing(0))?;
        list.next_element_seed(VersionTag::<T>(PhantomData))?
            .ok_or_else(|| missing(1))?;
        let state = list.next_element()?.ok_or_else(|| missing(2))?;
        Ok(Envelope(state))
    }
}

/// Reads a name, which must be that of `T`.
struct TypeTag<T>(PhantomData<T>);

impl<'de, T: Named> DeserializeSeed<'de> for TypeTag<T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let found = Cow::<'_, str>::deserialize(deserializer)?;
        let expected = T::full_name();
        if found == expected {
            return Ok(());
        }
        let found: String = found.chars().take(MAX_SHOWN_CHARS).collect();
        Err(Error::custom(format_args!(
            "the state is of type {found:?}, not {expected:?}"
        )))
    }
}

/// Reads a version, which must be that of `T`.
struct VersionTag<T>(PhantomData<T>);

impl<'de, T: Named> DeserializeSeed<'de> for VersionTag<T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let (found, expected) = (u32::deserialize(deserializer)?, T::VERSION);
        if found == expected {
            return Ok(());
        }
        Err(Error::custom(format_args!(
            "the state is of version {found}, not {expected}"
        )))
    }
}

/// How much of a foreign name an error repeats.
const MAX_SHOWN_CHARS: usize = 64;
