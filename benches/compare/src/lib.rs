//! The rivals' side of the benchmark suite: `crdts` and `dson` on the jobs of our own rows of maps,
//! and five libraries of collaborative text, see [`text`].
//!
//! The inputs are those of our side, from [`benches::maps_input`], and so are the names of the
//! rows. Each rival works in the fastest way that it documents; where a rival takes what it
//! receives by value, it gets a copy that is made before the clock starts. Both get the names of
//! agents that suit them best, small integers, where our side has strings. In `map/delta-bytes`
//! that spares `crdts` 18 bytes an op against names of 64 random bits, which need no agreement.
//!
//! # What a rival cannot do
//! - The ops of `crdts` must arrive in the order in which their author made them. `apply` takes an
//!   op that comes too early, and from then on those before it count as known: they are lost without
//!   an error. The state with the hole then looks like one with removes, so merging does not fill
//!   the hole but spreads it. `validate_op` tells that an op is early, but a caller must ask, keep
//!   the op, and try again; the rows of ops are without that.
//! - An op of a map in `crdts` carries the version vector of the whole map, one entry for each
//!   agent that ever wrote; in `map/delta-bytes` there is one. Ops cannot be grouped either: the
//!   row of a thousand puts is a list of ops.
//! - A join of `dson` walks over all keys, however small the delta is; so do its writes, which join
//!   what they made. Its rows end at 10,000 keys, with milliseconds for a key.
//! - `dson` has neither sets nor counters.
//! - A delta of `dson` needs a format that describes itself: postcard refuses it, so its rows in
//!   `map/delta-bytes` are in MessagePack.
//! - `dson` numbers its agents: there is room for 256 nodes with 4,096 applications each, and they
//!   must agree on the numbers before they write.

pub mod delta_map;
pub mod op_map;
pub mod text;
