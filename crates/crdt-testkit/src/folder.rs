//! A folder of a test, gone with it.

use core::sync::atomic::{AtomicU64, Ordering};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that nobody else uses, among those for temporary files; it is removed when this is dropped.
///
/// # Examples
/// ```
/// use crdt_testkit::Folder;
///
/// let folder = Folder::new("doc");
/// let file = folder.join("notes.redb");
/// std::fs::write(&file, b"notes")?;
/// drop(folder);
/// assert!(!file.exists());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes a folder; `name` tells people who left it behind, should the process die.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new(name: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("crdt-{name}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder for a test can be made");
        Self(path)
    }

    /// Returns the path of a file in it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is in the folder for temporary files.
        drop(fs::remove_dir_all(&self.0));
    }
}
