//! Rules about files of any kind: names, characters, locked versions.

use super::Finding;
use crate::outcome::Stop;

/// Checks one file; `read` is called only when its content matters.
pub(super) fn check(
    path: &str,
    read: impl FnOnce() -> Result<String, Stop>,
) -> Result<Vec<Finding>, Stop> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut findings = Vec::new();
    if name == "mod.rs" {
        let message = "a module `foo` lives in `foo.rs`, its parts in `foo/`";
        findings.push(Finding::new("mod-rs", path, 0, message));
    }
    if name.ends_with(".rs") || name.ends_with(".toml") {
        findings.extend(check_ascii(path, &read()?));
    } else if name == "Cargo.lock" {
        findings.extend(check_lock(path, &read()?));
    }
    Ok(findings)
}

fn check_ascii(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (idx, line) in text.lines().enumerate() {
        if let Some(ch) = line.chars().find(|ch| !ch.is_ascii()) {
            let message = format!("`{}` is not ASCII: write an escape", ch.escape_unicode());
            findings.push(Finding::new("ascii", path, idx + 1, message));
        }
    }
    findings
}

fn check_lock(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut package = "";
    for (idx, line) in text.lines().enumerate() {
        let value = |key: &str| {
            line.strip_prefix(key)?
                .trim()
                .strip_prefix("= \"")?
                .strip_suffix('"')
        };
        if let Some(name) = value("name") {
            package = name;
        } else if let Some(version) = value("version").filter(|version| is_pre_release(version)) {
            let message = format!("`{package}` {version} is a pre-release");
            findings.push(Finding::new("pre-release", path, idx + 1, message));
        }
    }
    findings
}

/// A pre-release has a hyphen before any build metadata.
fn is_pre_release(version: &str) -> bool {
    version
        .split('+')
        .next()
        .is_some_and(|release| release.contains('-'))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::fixture::lines;

    fn findings(path: &str, text: &str) -> Vec<usize> {
        lines(&check(path, || Ok(text.into())).expect("the text is there"))
    }

    #[test]
    fn sources_are_ascii() {
        assert_eq!(findings("a/b.rs", "ok\ncaf\u{e9}\n"), [2]);
        assert_eq!(findings("Cargo.toml", "# \u{2192}\n"), [1]);
        assert!(findings("README.md", "caf\u{e9}").is_empty());
    }

    #[test]
    fn locked_versions_are_releases() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0-alpha.1\"\n\n[[package]]\nname = \"b\"\nversion = \"0.2.0+wasi-0.2\"\n";
        assert_eq!(findings("Cargo.lock", lock), [3]);
    }

    #[test]
    fn there_is_no_mod_rs() {
        assert_eq!(findings("a/mod.rs", ""), [0]);
        assert!(findings("a/model.rs", "").is_empty());
    }
}
