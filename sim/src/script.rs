//! Scripts: what happens to a simulated network, drawn from a seed.

use crdt_testkit::Rng;
use crdt_testkit::net::Faults;

use crate::disk::MAX_LOST;

/// How many sites there are and which of them are neighbours.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) n_sites: usize,
    pub(crate) edges: Vec<(usize, usize)>,
    pub(crate) faults: Faults,
    /// Small limits make rare paths common.
    pub(crate) is_tight: bool,
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Time goes on, parcels arrive, sites commit.
    Run {
        millis: u64,
    },
    Edit {
        site: usize,
        seed: u64,
    },
    /// The site stores, and dies before anything is sent.
    CommitAndDie {
        site: usize,
    },
    /// The process ends; its disk forgets so many commits that it confirmed.
    Crash {
        site: usize,
        lost: usize,
    },
    /// The process starts again, if it does not run.
    Start {
        site: usize,
    },
    Cut {
        edge: usize,
    },
    Connect {
        edge: usize,
    },
    FillDisk {
        site: usize,
    },
    EmptyDisk {
        site: usize,
    },
    /// Keeps a copy of the disk.
    Backup {
        site: usize,
    },
    /// Goes on with the copy, whatever was written since.
    Restore {
        site: usize,
    },
    /// Goes on with a copy of another's disk.
    Clone {
        from: usize,
        site: usize,
    },
    Fault {
        faults: Faults,
    },
    /// The site frees the memory of the page, if it rests.
    Evict {
        site: usize,
    },
    /// The site says that it is there.
    Present {
        site: usize,
        millis: u64,
    },
    /// The site wants to know what is stable among its neighbours.
    Seek {
        site: usize,
    },
    /// The clock of a site is set forward, or back.
    Skew {
        site: usize,
        millis: i64,
    },
}

/// What happens under `seed`.
pub(crate) fn draw(seed: u64) -> (Setup, Vec<Step>) {
    let mut rng = Rng::new(seed);
    let setup = draw_setup(&mut rng);
    let n_steps = rng.between(5, 60);
    let steps = (0..n_steps).map(|_| draw_step(&mut rng, &setup)).collect();
    (setup, steps)
}

fn draw_setup(rng: &mut Rng) -> Setup {
    let n_sites = rng.between(2, 5);
    let star = (1..n_sites).map(|site| (0, site));
    let line = (1..n_sites).map(|site| (site - 1, site));
    let ring = (0..n_sites).map(|site| (site, (site + 1) % n_sites));
    let all = (0..n_sites).flat_map(|a| (a + 1..n_sites).map(move |b| (a, b)));
    let edges = match rng.below(4) {
        0 => star.collect(),
        1 => line.collect(),
        2 if n_sites > 2 => ring.collect(),
        _ => all.collect(),
    };
    Setup {
        n_sites,
        edges,
        faults: draw_faults(rng),
        is_tight: rng.chance(50),
    }
}

fn draw_faults(rng: &mut Rng) -> Faults {
    if rng.chance(40) {
        return Faults::NONE;
    }
    let min_delay = rng.between(1, 20) as u64;
    Faults {
        lost_percent: rng.between(0, 40),
        doubled_percent: rng.between(0, 30),
        min_delay,
        max_delay: min_delay + rng.between(0, 300) as u64,
    }
}

fn draw_step(rng: &mut Rng, setup: &Setup) -> Step {
    let site = rng.below(setup.n_sites);
    let edge = rng.below(setup.edges.len());
    match rng.below(100) {
        0..25 => Step::Edit {
            site,
            seed: rng.next_u64(),
        },
        25..27 => Step::Seek { site },
        27..28 => Step::Evict { site },
        28..29 => Step::Present {
            site,
            millis: rng.between(0, 2_000) as u64,
        },
        29..30 => Step::Seek { site },
        30..60 => Step::Run {
            millis: rng.between(0, 400) as u64,
        },
        60..65 => Step::CommitAndDie { site },
        65..70 => Step::Crash {
            site,
            lost: if rng.chance(30) {
                rng.between(0, MAX_LOST)
            } else {
                0
            },
        },
        70..79 => Step::Start { site },
        79..83 => Step::Cut { edge },
        83..88 => Step::Connect { edge },
        88..90 => Step::FillDisk { site },
        90..92 => Step::EmptyDisk { site },
        92..94 => Step::Backup { site },
        94..95 => Step::Restore { site },
        95..96 => Step::Clone {
            from: rng.below(setup.n_sites),
            site,
        },
        96..98 => Step::Fault {
            faults: draw_faults(rng),
        },
        _ => Step::Skew {
            site,
            millis: rng.between(0, 200_000) as i64 - 100_000,
        },
    }
}
