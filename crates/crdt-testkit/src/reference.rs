//! The judge: a per-character eg-walker over plain vectors.
//!
//! It follows the FugueMax rule word for word and is slow on purpose: every event keeps its full
//! ancestor set, every character is one item, every search is linear. Item order never depends on
//! the version that is asked about, so one list serves all versions.
//!
//! Reference: Weidner and Kleppmann, "The Art of the Fugue" (FugueMax); Gentle and Kleppmann,
//! "Collaborative Text Editing with Eg-walker".

mod feed;
mod lv_set;

use core::cmp::Ordering;
use lv_set::LvSet;

/// A naive text CRDT that accepts any event graph and answers at any version.
///
/// Events get local versions 0, 1, 2, ... in the order they are fed. An insert beyond the end of
/// the document at its parents goes to that end; a delete there does nothing.
///
/// # Examples
/// The smallest history that tells FugueMax from plain Fugue, which gives `adcb`:
/// ```
/// use crdt_testkit::Reference;
///
/// let mut text = Reference::new();
/// let a = text.insert(("A", 0), &[], 0, 'a');
/// let b = text.insert(("B", 0), &[], 0, 'b');
/// text.insert(("C", 0), &[a], 1, 'c');
/// text.insert(("B", 1), &[a, b], 1, 'd');
/// assert_eq!(text.text(), "acdb");
/// assert_eq!(text.text_at(&[a, b]), "ab");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Reference {
    events: Vec<Event>,
    items: Vec<Item>,
}

#[derive(Clone, Debug)]
struct Event {
    agent: String,
    seq: u64,
    /// This event and everything before it.
    past: LvSet,
}

/// One inserted character.
#[derive(Clone, Debug)]
struct Item {
    lv: usize,
    ch: char,
    /// The event that inserted the left neighbour; `None` is the start.
    origin_left: Option<usize>,
    /// The same on the right; `None` is the end.
    origin_right: Option<usize>,
    deletes: Vec<usize>,
}

impl Reference {
    /// Makes an empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// Feeds one insert, named by agent and sequence number: `ch` goes before the visible character `pos` at `parents`.
    ///
    /// Returns the event's local version.
    ///
    /// # Panics
    /// If a parent was not fed before.
    pub fn insert(&mut self, dot: (&str, u64), parents: &[usize], pos: usize, ch: char) -> usize {
        let lv = self.push_event(dot, parents);
        let past = &self.events[lv].past;
        let visible = (0..self.items.len()).filter(|&at| self.items[at].is_visible_at(past));
        let left = visible.take(pos).last().map_or(0, |at| at + 1);
        let known = |item: &Item| past.contains(item.lv);
        let right = self.items[left..]
            .iter()
            .position(known)
            .map_or(self.items.len(), |n| left + n);
        let item = Item {
            lv,
            ch,
            origin_left: left.checked_sub(1).map(|at| self.items[at].lv),
            origin_right: self.items.get(right).map(|item| item.lv),
            deletes: Vec::new(),
        };
        let dest = self.place(&item, left, right);
        self.items.insert(dest, item);
        lv
    }

    /// Feeds one delete of the visible character `pos` at `parents`.
    ///
    /// Returns the event's local version.
    ///
    /// # Panics
    /// If a parent was not fed before.
    pub fn delete(&mut self, dot: (&str, u64), parents: &[usize], pos: usize) -> usize {
        let lv = self.push_event(dot, parents);
        let past = &self.events[lv].past;
        if let Some(item) = self
            .items
            .iter_mut()
            .filter(|i| i.is_visible_at(past))
            .nth(pos)
        {
            item.deletes.push(lv);
        }
        lv
    }

    /// Number of events fed.
    pub fn n_events(&self) -> usize {
        self.events.len()
    }

    /// The text after merging everything.
    pub fn text(&self) -> String {
        self.items
            .iter()
            .filter(|item| item.deletes.is_empty())
            .map(|item| item.ch)
            .collect()
    }

