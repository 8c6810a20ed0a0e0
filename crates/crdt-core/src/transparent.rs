//! Serde for types that wrap one value, whether or not the feature is on.

/// Implements `Serialize` and `Deserialize` for a type as for its one field.
///
/// Without the feature `serde` of this crate it does nothing, so that callers need not ask.
///
/// The name, its parameters with their bounds, and the field with its type:
/// `serde_transparent!(Name[T: (Ord + Clone)](field: Type))`; a tuple struct's field is `0`.
/// Where the calling crate depends on serde, a derive with `#[serde(transparent)]` does the same; it needs
/// `bound(deserialize = "T: Ord + Deserialize<'de>")` besides if the struct has no bounds of its own.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Dot, DotMap, DotSet, serde_transparent};
///
/// #[derive(Clone, Debug, Default, PartialEq)]
/// struct Words<T>(DotMap<T, DotSet>);
///
/// serde_transparent!(Words[T: (Ord)](0: DotMap<T, DotSet>));
///
/// # #[cfg(feature = "serde")] {
/// let dot = Dot::new(AgentId::new("alice")?, 0)?;
/// let words = Words(DotMap::from((7_u8, DotSet::from(dot))));
/// let bytes = postcard::to_allocvec(&words)?;
/// assert_eq!(postcard::from_bytes::<Words<u8>>(&bytes)?, words);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "serde")]
#[macro_export]
macro_rules! serde_transparent {
    ($name:ident [$($p:ident: ($($b:tt)*)),*] ($field:tt: $inner:ty)) => {
        impl<$($p: $($b)*),*> $crate::__serde::Serialize for $name<$($p),*>
        where
            $inner: $crate::__serde::Serialize,
        {
            fn serialize<Z: $crate::__serde::Serializer>(
                &self,
                serializer: Z,
            ) -> ::core::result::Result<Z::Ok, Z::Error> {
                $crate::__serde::Serialize::serialize(&self.$field, serializer)
            }
        }

        impl<'de, $($p: $($b)*),*> $crate::__serde::Deserialize<'de> for $name<$($p),*>
        where
            $inner: $crate::__serde::Deserialize<'de>,
        {
            fn deserialize<D: $crate::__serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let inner = $crate::__serde::Deserialize::deserialize(deserializer)?;
                ::core::result::Result::Ok(Self { $field: inner })
            }
        }
    };
}

/// Does nothing: the feature `serde` is off.
#[cfg(not(feature = "serde"))]
#[macro_export]
macro_rules! serde_transparent {
    ($($tokens:tt)*) => {};
}
