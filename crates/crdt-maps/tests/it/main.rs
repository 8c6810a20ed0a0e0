//! Tests of the registers, sets and maps from outside: laws, models, forms and known traps.

extern crate alloc;

mod corpus;
mod golden;
mod history;
mod laws;
mod plain_forms;
mod plain_g_map;
mod plain_history;
mod plain_laws;
mod plain_lww;
mod plain_sets;
mod support;
mod undo;
