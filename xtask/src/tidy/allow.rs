//! The list of excused findings: lines `CHECK PATH: REASON`, or `CHECK PATH NAME: REASON` to
//! excuse one name; lines that start with `#` are comments.

use super::Finding;

/// The excuses, with a note of which were needed.
#[derive(Debug)]
pub(super) struct AllowList {
    entries: Vec<Entry>,
    malformed_lines: Vec<usize>,
}

#[derive(Debug)]
struct Entry {
    line: usize,
    check: String,
    path: String,
    name: Option<String>,
    used: bool,
}

impl AllowList {
    pub(super) fn parse(text: &str) -> Self {
        let mut list = Self {
            entries: Vec::new(),
            malformed_lines: Vec::new(),
        };
        for (idx, content) in text.lines().enumerate() {
            let (line, content) = (idx + 1, content.trim());
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            match Entry::parse(line, content) {
                Some(entry) => list.entries.push(entry),
                None => list.malformed_lines.push(line),
            }
        }
        list
    }

    /// Whether an entry excuses `finding`; notes that the entry was needed.
    pub(super) fn excuses(&mut self, finding: &Finding) -> bool {
        let matching = self.entries.iter_mut().find(|entry| entry.matches(finding));
        matching.map(|entry| entry.used = true).is_some()
    }

    /// What is wrong with the list itself.
    pub(super) fn faults(&self, path: &str) -> Vec<Finding> {
        let malformed = self.malformed_lines.iter().map(|&line| {
            Finding::new(
                "allow-list",
                path,
                line,
                "not of the form `CHECK PATH: REASON`",
            )
        });
        let unused = self.entries.iter().filter(|entry| !entry.used);
        let unused = unused
            .map(|entry| Finding::new("allow-list", path, entry.line, "excuses nothing any more"));
        malformed.chain(unused).collect()
    }
}

impl Entry {
    fn parse(line: usize, content: &str) -> Option<Self> {
        let (key, reason) = content.split_once(": ")?;
        let mut words = key.split_whitespace();
        let (check, path) = (words.next()?.into(), words.next()?.into());
        let name = words.next().map(Into::into);
        let complete = words.next().is_none() && !reason.trim().is_empty();
        complete.then_some(Self {
            line,
            check,
            path,
            name,
            used: false,
        })
    }

    fn matches(&self, finding: &Finding) -> bool {
        let named = |name: &String| finding.message.contains(&format!("`{name}`"));
        self.check == finding.check
            && self.path == finding.path
            && self.name.as_ref().is_none_or(named)
    }
}

#[cfg(test)]
mod tests {
    use super::{AllowList, Finding};
    use crate::tidy::fixture::lines;

    #[test]
    fn an_entry_excuses_its_check_its_file_and_its_name_only() {
        let mut list = AllowList::parse("# why\nsize a.rs: a table\nname b.rs get_x: a habit\n");
        assert!(list.excuses(&Finding::new("size", "a.rs", 3, "too long")));
        assert!(!list.excuses(&Finding::new("docs", "a.rs", 3, "none")));
        assert!(!list.excuses(&Finding::new("size", "c.rs", 3, "too long")));
        assert!(list.excuses(&Finding::new("name", "b.rs", 3, "`get_x` is banned")));
        assert!(!list.excuses(&Finding::new("name", "b.rs", 3, "`get_y` is banned")));
        assert!(list.faults("list").is_empty());
    }

    #[test]
    fn an_entry_without_reason_or_use_is_a_fault() {
        let list = AllowList::parse("size a.rs\nsize a.rs: \nsize b.rs: a table\n");
        assert_eq!(lines(&list.faults("list")), [1, 2, 3]);
    }
}
