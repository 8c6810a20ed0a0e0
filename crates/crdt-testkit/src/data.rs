//! Where recorded data lies on machines that have it; the project itself carries none.

use std::path::PathBuf;

/// The folder of editing traces: `$CRDT_TRACES`, else `../shared/traces` beside the repository.
///
/// Returns `None` when there is no such folder; callers then use [`crate::generate`].
pub fn traces_dir() -> Option<PathBuf> {
    dir("CRDT_TRACES", "traces")
}

/// The folder of conformance vectors: `$CRDT_CONFORMANCE`, else `../shared/conformance`.
///
/// Returns `None` when there is no such folder; tests then say that they are skipped.
pub fn conformance_dir() -> Option<PathBuf> {
    dir("CRDT_CONFORMANCE", "conformance")
}

fn dir(variable: &str, name: &str) -> Option<PathBuf> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let default = || [shared, name].iter().collect();
    let dir = std::env::var_os(variable).map_or_else(default, PathBuf::from);
    dir.is_dir().then_some(dir)
}
