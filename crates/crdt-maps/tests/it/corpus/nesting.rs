//! Three levels of keys with a set below: edits at every depth beside edits at every other, judged by
//! a model that knows nothing of maps.

use alloc::collections::{BTreeMap, BTreeSet};

use crdt_core::codec::Encode;
use crdt_core::{AgentId, NextSeqError};
use crdt_maps::{OrMap, OrMapDelta};
use crdt_testkit::Rng;

use super::shorthand::Sets;
use super::world::{World, assert_same, joined};

type Middle = OrMap<String, Sets>;
type Deep = OrMap<String, Middle>;

/// What is done, and where: keys from the outside, and a word for a set.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Touch(&'static [&'static str]),
    Remove(&'static [&'static str]),
    Add([&'static str; 3], &'static str),
    Take([&'static str; 3], &'static str),
}

const HERE: [&str; 3] = ["a", "b", "c"];

/// Edits that meet, at every depth.
const EDITS: [Edit; 10] = [
    Edit::Touch(&["a"]),
    Edit::Touch(&["a", "b"]),
    Edit::Touch(&HERE),
    Edit::Remove(&["a"]),
    Edit::Remove(&["a", "b"]),
    Edit::Remove(&HERE),
    Edit::Add(HERE, "x"),
    Edit::Add(HERE, "new"),
    Edit::Add(["a", "b", "beside"], "new"),
    Edit::Take(HERE, "x"),
];

/// What there was before: at the place where edits meet, beside it, and above it.
const BEFORE: [Edit; 5] = [
    Edit::Add(HERE, "x"),
    Edit::Add(["a", "b", "beside"], "y"),
    Edit::Add(["a", "beside", "c"], "y"),
    Edit::Add(["beside", "b", "c"], "y"),
    Edit::Touch(&["a", "b"]),
];

fn edit(
    map: &mut Deep,
    agent: &AgentId,
    edit: Edit,
) -> Result<OrMapDelta<String, Middle>, NextSeqError> {
    let own = |key: &str| key.to_owned();
    match edit {
        Edit::Touch([a]) => map.touch_with_delta(agent, own(a)),
        Edit::Touch([a, b]) => map.update_with_delta(agent, own(a), |map, m| map.touch(m, own(b))),
        Edit::Touch([a, b, c]) => map.update_with_delta(agent, own(a), |map, m| {
            map.update(m, own(b), |map, m| map.touch(m, own(c)))
        }),
        Edit::Remove([a]) => map.remove_with_delta(agent, *a),
        Edit::Remove([a, b]) => map.update_with_delta(agent, own(a), |map, m| map.remove(m, *b)),
        Edit::Remove([a, b, c]) => map.update_with_delta(agent, own(a), |map, m| {
            map.update(m, own(b), |map, m| map.remove(m, *c))
        }),
        Edit::Add([a, b, c], word) => map.update_with_delta(agent, own(a), |map, m| {
            map.update(m, own(b), |map, m| {
                map.update(m, own(c), |set, m| set.add(m, own(word)))
            })
        }),
        Edit::Take([a, b, c], word) => map.update_with_delta(agent, own(a), |map, m| {
            map.update(m, own(b), |map, m| {
                map.update(m, own(c), |set, m| set.remove(m, word))
            })
        }),
        Edit::Touch(_) | Edit::Remove(_) => unreachable!("there are three levels"),
    }
}

/// Every key and element, as a path.
fn listing(map: &Deep) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for (a, map) in map.iter() {
        paths.insert(a.clone());
        for (b, map) in map.iter() {
            paths.insert(format!("{a}/{b}"));
            for (c, set) in map.iter() {
                paths.insert(format!("{a}/{b}/{c}"));
                paths.extend(set.iter().map(|word| format!("{a}/{b}/{c}/{word}")));
            }
        }
    }
    paths
}

/// The model of one replica: events that are in effect, each with the path at which it stands, and
/// all events known. A path shows while an event stands at it or below it.
#[derive(Clone, Default)]
struct Model {
    live: BTreeMap<usize, String>,
    known: BTreeSet<usize>,
}

impl Model {
    fn edit(&mut self, event: usize, edit: Edit) {
        match edit {
            Edit::Touch(path) => self.put(event, path.join("/")),
            Edit::Add(path, word) => self.put(event, format!("{}/{word}", path.join("/"))),
            Edit::Remove(path) => self.remove(event, &path.join("/")),
            Edit::Take(path, word) => self.remove(event, &format!("{}/{word}", path.join("/"))),
        }
    }

    /// An event takes the place of those that stand where it stands.
    fn put(&mut self, event: usize, path: String) {
        self.live.retain(|_, held| *held != path);
        self.live.insert(event, path);
        self.known.insert(event);
    }

    /// A removal of something keeps what it was in.
    fn remove(&mut self, event: usize, path: &str) {
        let below = format!("{path}/");
        let is_kept = |held: &str| held != path && !held.starts_with(&below);
        if self.live.values().all(|held| is_kept(held)) {
            return;
        }
        self.live.retain(|_, held| is_kept(held));
        self.known.insert(event);
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.put(event, parent.to_owned());
        }
    }

    fn join(&mut self, other: &Self) {
        self.live
            .retain(|event, _| other.live.contains_key(event) || !other.known.contains(event));
        let news = other
            .live
            .iter()
            .filter(|(event, _)| !self.known.contains(event));
        self.live
            .extend(news.map(|(event, path)| (*event, path.clone())));
        self.known.extend(&other.known);
    }

    fn listing(&self) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        for path in self.live.values() {
            let ends = path
                .match_indices('/')
                .map(|(at, _)| at)
                .chain([path.len()]);
            paths.extend(ends.map(|end| path[..end].to_owned()));
        }
        paths
    }
}

