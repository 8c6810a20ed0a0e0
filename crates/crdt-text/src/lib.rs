//! A plain-text CRDT: a run-length encoded op log, and branches that show the text at any version.
//!
//! # Smallest example
//! Two replicas edit at once, exchange updates, and agree:
//! ```
//! use crdt_text::TextDoc;
//!
//! let (mut a, mut b) = (TextDoc::new(), TextDoc::new());
//! let alice = a.get_or_create_agent_id("alice")?;
//! let bob = b.get_or_create_agent_id("bob")?;
//! a.insert(alice, 0, "hello ")?;
//! b.insert(bob, 0, "world")?;
//!
//! let for_a = b.encode_missing(&a.summary());
//! let for_b = a.encode_missing(&b.summary());
//! a.apply_update(&for_a)?;
//! b.apply_update(&for_b)?;
//! assert_eq!(a.to_string(), "hello world");
//! assert_eq!(a.to_string(), b.to_string());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The types to know
//! - [`TextDoc`]: history and text in one. Start here.
//! - [`OpLog`]: the history alone: every operation, by whom, on which version.
//! - [`Branch`]: the text at one version of an op log. Make as many as you like.
//! - [`Patches`]: what a merge changed, for an editor to follow in the unit that it counts in.
//! - [`Anchor`]: a position that stays where it is, and means the same to every replica.
//! - [`TextUndoStack`]: takes back the edits of one user, and no others.
//! - [`Update`]: a part of a history on its way to another replica; [`LinkEncoder`] and
//!   [`LinkDecoder`] make updates smaller where replicas stay connected.
//!
//! # Guarantees
//! - Replicas that know the same events show the same text.
//! - Every call that can fail returns an error and then has changed nothing; bytes of any origin
//!   never panic, and never take more memory than [`DecodeLimits`]
//!   allows.
//! - Equal histories encode to equal bytes, unless text was dropped from one of them.
//!
//! # Save, reopen, sync
//! - Save [`TextDoc::save`], whose text [`SavedDoc`] shows, and [`Draft`] edits, before the history
//!   is read; to save each edit, append [`TextDoc::encode_since`] records, each with its length, and
//!   read them back with [`TextDoc::apply_update`].
//! - To forget what was deleted, [`TextDoc::drop_deleted_text`] before saving: the history still
//!   merges. To forget all that came before a version that every writer knows,
//!   [`TextDoc::shallow_at`].
//! - A reopened document takes a new agent: a name stands for one session, and two writers with
//!   one name are refused as a conflict as soon as their events meet.
//! - To sync, send your [`TextDoc::summary`] and take what [`TextDoc::encode_missing`] makes of it.
//! - An update that is early gives [`UpdateError::MissingDependency`]: keep it, and try again when
//!   others have come.
//! - An update does not name its document: put an id in your own envelope.
//!
//! # What it is not
//! No rich text, no lists or maps, no network. Graphemes are left to the editor: their boundaries
//! change with Unicode versions, and replicas must agree.
//!
//! # Features
//! `serde` serialises the public value types; `random` makes agent ids from the operating system's
//! entropy.

#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod anchor;
mod branch;
mod conflict;
mod container;
mod doc;
mod draft;
mod error;
mod link;
mod named;
mod op;
mod op_log;
mod patch;
mod position;
mod replicate;
mod rope;
mod saved;
mod tree;
mod undo;
mod update;
mod walker;

pub use crdt_core::codec::{DecodeError, DecodeLimits};
pub use crdt_core::{
    AgentId, AgentIdx, Dot, DotContext, Floor, Frontier, Lv, LvRange, RemoteFrontier,
};

pub use self::anchor::{Anchor, AnchorError, Bias};
pub use self::branch::Branch;
pub use self::doc::TextDoc;
pub use self::draft::Draft;
pub use self::error::{EditError, UpdateError};
pub use self::link::{LinkDecoder, LinkEncoder};
pub use self::op::{Direction, TextOp};
pub use self::op_log::{DROPPED, HistoryRun, OpLog, RemoteRun};
pub use self::patch::{Patch, Patches};
pub use self::position::{Bytes, Chars, Position, Utf16};
pub use self::saved::SavedDoc;
pub use self::undo::{TextUndoStack, UndoError};
pub use self::update::Update;
