//! What stands under a key.

use crdt_core::{DotSet, DotStore, Wrapper};

/// A value, and dots that keep its key in the map when the value itself has none.
///
/// A counter at zero, an emptied set, a flag in its first position hold no dots. The event that made
/// them so puts its dot here, so that the key stays.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Slot<S>((DotSet, S));

impl<S> Slot<S> {
    pub(super) const fn value(&self) -> &S {
        &self.0.1
    }

    pub(super) const fn presence(&self) -> &DotSet {
        &self.0.0
    }
}

impl<S: DotStore> Wrapper for Slot<S> {
    type Inner = (DotSet, S);
    type Feed = S::Feed;
    type Glance = ();

    fn inner(&self) -> &Self::Inner {
        &self.0
    }

    fn inner_mut(&mut self) -> &mut Self::Inner {
        &mut self.0
    }

    fn wrap(inner: Self::Inner) -> Self {
        Self(inner)
    }

    fn glance(&self) {}

    fn feed(&self, (): (), (_, value): (bool, S::Feed)) -> S::Feed {
        value
    }
}
