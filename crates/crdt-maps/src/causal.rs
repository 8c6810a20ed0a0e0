//! Types whose content can be removed: dots under one context.
//!
//! Every type is a pair: a *store*, which is what a map keeps under a key, with readers and with
//! mutators that return a [`Change`](crdt_core::Change); and the standalone type around it, which has
//! the context, mutates itself and returns deltas. Reading is the same for both.
//!
//! **Invariants.** Those of the kernel, `crdt_core::Causal`. Every store here is history-free: what a
//! mutator changes depends on the store only through the dots it removes.

mod causal_register;
mod flag;
mod mv_register;
mod or_map;
mod or_set;
mod rw_set;

use alloc::string::String;

use crdt_core::Named;

pub use self::causal_register::{CausalRegister, CausalRegisterStore, Stamped};
pub use self::flag::{DisableWinsFlag, DisableWinsFlagStore, EnableWinsFlag, EnableWinsFlagStore};
pub use self::mv_register::{MvRegister, MvRegisterStore};
pub use self::or_map::{OrMap, OrMapDelta, OrMapEntry, OrMapStore, Slot};
pub use self::or_set::{Element, OrSet, OrSetDelta, OrSetStore};
pub use self::rw_set::{RwElement, RwSet, RwSetDelta, RwSetStore};

/// Names stores as their standalone types are named, so that their deltas have a name too.
macro_rules! names {
    ($($store:ident[$($p:ident),*] = $name:literal;)*) => {$(
        impl<$($p),*> Named for $store<$($p),*> {
            const NAME: &'static str = $name;
        }
    )*};
}

names! {
    CausalRegisterStore[T] = "causal_register";
    DisableWinsFlagStore[] = "disable_wins_flag";
    EnableWinsFlagStore[] = "enable_wins_flag";
    MvRegisterStore[T] = "mv_register";
    OrSetStore[T] = "or_set";
    RwSetStore[T] = "rw_set";
}

impl<K, S: Named> Named for OrMapStore<K, S> {
    const NAME: &'static str = "or_map";

    fn write_name(out: &mut String) {
        crdt_core::write_nested_name::<S>(Self::NAME, out);
    }
}
