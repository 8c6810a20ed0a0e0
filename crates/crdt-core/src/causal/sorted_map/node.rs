//! The nodes of a sorted map: lists of entries, and above them lists of nodes.
//!
//! A node that overflows is split in halves; at the right edge of the tree, where ascending keys come
//! in, it stays full and the last entry starts the next one.
//! A node that gets short takes in its neighbour, and is split again if that is too much.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::mem;

/// # Invariants
/// Entries are sorted by key, without duplicates. All lists of entries are equally deep.
/// Nodes are not longer than their maximum, and no node below the root is empty.
#[derive(Clone)]
pub(super) enum Node<K, V> {
    Leaf(Vec<(K, V)>),
    /// Boxed, so that a map of few entries is no larger than its list.
    Inner(Box<Inner<K, V>>),
}

/// # Invariants
/// One bound fewer than children: `bounds[i]` is above all keys of `children[i]`, and not above those of
/// `children[i + 1]`.
#[derive(Clone)]
pub(super) struct Inner<K, V> {
    pub(super) bounds: Vec<K>,
    pub(super) children: Vec<Node<K, V>>,
}

/// What was split off a node, and the bound between the two.
type Split<K, V> = (K, Node<K, V>);

impl<K, V> Node<K, V> {
    /// Longest list of entries: some two kilobytes.
    pub(super) const MAX_ENTRIES: usize = if cfg!(test) {
        5
    } else {
        let n_fit = LEAF_BYTES / (size_of::<(K, V)>() + 1);
        if n_fit > 64 {
            64
        } else if n_fit < 8 {
            8
        } else {
            n_fit
        }
    };

    /// Returns whether a list of entries should be joined with a neighbour.
    pub(super) const fn is_short(entries: &[(K, V)]) -> bool {
        entries.len() < Self::MAX_ENTRIES.div_ceil(4)
    }

    const fn needs_mending(&self) -> bool {
        match self {
            Self::Leaf(entries) => Self::is_short(entries.as_slice()),
            Self::Inner(inner) => inner.children.len() < MAX_CHILDREN.div_ceil(4),
        }
    }

    const fn is_empty(&self) -> bool {
        match self {
            Self::Leaf(entries) => entries.is_empty(),
            Self::Inner(inner) => inner.children.is_empty(),
        }
    }

    pub(super) fn for_each<'a>(&'a self, visit: &mut impl FnMut(&'a (K, V))) {
        match self {
            Self::Leaf(entries) => entries.iter().for_each(visit),
            Self::Inner(inner) => inner
                .children
                .iter()
                .for_each(|child| child.for_each(visit)),
        }
    }

    pub(super) fn for_each_leaf_mut(&mut self, visit: &mut impl FnMut(&mut Vec<(K, V)>)) {
        match self {
            Self::Leaf(entries) => visit(entries),
            Self::Inner(inner) => {
                for child in &mut inner.children {
                    child.for_each_leaf_mut(visit);
                }
            }
        }
    }

    /// Returns all entries, of which there are `len`.
    pub(super) fn into_entries(mut self, len: usize) -> Vec<(K, V)> {
        let mut all = Vec::with_capacity(len);
        self.for_each_leaf_mut(&mut |entries| all.append(entries));
        all
    }
}

impl<K: Ord, V> Node<K, V> {
    /// Returns the list in which a key stands or would stand.
    pub(super) fn leaf<Q: Ord + ?Sized>(&self, key: &Q) -> &[(K, V)]
    where
        K: Borrow<Q>,
    {
        let mut node = self;
        loop {
            match node {
                Self::Leaf(entries) => return entries,
                Self::Inner(inner) => node = &inner.children[inner.child_of(key)],
            }
        }
    }

    pub(super) fn leaf_mut(&mut self, key: &K) -> &mut Vec<(K, V)> {
        let mut node = self;
        loop {
            match node {
                Self::Leaf(entries) => return entries,
                Self::Inner(inner) => {
                    let at = inner.child_of(key);
                    node = &mut inner.children[at];
                }
            }
        }
    }

