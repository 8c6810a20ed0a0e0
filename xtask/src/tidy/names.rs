//! Public names and file names keep to the glossary.

use super::Finding;
use super::glossary::Glossary;
use super::public_items::public_items;
use super::source::Source;

/// Complains about names that the glossary rules out.
pub(super) fn check(source: &Source, glossary: &Glossary) -> Vec<Finding> {
    let stem = source
        .path
        .rsplit('/')
        .next()
        .and_then(|name| name.strip_suffix(".rs"));
    let file = stem.map(|stem| (stem.to_owned(), 0));
    let items = public_items(&source.ast.items)
        .into_iter()
        .map(|item| (item.name, item.line));
    let mut findings = Vec::new();
    for (name, line) in file.into_iter().chain(items) {
        if let Some((pattern, term)) = glossary.banned(&name) {
            let message =
                format!("`{name}` is banned as `{pattern}`: see \"{term}\" in the glossary");
            findings.push(Finding::new("glossary", &source.path, line, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::fixture::{lines, source};
    use crate::tidy::glossary::Glossary;

    #[test]
    fn public_names_and_file_names_are_checked() {
        let glossary = Glossary::parse("| T | Never |\n|---|---|\n| x | `vv`, `*_new` |\n");
        let text = "pub fn vv() {}\nfn vv_private() {}\npub struct S { pub tree_new: u8 }\n";
        assert_eq!(lines(&check(&source("a/b.rs", text), &glossary)), [1, 3]);
        assert_eq!(lines(&check(&source("a/b_new.rs", ""), &glossary)), [0]);
    }
}
