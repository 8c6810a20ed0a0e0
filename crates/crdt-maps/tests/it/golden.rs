//! Files of what every type looks like, states and deltas: what was written once must be read for ever.
//!
//! A `.hex` file holds the bytes of one value as hexadecimal digits, 32 bytes to a line; a `.json` file its
//! document, which is looked at with the feature `serde`; a `.digest` file that of a state. The number in a name is the version of the
//! type's forms. After a change that is meant, `CRDT_BLESS=1 cargo test -p crdt-maps --all-features
//! --test it golden` writes the files anew; a form that is out in the world gets a new version and new
//! files instead.

use alloc::collections::BTreeSet;
use core::fmt::Debug;
use std::path::PathBuf;

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{
    AgentId, Change, Delta, DeltaState, Digest, Named, NextSeqError, Summarize, Timestamp,
};
use crdt_counters::{BoundedCounter, GCounter, PnCounter, ResettableCounter};
use crdt_maps::{
    AnyCrdt, CausalLengthSet, CausalRegister, CrdtSpec, DisableWinsFlag, EnableWinsFlag, Float,
    GMap, GSet, LwwMap, LwwRegister, MvRegister, OrMap, OrSet, RwSet, TwoPSet, Value,
};

use crate::support::agent;

/// A value with a form in bytes.
trait Bytes: Encode + Decode + PartialEq + Debug + Clone + Named {}

impl<T: Encode + Decode + PartialEq + Debug + Clone + Named> Bytes for T {}

/// A value with a form in bytes, and one in JSON if that is compiled in.
trait Form: Bytes + documents::Document {}

impl<T: Bytes + documents::Document> Form for T {}

/// Compares a value with its files: what is written, and what is read.
#[track_caller]
fn check<T: Form>(name: &str, value: &T) {
    check_bytes(name, value);
    documents::check(&format!("v{}-{name}", T::VERSION), value);
}

#[track_caller]
fn check_bytes<T: Bytes>(name: &str, value: &T) {
    let read = |golden: &str| T::from_bytes(&unhex(golden), &DecodeLimits::default());
    let name = format!("v{}-{name}.hex", T::VERSION);
    check_file(&name, &hex(&value.to_bytes()), |golden| {
        assert_eq!(read(golden).as_ref(), Ok(value), "{name}");
    });
}

/// Compares a state, its digest and a delta with their files; the delta alone may not make the state.
#[track_caller]
fn check_both<T: Summarize<Delta: Form> + Form>(name: &str, state: &T, delta: &T::Delta) {
    check(&format!("{name}-state"), state);
    let digest = format!("{}\n", Digest::of_state(state));
    check_file(
        &format!("v{}-{name}-state.digest", T::VERSION),
        &digest,
        |_| {},
    );
    check(&format!("{name}-delta"), delta);
}

/// Compares text with that of a file, after whatever is in the file was read.
#[track_caller]
fn check_file(name: &str, written: &str, check_read: impl Fn(&str)) {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "golden", name]
        .iter()
        .collect();
    if std::env::var_os("CRDT_BLESS").is_some() {
        std::fs::write(&path, written).expect("a folder to write to");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    check_read(&golden);
    assert_eq!(
        written, golden,
        "{name} is written otherwise than before; if that is meant, run again with CRDT_BLESS=1"
    );
}

/// The forms in JSON.
#[cfg(feature = "serde")]
mod documents {
    use core::fmt::Debug;

    use crdt_core::{Envelope, Named};
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    pub(super) trait Document: Named + Serialize + DeserializeOwned {}

    impl<T: Named + Serialize + DeserializeOwned> Document for T {}

    #[track_caller]
    pub(super) fn check<T: Document + Clone + PartialEq + Debug>(name: &str, value: &T) {
        let written = serde_json::to_string(&Envelope(value.clone())).unwrap() + "\n";
        super::check_file(&format!("{name}.json"), &written, |golden| {
            let Envelope(read) = serde_json::from_str::<Envelope<T>>(golden).unwrap();
            assert_eq!(read, *value, "{name}");
        });
    }
}

