//! Every public error of the libraries says its kind, and may get variants later.

use super::Finding;
use super::source::Source;
use alloc::collections::BTreeSet;
use syn::{Attribute, Item, Type, Visibility};

/// Looks through the sources of the published crates.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let libraries = sources.iter().filter(|source| is_library(&source.path));
    let mut errors = Vec::new();
    let mut classified = BTreeSet::new();
    for source in libraries {
        for item in &source.ast.items {
            match item {
                Item::Enum(item) if is_error(&item.vis, &item.attrs) => {
                    errors.push((source, item.ident.to_string(), has(&item.attrs, OPEN)));
                }
                Item::Struct(item) if is_error(&item.vis, &item.attrs) => {
                    errors.push((source, item.ident.to_string(), true));
                }
                Item::Impl(item) => {
                    let name = classified_by(item);
                    classified.extend(name.map(|name| (crate_of(&source.path), name)));
                }
                _ => {}
            }
        }
    }
    let mut findings = Vec::new();
    for (source, name, is_open) in errors {
        let mut complain = |what: &str| {
            let message = format!("`{name}` {what}");
            findings.push(Finding::new("errors", &source.path, 0, message));
        };
        // Two crates may have errors of one name: each implements the trait beside its own.
        if !classified.contains(&(crate_of(&source.path), name.clone())) {
            complain("does not implement `Classify`");
        }
        if !is_open {
            complain("is not `#[non_exhaustive]`");
        }
    }
    findings
}

const OPEN: &str = "non_exhaustive";

fn is_library(path: &str) -> bool {
    path.starts_with("crates/")
        && !path.starts_with("crates/crdt-testkit/")
        && path.contains("/src/")
        && !path.contains("/tests")
}

/// The folder of the crate that a file belongs to.
fn crate_of(path: &str) -> String {
    path.split('/').take(2).collect::<Vec<_>>().join("/")
}

/// Whether a type is public and derives what errors are.
fn is_error(vis: &Visibility, attrs: &[Attribute]) -> bool {
    let derives = attrs.iter().filter(|attr| attr.path().is_ident("derive"));
    let mut lists = derives.filter_map(|attr| attr.meta.require_list().ok());
    let is_derived = lists.any(|list| list.tokens.to_string().contains("thiserror"));
    matches!(vis, Visibility::Public(_)) && is_derived
}

fn has(attrs: &[Attribute], name: &str) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident(name))
}

/// The type that an `impl Classify for` is for.
fn classified_by(item: &syn::ItemImpl) -> Option<String> {
    let (path, _) = item.trait_.as_ref()?;
    if path.segments.last()?.ident != "Classify" {
        return None;
    }
    match &*item.self_ty {
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::fixture::source;

    const SOUND: &str = "#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {}
impl Classify for ReadError {}
#[derive(Debug, thiserror::Error)]
enum Private {}
";

    #[test]
    fn an_error_says_its_kind_and_may_grow() {
        let at = |path, text| check(&[source(path, text)]);
        assert_eq!(at("crates/a/src/error.rs", SOUND), []);
        let unclassified = SOUND.replace("impl Classify", "impl Display");
        assert_eq!(at("crates/a/src/error.rs", &unclassified).len(), 1);
        let closed = SOUND.replace("#[non_exhaustive]", "");
        assert_eq!(at("crates/a/src/error.rs", &closed).len(), 1);
        assert_eq!(at("xtask/src/error.rs", &closed), []);
    }

    /// The kind of one crate's error says nothing about another's of the same name.
    #[test]
    fn names_are_told_apart_by_crate() {
        let unclassified = SOUND.replace("impl Classify", "impl Display");
        let sources = [
            source("crates/a/src/error.rs", SOUND),
            source("crates/b/src/error.rs", &unclassified),
        ];
        assert_eq!(check(&sources).len(), 1);
    }
}
