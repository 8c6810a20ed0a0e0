//! `cargo xtask tidy`: the house rules that a machine can check.
//!
//! Facts fail the command; signals are printed for review. A fact may be excused in
//! `xtask/tidy-allow.txt`, with a reason; an excuse that nothing needs is a fact too. Each check is
//! a function from sources to findings, so its tests show on a few lines that it can fail.

mod allow;
mod arrows;
mod budget;
mod comments;
mod docs;
mod errors;
mod files;
mod glossary;
mod names;
mod orphans;
mod public_items;
mod signals;
mod sizes;
mod source;
mod tests_named;
mod unsafe_list;
pub(crate) mod workspace;

use crate::outcome::{Outcome, Stop};
use allow::AllowList;
use core::fmt;
use glossary::Glossary;
use source::Source;
use std::path::{Path, PathBuf};
use workspace::Workspace;

const ALLOW_LIST: &str = "xtask/tidy-allow.txt";
const GLOSSARY: &str = "docs/GLOSSARY.md";
const UNSAFE_LIST: &str = "docs/UNSAFE.md";

/// A broken rule.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Finding {
    /// Relative to the root.
    path: String,
    /// From 1; 0 means the whole file.
    line: usize,
    check: &'static str,
    message: String,
}

pub(crate) fn run(args: &[String]) -> Result<Outcome, Stop> {
    if let Some(arg) = args.first() {
        return Err(Stop::Usage(format!("unexpected argument `{arg}`")));
    }
    let root = workspace::root();
    let paths = workspace::files_below(&root)?;
    let manifests: Vec<PathBuf> = named(&paths, "Cargo.toml");
    let mut packages = Workspace::load()?;
    let mut findings = arrows::check(&packages.packages);
    packages.add_outsiders(&manifests)?;
    findings.extend(budget::check()?);

    let mut sources = Vec::new();
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|ext| ext == "rs"))
    {
        let name = relative(&root, path);
        match Source::parse(&name, &read(path)?) {
            Ok(source) => sources.push(source),
            Err(message) => findings.push(Finding::new("syntax", &name, 0, message)),
        }
    }
    let glossary = Glossary::parse(&read(&root.join(GLOSSARY))?);
    let crate_roots: Vec<String> = packages
        .packages
        .iter()
        .flat_map(|package| &package.targets)
        .map(|target| relative(&root, &target.src_path))
        .collect();
    findings.extend(check_sources(&sources, &glossary));
    findings.extend(errors::check(&sources));
    findings.extend(orphans::check(&sources, &crate_roots));
    findings.extend(unsafe_list::check(
        &sources,
        &read(&root.join(UNSAFE_LIST))?,
    ));
    for path in &paths {
        findings.extend(files::check(&relative(&root, path), || read(path))?);
    }
    for document in tests_named::DOCUMENTS {
        let source = |path: &str| std::fs::read_to_string(root.join(path)).ok();
        findings.extend(tests_named::check(
            document,
            &read(&root.join(document))?,
            source,
        ));
    }
    let mut allowed = AllowList::parse(&read(&root.join(ALLOW_LIST))?);
    findings.retain(|finding| !allowed.excuses(finding));
    findings.extend(allowed.faults(ALLOW_LIST));
    findings.sort();
    signals::print(&sources);
    report(&findings, sources.len())
}

/// The checks that look at one source at a time.
fn check_sources(sources: &[Source], glossary: &Glossary) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        findings.extend(comments::check(source));
        findings.extend(docs::check(source));
        findings.extend(names::check(source, glossary));
        findings.extend(sizes::check(source));
    }
    findings
}

fn report(findings: &[Finding], n_sources: usize) -> Result<Outcome, Stop> {
    for finding in findings {
        println!("{finding}");
    }
    println!(
        "tidy: {} broken rules in {n_sources} Rust files",
        findings.len()
    );
    Ok(Outcome::passed_if(findings.is_empty()))
}

fn named(paths: &[PathBuf], name: &str) -> Vec<PathBuf> {
    paths
        .iter()
        .filter(|path| path.file_name().is_some_and(|n| n == name))
        .cloned()
        .collect()
}

fn read(path: &Path) -> Result<String, Stop> {
    let what = format!("cannot read {}", path.display());
    let bytes = std::fs::read(path).map_err(Stop::broken(&what))?;
    String::from_utf8(bytes).map_err(Stop::broken(&what))
}

fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    inside
        .components()
        .map(|c| c.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

impl Finding {
    fn new(check: &'static str, path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            line,
            check,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: [{}] {}",
            self.path, self.line, self.check, self.message
        )
    }
}

#[cfg(test)]
mod fixture {
    //! What the tests of the checks share.

    use super::{Finding, Source};

    pub(super) fn source(path: &str, text: &str) -> Source {
        Source::parse(path, text).expect("a fixture parses")
    }

    /// The lines that a check complains about.
    pub(super) fn lines(findings: &[Finding]) -> Vec<usize> {
        findings.iter().map(|finding| finding.line).collect()
    }
}
