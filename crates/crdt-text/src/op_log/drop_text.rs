//! Dropping text that nobody will see any more.

use crdt_core::{Frontier, LvRange};

use super::OpLog;
use crate::walker::{self, Change, Lengths};

impl OpLog {
    /// Drops the text of every character that is deleted at the tip, and all recorded deleted text.
    ///
    /// The history stays whole: what was inserted and deleted, where, by whom, and on which version.
    /// So it merges with any other as before, whether that has all text or not, to the same text.
    /// What is lost are earlier versions: there, dropped characters show as [`DROPPED`](crate::DROPPED).
    /// An op log that still has the text keeps it, and one that has not takes it over again when the
    /// two are merged; a branch shows it from its next checkout on.
    ///
    /// Returns how many characters lost their text.
    ///
    /// # Complexity
    /// That of replaying all history as one zone, as if all of it were concurrent.
    ///
    /// # Convergence
    /// Replicas that know the same events show the same text at the tip, whatever they dropped.
    /// While a replica has received but a part of what another one knows, it may show dropped
    /// characters whose deletion is still on its way.
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{DROPPED, OpLog};
    ///
    /// let mut full = OpLog::new();
    /// let ada = full.get_or_create_agent_id("ada")?;
    /// full.add_insert(ada, 0, "a secret")?;
    /// let before = full.version().clone();
    /// full.add_delete_without_content(ada, 1..8)?;
    ///
    /// let mut trimmed = full.clone();
    /// assert_eq!(trimmed.drop_deleted_text(), 7);
    /// assert_eq!(trimmed.text_at(trimmed.version())?, "a");
    /// assert_eq!(trimmed.text_at(&before)?, format!("a{}", DROPPED.to_string().repeat(7)));
    ///
    /// trimmed.merge(&full)?;
    /// assert_eq!(trimmed.text_at(&before)?, "a secret");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "gc")]
    #[doc(alias = "trim")]
    pub fn drop_deleted_text(&mut self) -> usize {
        let mut lengths = Lengths::default();
        let shown = walker::compare(self, &Frontier::root(), self.version(), &mut lengths);
        let mut kept: Vec<LvRange> = shown
            .changes
            .iter()
            .filter_map(|change| match *change {
                Change::Insert { lvs, .. } => Some(lvs),
                Change::Restore { .. } | Change::Delete { .. } => None,
            })
            .collect();
        kept.sort_unstable_by_key(|lvs| lvs.start);
        self.ops.keep_text(&kept)
    }
}
