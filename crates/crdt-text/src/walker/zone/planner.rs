//! In which order to walk a zone's nodes, if the local one would not do.

use super::Node;

/// Puts nodes in order depth first, the lightest branch first, so that little is retreated and
/// advanced again on the way. Kept between zones for its memory.
#[derive(Debug, Default)]
pub(super) struct Planner {
    /// Children of node `n_old + i`: `children[children_start[i]..children_start[i + 1]]`.
    children_start: Vec<u32>,
    children: Vec<u32>,
    /// Events in the subtree below each node, following each node's last parent only.
    weights: Vec<u32>,
    /// How many parents of each node are not in the order yet.
    n_waiting: Vec<u32>,
    ready: Vec<u32>,
}

impl Planner {
    /// Appends all nodes from `n_old` on to `order`: each after its parents, the known ones first.
    ///
    /// Parents of known nodes are known. Returns how many are known.
    pub(super) fn put_in_order(
        &mut self,
        (nodes, n_old): (&[Node], usize),
        parents: &[u32],
        order: &mut Vec<u32>,
    ) -> usize {
        self.link_children(nodes, n_old, parents);
        self.weigh(nodes, n_old, parents);
        self.append(nodes, n_old, true, order);
        let n_known = order.len();
        self.append(nodes, n_old, false, order);
        n_known
    }

    fn link_children(&mut self, nodes: &[Node], n_old: usize, parents: &[u32]) {
        let Self {
            children_start,
            children,
            n_waiting,
            ..
        } = self;
        n_waiting.clear();
        children_start.clear();
        children_start.resize(nodes.len() - n_old + 1, 0);
        for node in n_old..nodes.len() {
            let new = new_parents(nodes, n_old, parents, node);
            n_waiting.push(new.clone().count() as u32);
            new.for_each(|parent| children_start[parent] += 1);
        }
        let mut sum = 0;
        for start in children_start.iter_mut() {
            sum += *start;
            *start = sum;
        }
        children.clear();
        children.resize(sum as usize, 0);
        // Filling from the back turns each end into a start and keeps children ascending.
        for node in (n_old..nodes.len()).rev() {
            for parent in new_parents(nodes, n_old, parents, node) {
                let start = &mut children_start[parent];
                *start -= 1;
                children[*start as usize] = node as u32;
            }
        }
    }

    fn weigh(&mut self, nodes: &[Node], n_old: usize, parents: &[u32]) {
        self.weights.clear();
        self.weights
            .extend(nodes[n_old..].iter().map(|node| node.lvs.len()));
        for node in (n_old..nodes.len()).rev() {
            if let Some(parent) = new_parents(nodes, n_old, parents, node).next_back() {
                let weight = self.weights[node - n_old];
                let parent = &mut self.weights[parent];
                *parent = parent.saturating_add(weight);
            }
        }
    }

    fn append(&mut self, nodes: &[Node], n_old: usize, known: bool, order: &mut Vec<u32>) {
        debug_assert!(self.ready.is_empty());
        let is_of_these = |node: usize| nodes[node].is_known == known;
        for (at, &n_waiting) in self.n_waiting.iter().enumerate() {
            if n_waiting == 0 && is_of_these(n_old + at) {
                self.ready.push(at as u32);
            }
        }
        self.sort_ready_from(0);
        while let Some(at) = self.ready.pop() {
            let at = at as usize;
            order.push((n_old + at) as u32);
            // Never zero again: a node must not be picked up by a later call.
            self.n_waiting[at] = u32::MAX;
            let n_ready = self.ready.len();
            for child in self.children_start[at]..self.children_start[at + 1] {
                let child = self.children[child as usize] as usize;
                let n_waiting = &mut self.n_waiting[child - n_old];
                *n_waiting -= 1;
                if *n_waiting == 0 && is_of_these(child) {
                    self.ready.push((child - n_old) as u32);
                }
            }
            self.sort_ready_from(n_ready);
        }
    }

    fn sort_ready_from(&mut self, start: usize) {
        let Self { ready, weights, .. } = self;
        if ready.len() - start > 1 {
            ready[start..]
                .sort_unstable_by_key(|&at| core::cmp::Reverse((weights[at as usize], at)));
        }
    }
}

/// The parents of a node from `n_old` on, ascending, counted from there.
fn new_parents<'a>(
    nodes: &[Node],
    n_old: usize,
    parents: &'a [u32],
    node: usize,
) -> impl DoubleEndedIterator<Item = usize> + Clone + 'a {
    let parents = super::parents_of(nodes, parents, node).iter();
    parents.filter_map(move |&parent| (parent as usize).checked_sub(n_old))
}