/// No forms in JSON.
#[cfg(not(feature = "serde"))]
mod documents {
    use crdt_core::Named;

    pub(super) trait Document: Named {}

    impl<T: Named> Document for T {}

    pub(super) fn check<T: Document>(_: &str, _: &T) {}
}

fn hex(bytes: &[u8]) -> String {
    let lines = bytes.chunks(32).map(|line| {
        let digits: String = line.iter().map(|byte| format!("{byte:02x}")).collect();
        digits + "\n"
    });
    lines.collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| (pair[0] * 16 + pair[1]) as u8)
        .collect()
}

fn at(ms: u64, counter: u16) -> Timestamp {
    Timestamp::new(ms, counter).unwrap()
}

/// Two agents by name; one of them beyond ASCII.
fn eva() -> AgentId {
    AgentId::new("\u{e9}va").unwrap()
}

#[test]
fn plain_counters_are_written_as_ever() {
    let mut counter = GCounter::new();
    counter.increment(&agent(0), 300).unwrap();
    let delta = counter.increment_with_delta(&eva(), 1).unwrap();
    check_both("g_counter", &counter, &delta);

    let mut counter = PnCounter::new();
    counter.add(&agent(0), 300).unwrap();
    counter.add(&agent(0), -7).unwrap();
    let delta = counter.add_with_delta(&eva(), -1).unwrap();
    check_both("pn_counter", &counter, &delta);

    let mut counter = BoundedCounter::new();
    counter.increment(&agent(0), 300).unwrap();
    counter.transfer(&agent(0), &eva(), 20).unwrap();
    let delta = counter.decrement_with_delta(&eva(), 5).unwrap();
    check_both("bounded_counter", &counter, &delta);
}

#[test]
fn plain_registers_and_maps_are_written_as_ever() {
    let mut register = LwwRegister::<String>::new();
    let delta = register
        .set_with_delta(&eva(), at(1_700_000_000_000, 3), "tea".to_owned())
        .unwrap();
    check_both("lww_register", &register, &delta);

    let mut map = LwwMap::<String, u32>::new();
    map.set(&agent(0), at(1, 0), "old".to_owned(), 1).unwrap();
    map.remove(&agent(0), at(2, 0), "gone".to_owned()).unwrap();
    map.set(&eva(), at(5, 1), "new".to_owned(), 1_000).unwrap();
    map.clean(at(3, 0)).unwrap();
    let delta = map
        .remove_with_delta(&agent(0), at(6, 0), "removed".to_owned())
        .unwrap();
    check_both("lww_map", &map, &delta);

    let mut map = GMap::<String, GCounter>::new();
    map.update("a".to_owned(), |counter| counter.increment(&agent(0), 2))
        .unwrap();
    let delta = map.update_with_delta("b".to_owned(), |counter| {
        counter.increment_with_delta(&eva(), 3)
    });
    check_both("g_map", &map, &delta.unwrap());
}

#[test]
fn plain_sets_are_written_as_ever() {
    let mut set = GSet::<String>::new();
    set.insert("tea".to_owned());
    let delta = set.insert_with_delta("mate".to_owned());
    check_both("g_set", &set, &delta);

    let mut set = TwoPSet::<u32>::new();
    set.add(7);
    set.add(300);
    let delta = set.remove_with_delta(7);
    check_both("two_p_set", &set, &delta);

    let mut set = CausalLengthSet::<u32>::new();
    set.add(7);
    set.add(300);
    let delta = set.remove_with_delta(&7).unwrap();
    check_both("causal_length_set", &set, &delta);
}

#[test]
fn a_resettable_counter_is_written_as_ever() {
    use crdt_core::Author;

    let alice = agent(0);
    let mut counter = ResettableCounter::new();
    counter.add(&alice, 300).unwrap();
    counter.reset(&eva()).unwrap();
    counter.add(&alice, -7).unwrap();
    // An open dot that has grown.
    counter.add(&eva(), 1).unwrap();
    let eva = eva();
    let open = Author::with_unshipped(&eva, 1);
    let delta = counter.add_with_delta(open, 20).unwrap();
    check_both("resettable_counter", &counter, &delta);
}

