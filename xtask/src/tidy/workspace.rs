//! The workspace as Cargo sees it, and as it lies on disk.

use crate::outcome::Stop;
use alloc::collections::BTreeMap;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `cargo metadata` says about one or more workspaces.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Workspace {
    pub(crate) packages: Vec<Package>,
    workspace_default_members: Vec<String>,
}

/// One package of this repository.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

/// One line under `[dependencies]` and its sisters.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `dev`, `build`, or `None` for a normal one.
    pub(crate) kind: Option<String>,
}

/// One library, binary, test, benchmark or build script.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Target {
    pub(crate) src_path: PathBuf,
}

impl Workspace {
    /// Asks Cargo about the workspace at the root of the repository.
    pub(crate) fn load() -> Result<Self, Stop> {
        Self::load_manifest(&root().join("Cargo.toml"))
    }

    fn load_manifest(manifest: &Path) -> Result<Self, Stop> {
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args([
                "metadata",
                "--no-deps",
                "--format-version",
                "1",
                "--manifest-path",
            ])
            .arg(manifest)
            .output()
            .map_err(Stop::broken("cannot start cargo"))?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Stop::Broken(format!("cargo metadata failed: {message}")));
        }
        serde_json::from_slice(&output.stdout).map_err(Stop::broken("cannot read cargo metadata"))
    }

    /// The packages that plain `cargo test` covers.
    pub(crate) fn default_members(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|p| self.workspace_default_members.contains(&p.id))
    }

    /// Adds the packages of `manifests` that belong to workspaces of their own.
    pub(crate) fn add_outsiders(&mut self, manifests: &[PathBuf]) -> Result<(), Stop> {
        for manifest in manifests {
            let known = |p: &Package| p.manifest_path == *manifest;
            if *manifest != root().join("Cargo.toml") && !self.packages.iter().any(known) {
                self.packages
                    .extend(Self::load_manifest(manifest)?.packages);
            }
        }
        Ok(())
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let manifest_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest_dir.parent().unwrap_or(manifest_dir).to_path_buf()
}

/// All files below `dir`, sorted; build output and hidden folders are left out.
pub(crate) fn files_below(dir: &Path) -> Result<Vec<PathBuf>, Stop> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let cannot = format!("cannot read {}", folder.display());
        for entry in std::fs::read_dir(&folder).map_err(Stop::broken(&cannot))? {
            let path = entry.map_err(Stop::broken(&cannot))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_symlink() {
                continue;
            }
            if !path.is_dir() {
                files.push(path);
            } else if name != "target" && !name.starts_with('.') {
                folders.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
