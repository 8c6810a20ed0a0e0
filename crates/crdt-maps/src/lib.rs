#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

/// The examples of the design document are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/design/maps.md")]
struct Design;

mod any;
mod causal;
mod plain;

/// What every program with these types needs of the kernel.
#[doc(no_inline)]
pub use crdt_core::{AgentId, Delta, DeltaState, Lattice, Minter, NextSeqError, Timestamp};

pub use self::any::{
    AnyCrdt, AnyDelta, AnyError, AnyFeed, AnyKind, AnyLive, AnyMap, AnySeen, AnyStore, CrdtSpec,
    Float, Kind, KindLive, KindStore, NotFinite, SpecMismatch, Value,
};
pub use self::causal::{
    CausalRegister, CausalRegisterStore, DisableWinsFlag, DisableWinsFlagStore, Element,
    EnableWinsFlag, EnableWinsFlagStore, MvRegister, MvRegisterStore, OrMap, OrMapDelta,
    OrMapEntry, OrMapStore, OrSet, OrSetDelta, OrSetStore, RwElement, RwSet, RwSetDelta,
    RwSetStore, Slot, Stamped,
};
pub use self::plain::{
    CausalLengthSet, CleanError, ConflictingWrite, GMap, GSet, LengthError, LwwMap, LwwRegister,
    StampError, TwoPSet,
};
