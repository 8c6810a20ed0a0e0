//! Whether parents are minimal, on histories of many runs: others are too short for the walk to go
//! through more than one word of bits.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::testing::agent;
use crate::{CausalGraph, Lv};

const N_EVENTS: u32 = 400;

/// Numbers that look random.
struct Noise(u64);

impl Noise {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        ((self.0 >> 33) % u64::from(n)) as u32
    }

    /// Some events among the last `n_near` of `end`, ascending.
    fn pick(&mut self, end: u32, n_near: u32, n: u32) -> Vec<Lv> {
        let mut picks: Vec<Lv> = (0..n)
            .map(|_| Lv::new(end - 1 - self.below(n_near.min(end))))
            .collect();
        picks.sort_unstable();
        picks.dedup();
        picks
    }
}

/// A graph of single events, each with up to four parents, and what each event has in its history.
fn history(noise: &mut Noise, n_near: u32) -> (CausalGraph, Vec<BTreeSet<Lv>>) {
    let mut graph = CausalGraph::new();
    let author = graph.intern_agent(&agent(0));
    let mut histories: Vec<BTreeSet<Lv>> = Vec::new();
    for lv in 0..N_EVENTS {
        let n_parents = if lv == 0 { 0 } else { 1 + noise.below(4) };
        let picks = if lv == 0 {
            Vec::new()
        } else {
            noise.pick(lv, n_near, n_parents)
        };
        let parents: Vec<Lv> = picks
            .iter()
            .copied()
            .filter(|pick| picks.iter().all(|other| !knows(&histories, *other, *pick)))
            .collect();
        graph
            .append(author, u64::from(lv) * 2, 1, &parents)
            .unwrap();
        let mut known: BTreeSet<Lv> = parents.iter().copied().collect();
        parents
            .iter()
            .for_each(|parent| known.extend(&histories[parent.index()]));
        histories.push(known);
    }
    (graph, histories)
}

fn knows(histories: &[BTreeSet<Lv>], event: Lv, other: Lv) -> bool {
    histories[event.index()].contains(&other)
}

#[test]
fn parents_are_minimal_if_none_is_in_the_history_of_another() {
    let mut n_minimal = 0;
    for seed in 0..12 {
        let mut noise = Noise(seed);
        let n_near = [6, 40, 150][seed as usize % 3];
        let (graph, histories) = history(&mut noise, n_near);
        for _ in 0..500 {
            let n_parents = 2 + noise.below(4);
            let picks = noise.pick(N_EVENTS, N_EVENTS, n_parents);
            let expected = picks
                .iter()
                .all(|pick| picks.iter().all(|other| !knows(&histories, *other, *pick)));
            assert_eq!(graph.is_minimal(&picks), expected, "seed {seed}: {picks:?}");
            n_minimal += usize::from(expected && picks.len() > 1);
        }
    }
    assert!(n_minimal > 100, "both answers occur");
}

#[test]
fn of_two_parents_in_one_run_the_lower_one_is_an_ancestor() {
    let mut graph = CausalGraph::new();
    let (a, b) = (graph.intern_agent(&agent(0)), graph.intern_agent(&agent(1)));
    let run = graph.append(a, 0, 10, &[]).unwrap();
    let fork = graph.append(b, 0, 1, &[run.start]).unwrap();
    let (low, high) = (run.start.plus(3), run.start.plus(6));
    assert!(!graph.is_minimal(&[low, high, fork.last()]));
    assert!(graph.is_minimal(&[high, fork.last()]));
}