/// Replicas and their models, side by side.
struct Pair {
    world: World<Deep>,
    models: Vec<Model>,
    n_events: usize,
}

impl Pair {
    /// So many replicas that know what there was before.
    fn new(n_replicas: usize) -> Self {
        let mut pair = Self {
            world: World::new(n_replicas),
            models: vec![Model::default(); n_replicas],
            n_events: 0,
        };
        for edit in BEFORE {
            pair.edit(0, edit);
        }
        pair.world.meet();
        let before = pair.models[0].clone();
        pair.models.fill(before);
        pair
    }

    #[track_caller]
    fn edit(&mut self, who: usize, what: Edit) {
        self.world.act(who, |map, agent| edit(map, agent, what));
        self.models[who].edit(self.n_events, what);
        self.n_events += 1;
        assert_eq!(
            listing(&self.world.replicas[who]),
            self.models[who].listing(),
            "{what:?}"
        );
    }

    fn tell(&mut self, from: usize, to: usize) {
        self.world.tell(from, to);
        let other = self.models[from].clone();
        self.models[to].join(&other);
        assert_eq!(listing(&self.world.replicas[to]), self.models[to].listing());
    }

    /// What all three hold together.
    fn joined(&self) -> Deep {
        let [a, b, c] = &self.world.replicas[..] else {
            unreachable!("there are three")
        };
        let all = joined(&joined(a, b), c);
        assert_same(&joined(a, &joined(c, b)), &all);
        all
    }

    /// What everyone sees in the end, according to the model.
    fn expected(&self) -> BTreeSet<String> {
        let mut all = Model::default();
        self.models.iter().for_each(|model| all.join(model));
        all.listing()
    }
}

/// Each edit beside each other one, delivered in all ways.
#[test]
fn two_edits_at_any_depths_meet() {
    for ours in EDITS {
        for theirs in EDITS {
            let mut pair = Pair::new(2);
            pair.edit(0, ours);
            pair.edit(1, theirs);
            assert_eq!(
                listing(&pair.world.settle()),
                pair.expected(),
                "{ours:?} {theirs:?}"
            );
        }
    }
}

/// Some of it spelled out: what removals at each depth leave of an addition that they did not see.
#[test]
fn an_addition_survives_removals_above_it_alone() {
    let remain = |removal: &'static [&'static str]| {
        let mut pair = Pair::new(2);
        pair.edit(0, Edit::Remove(removal));
        pair.edit(1, Edit::Add(HERE, "new"));
        let paths = listing(&pair.world.settle());
        paths
            .into_iter()
            .filter(|path| path.starts_with("a/"))
            .collect::<Vec<_>>()
    };
    assert_eq!(remain(&["a"]), ["a/b", "a/b/c", "a/b/c/new"]);
    assert_eq!(
        remain(&["a", "b"]),
        [
            "a/b",
            "a/b/c",
            "a/b/c/new",
            "a/beside",
            "a/beside/c",
            "a/beside/c/y"
        ]
    );
    assert_eq!(
        remain(&HERE),
        [
            "a/b",
            "a/b/beside",
            "a/b/beside/y",
            "a/b/c",
            "a/b/c/new",
            "a/beside",
            "a/beside/c",
            "a/beside/c/y"
        ]
    );
}

/// Three edits at once, states only.
#[test]
fn three_edits_at_any_depths_meet() {
    for n in 0..EDITS.len().pow(3) {
        let edits = [n, n / EDITS.len(), n / EDITS.len() / EDITS.len()];
        let edits = edits.map(|n| EDITS[n % EDITS.len()]);
        let mut pair = Pair::new(3);
        for (who, edit) in edits.into_iter().enumerate() {
            pair.edit(who, edit);
        }
        assert_eq!(listing(&pair.joined()), pair.expected(), "{edits:?}");
    }
}

/// Longer histories, in which replicas also hear of each other in between.
#[test]
fn random_edits_at_any_depths_meet() {
    for seed in 0..300 {
        let mut rng = Rng::new(seed);
        let mut pair = Pair::new(3);
        for _ in 0..20 {
            let who = rng.below(3);
            if rng.chance(25) {
                pair.tell(rng.below(3), who);
            } else {
                pair.edit(who, *rng.pick(&EDITS));
            }
        }
        if seed < 10 {
            assert_eq!(
                listing(&pair.world.settle()),
                pair.expected(),
                "seed {seed}"
            );
        }
        assert_eq!(listing(&pair.joined()), pair.expected(), "seed {seed}");
    }
}

/// Removing every key at every depth leaves nothing but what is known.
#[test]
fn what_is_removed_everywhere_leaves_no_trace() {
    let mut pair = Pair::new(2);
    for edit in EDITS {
        pair.edit(1, edit);
    }
    for path in [&["a"], &["beside"]] {
        pair.edit(1, Edit::Remove(path));
    }
    pair.tell(1, 0);
    assert_eq!(pair.world.replicas[0].len(), 0);
    let n_bytes = pair.world.settle().to_bytes().len();
    assert!(
        n_bytes <= 20,
        "{n_bytes}: two agents with a range each, and no content"
    );
}