    /// Joins nodes that are short on the way to a key with a neighbour, from below.
    pub(super) fn mend(&mut self, key: &K)
    where
        K: Clone,
    {
        if let Self::Inner(inner) = self {
            let at = inner.child_of(key);
            inner.children[at].mend(key);
            if inner.children[at].needs_mending() {
                inner.join_neighbours(at);
            }
        }
    }
}

impl<K: Ord + Clone, V> Node<K, V> {
    /// Makes a tree of full nodes.
    pub(super) fn from_sorted(entries: Vec<(K, V)>) -> Self {
        if entries.len() <= Self::MAX_ENTRIES {
            return Self::Leaf(entries);
        }
        let mut level = chunks(entries, Self::MAX_ENTRIES, |entries: Vec<(K, V)>| {
            let bound = entries.first().map(|(key, _)| key.clone())?;
            Some((bound, Self::Leaf(entries)))
        });
        while level.len() > 1 {
            level = chunks(level, MAX_CHILDREN, |splits: Vec<Split<K, V>>| {
                let (mut bounds, children): (Vec<K>, Vec<Self>) = splits.into_iter().unzip();
                let bound = (!bounds.is_empty()).then(|| bounds.remove(0))?;
                Some((bound, Self::inner(bounds, children)))
            });
        }
        level.pop().map_or(Self::Leaf(Vec::new()), |(_, root)| root)
    }

    /// Puts an entry into the tree of which this is the root, where the list it belongs to is full.
    pub(super) fn grow(&mut self, key: K, value: V) {
        if let Some((bound, right)) = self.insert(key, value, true) {
            let left = mem::replace(self, Self::Leaf(Vec::new()));
            *self = Self::inner(vec![bound], vec![left, right]);
        }
    }

    /// Inserts an entry; returns what it split off.
    fn insert(&mut self, key: K, value: V, at_edge: bool) -> Option<Split<K, V>> {
        match self {
            Self::Leaf(entries) => {
                let (Ok(at) | Err(at)) = find(entries, &key);
                if at_edge && at == entries.len() {
                    return Some((key.clone(), Self::Leaf(vec![(key, value)])));
                }
                let mut right = entries.split_off(entries.len() / 2);
                match at.checked_sub(entries.len()) {
                    Some(at) if at > 0 => insert_at(&mut right, at, key, value),
                    _ => insert_at(entries, at, key, value),
                }
                let bound = right.first().map(|(key, _)| key.clone())?;
                Some((bound, Self::Leaf(right)))
            }
            Self::Inner(inner) => {
                let at = inner.child_of(&key);
                let at_edge = at_edge && at + 1 == inner.children.len();
                let (bound, right) = inner.children[at].insert(key, value, at_edge)?;
                inner.bounds.insert(at, bound);
                inner.children.insert(at + 1, right);
                inner.split_if_long(at_edge)
            }
        }
    }

    /// Appends the node that follows; returns what is too much.
    fn append(&mut self, bound: K, right: Self) -> Option<Split<K, V>> {
        match (self, right) {
            (Self::Leaf(entries), Self::Leaf(mut right)) => {
                entries.append(&mut right);
                if entries.len() <= Self::MAX_ENTRIES {
                    return None;
                }
                let right = entries.split_off(entries.len() / 2);
                let bound = right.first().map(|(key, _)| key.clone())?;
                Some((bound, Self::Leaf(right)))
            }
            (Self::Inner(inner), Self::Inner(mut right)) => {
                inner.bounds.push(bound);
                inner.bounds.append(&mut right.bounds);
                inner.children.append(&mut right.children);
                inner.split_if_long(false)
            }
            // Nodes side by side are equally deep.
            (_, right) => Some((bound, right)),
        }
    }

