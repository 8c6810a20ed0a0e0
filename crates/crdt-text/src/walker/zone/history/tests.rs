//! Bits against sets of ancestors.

use alloc::collections::BTreeSet;

use crdt_testkit::Rng;

use super::super::Step;
use super::Histories;

fn random_parents(rng: &mut Rng, node: u32) -> Vec<u32> {
    let n_parents = rng.below(3.min(node as usize + 1));
    let mut parents: Vec<u32> = (0..n_parents)
        .map(|_| rng.below(node as usize) as u32)
        .collect();
    parents.sort_unstable();
    parents.dedup();
    parents
}

/// Nodes are added one by one, as to a zone that goes on; now and then some are cut off.
#[test]
fn the_way_between_versions_is_the_difference_of_their_histories() {
    for seed in 0..20 {
        let mut rng = Rng::new(seed);
        let mut histories = Histories::default();
        let mut sets: Vec<BTreeSet<u32>> = Vec::new();
        while sets.len() < 300 {
            if rng.chance(1) {
                sets.truncate(rng.below(sets.len() + 1));
                histories.truncate(sets.len());
            }
            let node = sets.len() as u32;
            let parents = random_parents(&mut rng, node);
            histories.widen(sets.len() + 1);
            histories.push(&parents);
            let union = |heads: &[u32]| -> BTreeSet<u32> {
                let sets = heads.iter().map(|&head| &sets[head as usize]);
                sets.flatten().copied().collect()
            };
            let to = union(&parents);
            let from_heads = random_parents(&mut rng, node);
            let from = union(&from_heads);
            let (mut retreated, mut advanced) = (BTreeSet::new(), BTreeSet::new());
            histories.way_to(&from_heads, node, |node, step| {
                let is_new = match step {
                    Step::Retreat => retreated.insert(node),
                    Step::Advance => advanced.insert(node),
                };
                assert!(is_new, "seed {seed}: twice on the way");
            });
            assert!(retreated.iter().eq(from.difference(&to)), "seed {seed}");
            assert!(advanced.iter().eq(to.difference(&from)), "seed {seed}");
            sets.push(to.into_iter().chain([node]).collect());
            assert_eq!(histories.n_nodes(), sets.len());
        }
    }
}
