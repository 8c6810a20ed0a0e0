//! How many crates a user's build grows by: budgets for dependencies, and no pre-release among them.

use super::Finding;
use super::workspace::root;
use crate::outcome::Stop;
use alloc::collections::BTreeSet;
use std::process::Command;

/// Packages, and how many crates their trees may have together, themselves included.
struct Budget {
    packages: &'static [&'static str],
    max_crates: usize,
}

const BUDGETS: [Budget; 2] = [
    Budget {
        packages: &["crdt-core"],
        max_crates: 12,
    },
    Budget {
        packages: &[
            "crdt-core",
            "crdt-counters",
            "crdt-maps",
            "crdt-text",
            "crdt-sync",
        ],
        max_crates: 40,
    },
];

/// Asks Cargo for the trees with default features, and compares.
pub(super) fn check() -> Result<Vec<Finding>, Stop> {
    let mut findings = Vec::new();
    for budget in &BUDGETS {
        findings.extend(check_tree(budget, &tree(budget.packages)?));
    }
    Ok(findings)
}

fn check_tree(budget: &Budget, tree: &str) -> Vec<Finding> {
    let crates: BTreeSet<(&str, &str)> = tree.lines().filter_map(name_and_version).collect();
    let finding = |message| Finding::new("budget", "Cargo.toml", 0, message);
    let mut findings: Vec<Finding> = crates
        .iter()
        .filter(|(_, version)| is_pre_release(version))
        .map(|(name, version)| finding(format!("`{name}` {version} is a pre-release")))
        .collect();
    let (n_crates, max) = (crates.len(), budget.max_crates);
    if n_crates > max {
        let packages = budget.packages.join(", ");
        findings.push(finding(format!(
            "{packages} build with {n_crates} crates where {max} are allowed"
        )));
    }
    findings
}

/// A line of `cargo tree` is `name vVERSION` and more.
fn name_and_version(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    let name = words.next()?;
    Some((name, words.next()?.strip_prefix('v')?))
}

/// What comes after a plus tells nothing about stability.
fn is_pre_release(version: &str) -> bool {
    let version = version.split('+').next().unwrap_or(version);
    version.contains('-')
}

fn tree(packages: &[&str]) -> Result<String, Stop> {
    let selection = packages.iter().flat_map(|name| ["--package", name]);
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["tree", "--edges", "normal,build", "--prefix", "none"])
        .args(selection)
        .current_dir(root())
        .output()
        .map_err(Stop::broken("cannot start cargo"))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Stop::Broken(format!("cargo tree failed: {message}")));
    }
    String::from_utf8(output.stdout).map_err(Stop::broken("cannot read cargo tree"))
}

#[cfg(test)]
mod tests {
    use super::{Budget, check_tree};

    const BUDGET: Budget = Budget {
        packages: &["a"],
        max_crates: 2,
    };

    #[test]
    fn a_tree_within_its_budget_is_fine() {
        let tree = "a v0.1.0 (/home/a)\nb v1.0.0+build-7\n\nb v1.0.0+build-7 (*)\n";
        assert_eq!(check_tree(&BUDGET, tree), []);
    }

    #[test]
    fn one_crate_more_and_one_that_is_not_finished_are_found() {
        let tree = "a v0.1.0\nb v1.0.0\nb v2.0.0-alpha.1\n";
        let findings = check_tree(&BUDGET, tree);
        assert_eq!(findings.len(), 2);
        assert!(findings[0].message.contains("pre-release"));
        assert!(findings[1].message.contains("3 crates"));
    }
}