#[test]
fn registers_are_written_as_ever() {
    let mut register = MvRegister::<String>::new();
    let mut other = register.clone();
    register.write(&agent(0), "old".to_owned()).unwrap();
    let delta = register
        .write_with_delta(&agent(0), "tea".to_owned())
        .unwrap();
    let concurrent = other.write_with_delta(&eva(), "mate".to_owned()).unwrap();
    register.apply_delta(&concurrent).unwrap();
    check_both("mv_register", &register, &delta);

    let mut register = CausalRegister::<String>::new();
    let mut other = register.clone();
    register
        .write(&agent(0), at(1_700_000_000_000, 0), "old".to_owned())
        .unwrap();
    let stamp = at(1_700_000_000_500, 3);
    let delta = register
        .write_with_delta(&agent(0), stamp, "tea".to_owned())
        .unwrap();
    let stamp = at(1_699_999_999_000, 0);
    let concurrent = other
        .write_with_delta(&eva(), stamp, "mate".to_owned())
        .unwrap();
    register.apply_delta(&concurrent).unwrap();
    check_both("causal_register", &register, &delta);
}

#[test]
fn flags_are_written_as_ever() {
    let mut flag = EnableWinsFlag::new();
    flag.enable(&agent(0)).unwrap();
    flag.disable(&eva()).unwrap();
    let delta = flag.enable_with_delta(&agent(0)).unwrap();
    check_both("enable_wins_flag", &flag, &delta);

    let mut flag = DisableWinsFlag::new();
    flag.disable(&agent(0)).unwrap();
    let delta = flag.enable_with_delta(&eva()).unwrap();
    flag.disable(&eva()).unwrap();
    check_both("disable_wins_flag", &flag, &delta);
}

#[test]
fn sets_are_written_as_ever() {
    let mut set = OrSet::<String>::new();
    let mut other = set.clone();
    set.add(&agent(0), "tea".to_owned()).unwrap();
    set.add(&agent(0), "gone".to_owned()).unwrap();
    let twice = other.add_with_delta(&eva(), "tea".to_owned()).unwrap();
    set.apply_delta(&twice).unwrap();
    let delta = set.remove_with_delta(&agent(0), "gone").unwrap();
    check_both("or_set", &set, &delta);
    let by_summary = set.delta_since(&other.summary()).unwrap();
    check("or_set-since_summary", &by_summary);

    let mut set = RwSet::<u32>::new();
    set.add(&agent(0), 7).unwrap();
    set.remove(&eva(), 300).unwrap();
    let delta = set.remove_with_delta(&agent(0), 7).unwrap();
    check_both("rw_set", &set, &delta);
}

type Shelves = OrMap<String, OrMap<String, ResettableCounter>>;

#[test]
fn maps_are_written_as_ever() {
    let mut map = Shelves::new();
    let count = |map: &mut Shelves, agent: &AgentId, outer: &str, inner: &str, by| {
        map.update_with_delta(agent, outer.to_owned(), |map, minter| {
            map.update(minter, inner.to_owned(), |counter, minter| {
                counter.add(minter, by)
            })
        })
    };
    count(&mut map, &agent(0), "kitchen", "cups", 300).unwrap();
    count(&mut map, &eva(), "kitchen", "plates", 12).unwrap();
    count(&mut map, &agent(0), "cellar", "wine", -1).unwrap();
    map.touch(&eva(), "attic".to_owned()).unwrap();
    let base = map.clone();
    map.remove(&agent(0), "cellar").unwrap();
    let mut deltas = vec![count(&mut map, &agent(0), "kitchen", "cups", 1).unwrap()];
    deltas.push(
        map.update_with_delta(&eva(), "kitchen".to_owned(), |map, m| {
            map.remove(m, "plates")
        })
        .unwrap(),
    );
    check_both("or_map", &map, &deltas[1]);
    check("or_map-group", &Delta::merge_deltas(&deltas).unwrap());
    check("or_map-since_state", &map.changes_since(&base));
    check(
        "or_map-since_summary",
        &map.delta_since(&base.summary()).unwrap(),
    );
}

