//! Walks through the entries of a sorted map, from both ends.

use core::slice;

use smallvec::SmallVec;

use super::node::Node;

/// Keys and values in the order of keys.
///
/// The two ends know nothing of each other: the count says when they meet.
pub(in crate::causal) struct Iter<'a, K, V> {
    front: End<'a, K, V>,
    back: End<'a, K, V>,
    n_left: usize,
}

/// Where one end of a walk is: what is left of a list, and of the nodes on the way to it.
struct End<'a, K, V> {
    path: SmallVec<[slice::Iter<'a, Node<K, V>>; 3]>,
    entries: slice::Iter<'a, (K, V)>,
}

impl<'a, K, V> Iter<'a, K, V> {
    pub(super) fn new(root: &'a Node<K, V>, len: usize) -> Self {
        let end = End {
            path: SmallVec::from_iter([slice::from_ref(root).iter()]),
            entries: [].iter(),
        };
        Self {
            front: end.clone(),
            back: end,
            n_left: len,
        }
    }
}

impl<'a, K, V> End<'a, K, V> {
    /// Returns the next entry, descending by `step` from where the lists before are used up.
    fn next(
        &mut self,
        step: impl Fn(&mut slice::Iter<'a, Node<K, V>>) -> Option<&'a Node<K, V>>,
        take: impl Fn(&mut slice::Iter<'a, (K, V)>) -> Option<&'a (K, V)>,
    ) -> Option<(&'a K, &'a V)> {
        loop {
            if let Some((key, value)) = take(&mut self.entries) {
                return Some((key, value));
            }
            match step(self.path.last_mut()?) {
                Some(Node::Leaf(entries)) => self.entries = entries.iter(),
                Some(Node::Inner(inner)) => self.path.push(inner.children.iter()),
                None => {
                    self.path.pop();
                }
            }
        }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        self.n_left = self.n_left.checked_sub(1)?;
        self.front.next(Iterator::next, Iterator::next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.n_left, Some(self.n_left))
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.n_left = self.n_left.checked_sub(1)?;
        self.back.next(
            DoubleEndedIterator::next_back,
            DoubleEndedIterator::next_back,
        )
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self {
            front: self.front.clone(),
            back: self.back.clone(),
            n_left: self.n_left,
        }
    }
}

impl<K, V> Clone for End<'_, K, V> {
    fn clone(&self) -> Self {
        Self {
            path: self.path.clone(),
            entries: self.entries.clone(),
        }
    }
}
