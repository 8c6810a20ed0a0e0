//! The words that docs/GLOSSARY.md rules out: what stands in backticks under "Never".

/// Patterns for names in snake case; `*` stands for any characters, `?` for one letter.
#[derive(Debug, Default)]
pub(super) struct Glossary {
    banned: Vec<(String, String)>,
}

impl Glossary {
    /// Reads every table whose last column is headed "Never".
    pub(super) fn parse(markdown: &str) -> Self {
        let mut glossary = Self::default();
        let mut in_table = false;
        for line in markdown.lines() {
            let cells: Vec<&str> = line
                .trim()
                .trim_matches('|')
                .split('|')
                .map(str::trim)
                .collect();
            if !line.trim_start().starts_with('|') {
                in_table = false;
            } else if cells.last() == Some(&"Never") {
                in_table = true;
            } else if let (true, Some(term), Some(never)) = (in_table, cells.first(), cells.last())
            {
                let words = never.split('`').skip(1).step_by(2);
                glossary
                    .banned
                    .extend(words.map(|word| (word.into(), (*term).into())));
            }
        }
        glossary
    }

    /// The banned pattern that `name` matches, and the term to look up instead.
    pub(super) fn banned(&self, name: &str) -> Option<(&str, &str)> {
        let snake = snake_case(name);
        let hit = self
            .banned
            .iter()
            .find(|(pattern, _)| matches(pattern, &snake));
        hit.map(|(pattern, term)| (pattern.as_str(), term.as_str()))
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    let Some(expected) = pattern.chars().next() else {
        return name.is_empty();
    };
    let rest = &pattern[expected.len_utf8()..];
    if expected == '*' && matches(rest, name) {
        return true;
    }
    let Some(found) = name.chars().next() else {
        return false;
    };
    let name_rest = &name[found.len_utf8()..];
    match expected {
        '*' => matches(pattern, name_rest),
        '?' => found.is_alphabetic() && matches(rest, name_rest),
        _ => found == expected && matches(rest, name_rest),
    }
}

/// `VersionVector` and `VERSION_VECTOR` become `version_vector`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut after_lower = false;
    for ch in name.chars() {
        if ch.is_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = ch.is_lowercase() || ch.is_ascii_digit();
        snake.extend(ch.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::Glossary;

    const TABLE: &str = "\
# Words
`not_this` is prose.

| Term | Meaning | Our name | Never |
|---|---|---|---|
| version vector | next seqs | `VersionVector` | `vv`, `state_vector`; clock for it |
| accessor | a getter | `len` | `get_*` |
| old code | gone | none | `*_old`, `*?2` |
";

    #[test]
    fn only_backticks_of_the_last_column_count() {
        let glossary = Glossary::parse(TABLE);
        for name in [
            "vv",
            "Vv",
            "StateVector",
            "STATE_VECTOR",
            "get_x",
            "tree_old",
            "Tree2",
        ] {
            assert!(glossary.banned(name).is_some(), "{name}");
        }
        for name in [
            "VersionVector",
            "not_this",
            "clock",
            "len",
            "budget_x",
            "older",
            "vvv",
        ] {
            assert!(glossary.banned(name).is_none(), "{name}");
        }
        assert_eq!(glossary.banned("vv"), Some(("vv", "version vector")));
    }
}