type Map = OrMap<String, AnyCrdt>;

/// One value of every kind, and one key with two.
#[test]
fn values_of_run_time_type_are_written_as_ever() {
    let mut document = AnyCrdt::new(CrdtSpec::Any);
    let values = [
        Value::Null,
        Value::from(true),
        Value::from(-300),
        Value::from(Float::new(0.5).unwrap()),
        Value::from("tea"),
        Value::from(vec![0, 0xff]),
    ];
    document
        .update::<Map, NextSeqError>(&agent(0), |map, minter| {
            let mut change = map.touch(minter, "touched".to_owned())?;
            change.merge(&map.update(minter, "counter".to_owned(), |any, minter| {
                any.update::<ResettableCounter, _>(minter, |counter, minter| {
                    counter.add(minter, 300)
                })
            })?);
            change.merge(&map.update(minter, "register".to_owned(), |any, minter| {
                any.update::<CausalRegister<Value>, _>(minter, |register, minter| {
                    register.write(minter, at(1_700_000_000_000, 1), Value::from("tea"))
                })
            })?);
            change.merge(&map.update(minter, "set".to_owned(), |any, minter| {
                any.update::<OrSet<Value>, _>(minter, |set, minter| {
                    let mut change = Change::default();
                    for value in values {
                        change.merge(&set.add(minter, value)?);
                    }
                    Ok(change)
                })
            })?);
            change.merge(&map.update(minter, "barred".to_owned(), |any, minter| {
                any.update::<RwSet<Value>, _>(minter, |set, m| set.remove(m, Value::from("eve")))
            })?);
            Ok::<_, NextSeqError>(change)
        })
        .unwrap();
    let delta = document
        .update_with_delta::<Map, NextSeqError>(&eva(), |map, minter| {
            map.update(minter, "two".to_owned(), |any, minter| {
                let mut change =
                    any.update::<EnableWinsFlag, _>(minter, |flag, minter| flag.enable(minter))?;
                change.merge(&any.update::<DisableWinsFlag, _>(minter, |flag, m| flag.disable(m))?);
                change.merge(&any.update::<MvRegister<Value>, _>(minter, |register, m| {
                    register.write(m, Value::from("mate"))
                })?);
                change
                    .merge(&any.update::<Map, _>(minter, |map, m| map.touch(m, "in".to_owned()))?);
                Ok::<_, NextSeqError>(change)
            })
        })
        .unwrap();
    check_both("any", &document, &delta);
}

/// The types with a file for a state and one for a delta.
const TYPES: [&str; 18] = [
    "any",
    "bounded_counter",
    "causal_length_set",
    "causal_register",
    "disable_wins_flag",
    "enable_wins_flag",
    "g_counter",
    "g_map",
    "g_set",
    "lww_map",
    "lww_register",
    "mv_register",
    "or_map",
    "or_set",
    "pn_counter",
    "resettable_counter",
    "rw_set",
    "two_p_set",
];

/// Deltas that no mutator made.
const OTHERS: [&str; 4] = [
    "or_map-group",
    "or_map-since_state",
    "or_map-since_summary",
    "or_set-since_summary",
];

#[test]
fn there_is_a_file_for_every_form_and_no_other() {
    if std::env::var_os("CRDT_BLESS").is_some() {
        return; // They are being written.
    }
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "golden"]
        .iter()
        .collect();
    let files = std::fs::read_dir(folder).expect("the folder of files");
    let files: BTreeSet<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let digests = TYPES.map(|name| format!("v1-{name}-state.digest"));
    let both = TYPES
        .iter()
        .flat_map(|name| ["state", "delta"].map(|form| format!("{name}-{form}")));
    let names = both.chain(OTHERS.map(String::from));
    let forms = names.flat_map(|name| ["hex", "json"].map(|form| format!("v1-{name}.{form}")));
    assert_eq!(files, forms.chain(digests).collect::<BTreeSet<_>>());
}
