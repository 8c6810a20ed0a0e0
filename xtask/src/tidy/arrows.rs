//! Dependencies between the workspace's crates: the arrows of docs/ARCHITECTURE.md, and no other.

use super::Finding;
use super::workspace::Package;

/// What each crate may depend on. Crates with `ANY` are programs that nothing depends on.
const ARROWS: [(&str, &[&str]); 12] = [
    ("crdt-core", &[]),
    ("crdt-counters", &["crdt-core"]),
    ("crdt-maps", &["crdt-core", "crdt-counters"]),
    ("crdt-text", &["crdt-core"]),
    ("crdt-sync", &["crdt-core"]),
    ("crdt-testkit", &["crdt-core"]),
    ("benches", ANY),
    ("laws", ANY),
    ("notes", ANY),
    ("sim", ANY),
    ("trials", ANY),
    ("xtask", ANY),
];

const ANY: &[&str] = &[
    "crdt-core",
    "crdt-counters",
    "crdt-maps",
    "crdt-text",
    "crdt-sync",
    "crdt-testkit",
];

/// Compares normal and build dependencies with the list; tests may depend on anything.
pub(super) fn check(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let members: Vec<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    for package in packages {
        let path = format!("{}/Cargo.toml", package.name);
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            let message = format!("`{}` is in no list of arrows", package.name);
            findings.push(Finding::new("arrows", &path, 0, message));
            continue;
        };
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let counts = dependency.kind.as_deref() != Some("dev") && members.contains(&name);
            if counts && !allowed.contains(&name) {
                let message = format!("`{}` must not depend on `{name}`", package.name);
                findings.push(Finding::new("arrows", &path, 0, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::{Dependency, Package};
    use alloc::collections::BTreeMap;

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Package {
        let dependency = |&(name, kind): &(&str, Option<&str>)| Dependency {
            name: name.into(),
            kind: kind.map(Into::into),
        };
        Package {
            id: name.into(),
            name: name.into(),
            manifest_path: name.into(),
            dependencies: dependencies.iter().map(dependency).collect(),
            targets: Vec::new(),
            features: BTreeMap::new(),
        }
    }

    #[test]
    fn arrows_point_down_and_are_listed() {
        let core = package("crdt-core", &[("serde", None)]);
        let text = package(
            "crdt-text",
            &[("crdt-core", None), ("crdt-testkit", Some("dev"))],
        );
        let kit = package("crdt-testkit", &[("crdt-core", None)]);
        assert_eq!(check(&[core.clone(), text.clone(), kit.clone()]), []);

        let upward = package("crdt-core", &[("crdt-text", None)]);
        assert_eq!(check(&[upward, text.clone(), kit.clone()]).len(), 1);
        let at_build_time = package("crdt-core", &[("crdt-text", Some("build"))]);
        assert_eq!(check(&[at_build_time, text.clone(), kit.clone()]).len(), 1);
        let kit_knows_text = package("crdt-testkit", &[("crdt-text", None)]);
        assert_eq!(check(&[core, text, kit_knows_text]).len(), 1);
        assert_eq!(check(&[package("crdt-surprise", &[])]).len(), 1);
    }
}