    fn inner(bounds: Vec<K>, children: Vec<Self>) -> Self {
        Self::Inner(Box::new(Inner { bounds, children }))
    }
}

impl<K: Ord, V> Inner<K, V> {
    fn child_of<Q: Ord + ?Sized>(&self, key: &Q) -> usize
    where
        K: Borrow<Q>,
    {
        let (Ok(at) | Err(at)) = search(&self.bounds, |bound| match bound.borrow().cmp(key) {
            Ordering::Greater => Ordering::Greater,
            _ => Ordering::Less,
        });
        at
    }
}

impl<K: Ord + Clone, V> Inner<K, V> {
    /// Joins a short child with a neighbour; drops it if it is empty.
    fn join_neighbours(&mut self, at: usize) {
        if self.children[at].is_empty() {
            self.children.remove(at);
            if !self.bounds.is_empty() {
                self.bounds.remove(at.saturating_sub(1));
            }
            return;
        }
        if self.children.len() < 2 {
            return;
        }
        let left = at.min(self.children.len() - 2);
        let right = self.children.remove(left + 1);
        let bound = self.bounds.remove(left);
        if let Some((bound, right)) = self.children[left].append(bound, right) {
            self.bounds.insert(left, bound);
            self.children.insert(left + 1, right);
        }
    }

    fn split_if_long(&mut self, at_edge: bool) -> Option<Split<K, V>> {
        let n_children = self.children.len();
        if n_children <= MAX_CHILDREN {
            return None;
        }
        let n_kept = if at_edge {
            n_children - 1
        } else {
            n_children / 2
        };
        let children = self.children.split_off(n_kept);
        let bounds = self.bounds.split_off(n_kept);
        let bound = self.bounds.pop()?;
        Some((bound, Node::inner(bounds, children)))
    }
}

pub(super) fn find<K: Ord + Borrow<Q>, V, Q: Ord + ?Sized>(
    entries: &[(K, V)],
    key: &Q,
) -> Result<usize, usize> {
    search(entries, |(held, _)| held.borrow().cmp(key))
}

/// Finds an item by how it compares to what is sought: by strides, then one by one.
///
/// Halving would compare less often. But every comparison may wait for a string on the heap, and here
/// the processor asks for the next ones before it knows how the first comes out.
fn search<T>(items: &[T], compare: impl Fn(&T) -> Ordering) -> Result<usize, usize> {
    let mut from = 0;
    while items
        .get(from + STRIDE - 1)
        .is_some_and(|item| compare(item).is_lt())
    {
        from += STRIDE;
    }
    for (at, item) in items.iter().enumerate().skip(from) {
        match compare(item) {
            Ordering::Less => {}
            Ordering::Equal => return Ok(at),
            Ordering::Greater => return Err(at),
        }
    }
    Err(items.len())
}

/// Inserts an entry; a list without room doubles, but takes no more than a full one needs.
pub(super) fn insert_at<K, V>(entries: &mut Vec<(K, V)>, at: usize, key: K, value: V) {
    let len = entries.len();
    if len == entries.capacity() {
        let room = if len == 0 { 1 } else { (2 * len).max(4) };
        entries.reserve_exact(room.min(Node::<K, V>::MAX_ENTRIES).saturating_sub(len));
    }
    entries.insert(at, (key, value));
}

/// Makes one thing of each `n` items.
fn chunks<T, U>(items: Vec<T>, n: usize, make: impl Fn(Vec<T>) -> Option<U>) -> Vec<U> {
    let mut made = Vec::with_capacity(items.len().div_ceil(n));
    let mut items = items.into_iter();
    while let Some(item) = make(items.by_ref().take(n).collect()) {
        made.push(item);
    }
    made
}

/// Most children of a node.
pub(super) const MAX_CHILDREN: usize = if cfg!(test) { 5 } else { 64 };

/// How many items a search skips at once.
const STRIDE: usize = 8;

/// About what a full list of entries takes.
const LEAF_BYTES: usize = 2_048;