    /// The text at the version that `heads` name.
    ///
    /// # Panics
    /// If a head was not fed before.
    pub fn text_at(&self, heads: &[usize]) -> String {
        let past = self.past_of(heads);
        self.items
            .iter()
            .filter(|item| item.is_visible_at(&past))
            .map(|item| item.ch)
            .collect()
    }

    /// The length of [`Reference::text_at`] in scalars.
    ///
    /// # Panics
    /// If a head was not fed before.
    pub fn len_at(&self, heads: &[usize]) -> usize {
        let past = self.past_of(heads);
        self.items
            .iter()
            .filter(|item| item.is_visible_at(&past))
            .count()
    }

    /// Where a position in the text at one version is in the text at another: right behind the
    /// character on its left, or, if it is `on_right`, right before the one on its right.
    ///
    /// # Panics
    /// If a head was not fed before.
    pub fn moved(&self, from: &[usize], pos: usize, on_right: bool, to: &[usize]) -> usize {
        let (from, to) = (self.past_of(from), self.past_of(to));
        let visible = |past| {
            let at = 0..self.items.len();
            at.filter(move |&at| self.items[at].is_visible_at(past))
        };
        let end = if on_right {
            visible(&from).nth(pos).unwrap_or(self.items.len())
        } else {
            visible(&from).take(pos).last().map_or(0, |at| at + 1)
        };
        visible(&to).take_while(|&at| at < end).count()
    }

    /// Whether event `lv` is in the version that `heads` name.
    ///
    /// # Panics
    /// If a head was not fed before.
    pub fn contains(&self, heads: &[usize], lv: usize) -> bool {
        heads
            .iter()
            .any(|&head| self.events[head].past.contains(lv))
    }

    fn push_event(&mut self, (agent, seq): (&str, u64), parents: &[usize]) -> usize {
        let lv = self.events.len();
        let mut past = self.past_of(parents);
        past.insert(lv);
        self.events.push(Event {
            agent: agent.into(),
            seq,
            past,
        });
        lv
    }

    fn past_of(&self, heads: &[usize]) -> LvSet {
        let mut past = LvSet::default();
        for &head in heads {
            past.extend(&self.events[head].past);
        }
        past
    }

    /// Where FugueMax puts `new`, whose origins are the items `left - 1` and `right`.
    fn place(&self, new: &Item, left: usize, right: usize) -> usize {
        let (mut dest, mut scanning) = (left, false);
        for at in left..right {
            let other = &self.items[at];
            match self.after(other.origin_left).cmp(&left) {
                Ordering::Less => break,
                Ordering::Equal if other.origin_right == new.origin_right => {
                    if self.tie_break(new.lv) < self.tie_break(other.lv) {
                        break;
                    }
                    scanning = false;
                }
                Ordering::Equal => scanning = self.before(other.origin_right) < right,
                Ordering::Greater => {}
            }
            if !scanning {
                dest = at + 1;
            }
        }
        dest
    }

    /// Smaller goes left.
    fn tie_break(&self, lv: usize) -> (&[u8], u64) {
        (self.events[lv].agent.as_bytes(), self.events[lv].seq)
    }

    /// The gap just after a left origin.
    fn after(&self, origin_left: Option<usize>) -> usize {
        origin_left.map_or(0, |lv| {
            self.items.iter().take_while(|i| i.lv != lv).count() + 1
        })
    }

    /// The gap just before a right origin.
    fn before(&self, origin_right: Option<usize>) -> usize {
        let len = self.items.len();
        origin_right.map_or(len, |lv| {
            self.items.iter().take_while(|i| i.lv != lv).count()
        })
    }
}

impl Item {
    fn is_visible_at(&self, past: &LvSet) -> bool {
        past.contains(self.lv) && !self.deletes.iter().any(|&lv| past.contains(lv))
    }
}

#[cfg(test)]
mod tests;
