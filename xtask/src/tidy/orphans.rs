//! Files that no crate root reaches: nobody compiles or tests them.

use super::Finding;
use super::source::Source;
use alloc::collections::{BTreeMap, BTreeSet};
use syn::{Expr, ExprLit, Item, ItemMod, Lit, Meta};

/// Follows the `mod` lines from the crate roots; whatever is left over is an orphan.
pub(super) fn check(sources: &[Source], crate_roots: &[String]) -> Vec<Finding> {
    let by_path: BTreeMap<&str, &Source> = sources.iter().map(|s| (s.path.as_str(), s)).collect();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut waiting: Vec<(String, String)> = crate_roots
        .iter()
        .map(|path| {
            (
                path.clone(),
                path.rsplit_once('/').map_or("", |(dir, _)| dir).into(),
            )
        })
        .collect();
    while let Some((path, child_dir)) = waiting.pop() {
        let Some(source) = by_path.get(path.as_str()) else {
            continue;
        };
        if reached.insert(path) {
            follow(&source.ast.items, &child_dir, &by_path, &mut waiting);
        }
    }
    let orphans = sources
        .iter()
        .filter(|source| !reached.contains(&source.path));
    let finding = |source: &Source| {
        Finding::new("orphan", &source.path, 0, "no crate root reaches this file")
    };
    orphans.map(finding).collect()
}

/// Queues the files that `mod` lines among `items` name, each with the folder of its children.
fn follow(
    items: &[Item],
    dir: &str,
    sources: &BTreeMap<&str, &Source>,
    waiting: &mut Vec<(String, String)>,
) {
    for item in items {
        let Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        let child_dir = format!("{dir}/{}", name.trim_start_matches("r#"));
        if let Some((_, items)) = &module.content {
            follow(items, &child_dir, sources, waiting);
        } else if let Some(path) = path_attribute(module) {
            let path = format!("{dir}/{path}");
            let parent = path.rsplit_once('/').map_or("", |(dir, _)| dir).to_owned();
            waiting.push((path, parent));
        } else {
            let candidates = [format!("{child_dir}.rs"), format!("{child_dir}/mod.rs")];
            let found = candidates
                .into_iter()
                .find(|path| sources.contains_key(path.as_str()));
            waiting.extend(found.map(|path| (path, child_dir)));
        }
    }
}

fn path_attribute(module: &ItemMod) -> Option<String> {
    module
        .attrs
        .iter()
        .find_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::fixture::source;

    #[test]
    fn a_file_without_a_mod_line_is_an_orphan() {
        let sources = [
            source(
                "a/src/lib.rs",
                "mod b;\n#[cfg(test)] mod tests;\nmod inner { mod deep; }",
            ),
            source("a/src/b.rs", "#[path = \"odd/name.rs\"] mod c;"),
            source("a/src/b/odd/name.rs", ""),
            source("a/src/tests.rs", ""),
            source("a/src/inner/deep.rs", ""),
            source("a/src/b/lost.rs", ""),
            source("a/src/lib_old.rs", ""),
        ];
        let findings = check(&sources, &["a/src/lib.rs".into()]);
        let paths: Vec<&str> = findings.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["a/src/b/lost.rs", "a/src/lib_old.rs"]);
        assert_eq!(check(&sources, &[]).len(), sources.len());
    }
}
