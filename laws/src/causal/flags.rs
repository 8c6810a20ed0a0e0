//! Flags: the direction that wins leaves a mark until one that saw it takes it away.

use super::feeds::check_leaf;
use super::{Kind, Standalone, standalone};
use crate::sets::event_if;
use crdt_core::{Change, DotSet, Minter};
use crdt_maps::{DisableWinsFlag, DisableWinsFlagStore, EnableWinsFlag, EnableWinsFlagStore};
use crdt_testkit::Rng;
use crdt_testkit::laws::{Expected, History, Refused, Writer};

/// [`EnableWinsFlag`].
pub(crate) struct EnableWins;

/// [`DisableWinsFlag`].
pub(crate) struct DisableWins;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Switch {
    On,
    Off,
}

/// Whether a switch to the side that wins survives.
fn has_mark(history: &History<Switch>, winner: Switch) -> bool {
    let mut survivors = history.survivors(|_, _| true);
    survivors.any(|event| event.op == winner)
}

/// The side that loses does something only where it sees a mark.
fn expected(past: &History<Switch>, op: Switch, winner: Switch) -> Expected {
    event_if(op == winner || has_mark(past, winner))
}

/// Writes the kind of one flag.
macro_rules! flag {
    ($kind:ident, $flag:ident, $store:ident, $winner:ident, reads: $reads:literal) => {
        impl Kind for $kind {
            type Type = $flag;
            type Store = $store;
            type Op = Switch;
            type Value = bool;

            fn op(rng: &mut Rng, _: usize) -> Switch {
                *rng.pick(&[Switch::On, Switch::Off])
            }

            fn change(
                flag: &$store,
                minter: &mut Minter,
                op: &Switch,
            ) -> Result<Change<DotSet>, Refused> {
                Ok(match op {
                    Switch::On => flag.enable(minter)?,
                    Switch::Off => flag.disable(minter)?,
                })
            }

            fn value(flag: &$store) -> bool {
                flag.is_enabled()
            }

            fn oracle(history: &History<Switch>) -> bool {
                has_mark(history, Switch::$winner) == $reads
            }

            fn expected(past: &History<Switch>, op: &Switch) -> Expected {
                expected(past, *op, Switch::$winner)
            }

            fn check_feed(feed: &bool, before: &$store, after: &$store) -> Result<(), String> {
                check_leaf(*feed, before.is_enabled() != after.is_enabled())
            }
        }

        impl Standalone for $kind {
            type State = $flag;

            fn mutate(flag: &mut $flag, writer: Writer<'_>, op: &Switch) -> Result<$flag, Refused> {
                Ok(match op {
                    Switch::On => flag.enable_with_delta(writer.author())?,
                    Switch::Off => flag.disable_with_delta(writer.author())?,
                })
            }

            fn mutate_plain(
                flag: &mut $flag,
                writer: Writer<'_>,
                op: &Switch,
            ) -> Result<(), Refused> {
                Ok(match op {
                    Switch::On => flag.enable(writer.author())?,
                    Switch::Off => flag.disable(writer.author())?,
                })
            }

            standalone!(leaf);
        }
    };
}

flag!(EnableWins, EnableWinsFlag, EnableWinsFlagStore, On, reads: true);
flag!(DisableWins, DisableWinsFlag, DisableWinsFlagStore, Off, reads: false);
