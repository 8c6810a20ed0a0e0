//! Files that tests write, gone when they end.

use std::path::PathBuf;

/// A file in the system's folder for such, until it is dropped.
pub(crate) struct ScratchFile(PathBuf);

impl ScratchFile {
    /// The name must be no other test's.
    pub(crate) fn new(name: &str, content: &str) -> Self {
        let name = format!("crdt-xtask-{}-{name}", std::process::id());
        let file = Self(std::env::temp_dir().join(name));
        file.write(content);
        file
    }

    pub(crate) fn write(&self, content: &str) {
        std::fs::write(&self.0, content).expect("writes a file");
    }

    /// As it stands on a command line.
    pub(crate) fn arg(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }
}

impl Drop for ScratchFile {
    fn drop(&mut self) {
        // What cannot be removed is the system's to remove.
        let _removed = std::fs::remove_file(&self.0);
    }
}
