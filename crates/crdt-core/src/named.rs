//! Names of types in self-describing forms.

use alloc::string::String;

/// A replicated type with a name and a version for envelopes such as `{"type", "v", "state"}`.
///
/// # Invariants
/// The name is lower snake case; a generic type adds the names of its nested replicated types in
/// angle brackets (`or_map<or_set>`), so that one type's bytes are not taken for another's.
/// The version goes up whenever a form changes that an older reader would misread.
///
/// # Examples
/// ```
/// use crdt_core::Named;
///
/// struct Tally;
///
/// impl Named for Tally {
///     const NAME: &'static str = "tally";
/// }
/// assert_eq!(Tally::full_name(), "tally");
/// assert_eq!(Tally::VERSION, 1);
/// ```
pub trait Named {
    /// The name without what it is generic over.
    const NAME: &'static str;

    /// Version of the type's serialised forms.
    const VERSION: u32 = 1;

    /// Appends the full name to `out`; generic types over replicated types override it.
    fn write_name(out: &mut String) {
        out.push_str(Self::NAME);
    }

    /// Returns the full name.
    ///
    /// # Complexity
    /// O(length). Allocates.
    #[must_use]
    fn full_name() -> String {
        let mut name = String::new();
        Self::write_name(&mut name);
        name
    }
}

/// Appends `outer<inner>`, the name of a type that nests another.
///
/// # Complexity
/// O(length).
/// # Examples
/// ```
/// use crdt_core::{Named, write_nested_name};
///
/// struct Tally;
///
/// impl Named for Tally {
///     const NAME: &'static str = "tally";
/// }
/// let mut name = String::new();
/// write_nested_name::<Tally>("map", &mut name);
/// assert_eq!(name, "map<tally>");
/// ```
pub fn write_nested_name<T: Named>(outer: &str, out: &mut String) {
    out.push_str(outer);
    out.push('<');
    T::write_name(out);
    out.push('>');
}
