//! Reprints are found, and nothing else is: the sample entries and texts made from them.

mod reprints;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::text::{Level, normalise};

use super::*;

use self::reprints::{Dice, Entry, Made};

/// Entries asked for a key.
const MOST_OF_A_KEY: usize = 100;

/// What the hub keeps in its tables.
#[derive(Default)]
struct Store {
    texts: Vec<(Fingerprint, String)>,
    by_key: HashMap<i64, Vec<usize>>,
}

impl Store {
    fn add(&mut self, text: &str) {
        let print = fingerprint(&normalise(text, Level::Iy));
        for key in &print.keys {
            self.by_key.entry(*key).or_default().push(self.texts.len());
        }
        self.texts.push((print, text.to_owned()));
    }

    fn candidates(&self, print: &Fingerprint) -> HashSet<usize> {
        let entries = print.keys.iter().filter_map(|key| self.by_key.get(key));
        entries
            .flat_map(|entries| entries.iter().take(MOST_OF_A_KEY))
            .copied()
            .collect()
    }
}

/// What became of the texts of one kind.
#[derive(Default, Debug)]
struct Tally {
    texts: usize,
    /// Where a key led to the original, the estimate was high enough, and both were one.
    by_key: usize,
    by_sketch: usize,
    joined: usize,
    /// Joined with another original.
    wrong: usize,
    candidates: usize,
    compared: usize,
}

fn measure(store: &Store, made: &[Made]) -> BTreeMap<&'static str, Tally> {
    let mut tallies: BTreeMap<_, Tally> = BTreeMap::new();
    for Made { kind, from, text } in made {
        let tally = tallies.entry(*kind).or_default();
        tally.texts += 1;
        let print = fingerprint(&normalise(text, Level::Iy));
        for at in store.candidates(&print) {
            let (other, original) = &store.texts[at];
            let is_close = print.sketch.containment(&other.sketch) >= MIN_ESTIMATE;
            let joined = is_close && same_text(text, original).is_some();
            tally.candidates += 1;
            tally.compared += usize::from(is_close);
            if at == *from {
                tally.by_key += 1;
                tally.by_sketch += usize::from(is_close);
                tally.joined += usize::from(joined);
            } else {
                tally.wrong += usize::from(joined);
            }
        }
    }
    for (kind, tally) in &tallies {
        println!("{kind}: {tally:?}");
    }
    tallies
}

fn originals(entries: &[Entry]) -> (Vec<&Entry>, Store) {
    let originals: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.dup_of.is_none())
        .collect();
    let mut store = Store::default();
    for entry in &originals {
        store.add(&entry.body);
    }
    (originals, store)
}

#[test]
fn marked_reprints_are_joined_and_no_other_entries() {
    let entries = reprints::entries();
    let mut store = Store::default();
    let (mut found, mut marked) = (Vec::new(), Vec::new());
    for entry in &entries {
        marked.extend(entry.dup_of.as_ref().map(|original| [original, &entry.id]));
        let print = fingerprint(&normalise(&entry.body, Level::Iy));
        for at in store.candidates(&print) {
            let (other, text) = &store.texts[at];
            if print.sketch.containment(&other.sketch) >= MIN_ESTIMATE
                && same_text(&entry.body, text).is_some()
            {
                found.push([&entries[at].id, &entry.id]);
            }
        }
        store.add(&entry.body);
    }
    for pair in found.iter_mut().chain(&mut marked) {
        pair.sort();
    }
    found.sort();
    marked.sort();
    assert_eq!(found, marked);
    assert_eq!(marked.len(), 6);
    // Without keys and sketches between, too.
    for (at, a) in entries.iter().enumerate() {
        for b in entries[..at].iter().filter(|b| b.id[..4] == a.id[..4]) {
            let mut pair = [&a.id, &b.id];
            pair.sort();
            assert_eq!(
                same_text(&a.body, &b.body).is_some(),
                marked.contains(&pair),
                "{pair:?}"
            );
        }
    }
}

/// `TEST_REPRINTS=1000 cargo test --release -p law --lib reprints -- --nocapture` takes every entry and prints the figures.
#[test]
fn reprints_are_joined_and_texts_of_one_template_are_not() {
    let sources = std::env::var("TEST_REPRINTS").map_or(40, |number| number.parse().unwrap());
    reach_the_targets(sources);
}

/// Makes reprints and others of so many entries, to be told apart among all.
fn reach_the_targets(sources: usize) {
    let entries = reprints::entries();
    let (originals, store) = originals(&entries);
    let sources = &originals[..sources.min(originals.len())];
    let reprints = measure(&store, &reprints::reprints(sources));
    let summaries = measure(&store, &reprints::summaries(sources));
    let others = measure(&store, &reprints::others(sources));
    let count = |tallies: &BTreeMap<&str, Tally>, of: fn(&Tally) -> usize| -> usize {
        tallies.values().map(of).sum()
    };
    let texts = count(&reprints, |tally| tally.texts) + count(&summaries, |tally| tally.texts);
    let joined = count(&reprints, |tally| tally.joined) + count(&summaries, |tally| tally.joined);
    let wrong = count(&reprints, |tally| tally.wrong)
        + count(&summaries, |tally| tally.wrong)
        + count(&others, |tally| tally.joined + tally.wrong);
    println!("{joined} of {texts} reprints joined, {wrong} pairs wrongly");
    assert!(joined * 100 >= texts * 95, "recall: {joined} of {texts}");
    assert!(
        wrong * 99 <= joined,
        "precision: {wrong} wrong beside {joined}"
    );
    for (kind, tally) in reprints.iter().chain(&summaries) {
        assert!(tally.joined * 100 >= tally.texts * 90, "{kind}: {tally:?}");
    }
}

#[test]
fn announcements_of_many_places_stay_apart() {
    let mut dice = Dice(3);
    let texts: Vec<String> = (0..40).map(|_| reprints::announcement(&mut dice)).collect();
    for (at, a) in texts.iter().enumerate() {
        for b in &texts[..at] {
            assert_eq!(same_text(a, b), None, "{a}\n{b}");
        }
    }
}

#[test]
fn the_decision_is_the_same_both_ways_and_texts_are_one_with_themselves() {
    let entries = reprints::entries();
    let (originals, _) = originals(&entries);
    for Made { from, text, .. } in reprints::reprints(&originals[..20]) {
        let original = &originals[from].body;
        let there = same_text(&text, original);
        let back = same_text(original, &text);
        assert_eq!(there.is_some(), back.is_some());
    }
    for entry in originals {
        assert!(same_text(&entry.body, &entry.body).unwrap().resemblance > 0.999);
    }
    assert_eq!(
        same_text(
            "Video tuyên truyền pháp luật",
            "Video tuyên truyền pháp luật"
        ),
        None
    );
    assert_eq!(same_text("", ""), None);
}

proptest::proptest! {
    #[test]
    fn any_text_is_taken(
        a in "(\\PC|[0-9/. -]{1,8}|ngày |tháng |Đất đai ){0,60}",
        b in "(\\PC|[0-9/. -]{1,8}|năm |14h30 ){0,60}",
    ) {
        assert_eq!(same_text(&a, &b).is_some(), same_text(&b, &a).is_some());
        assert!(fingerprint(&a).keys.len() <= 16);
    }
}

#[test]
fn fingerprints_are_of_fixed_size_and_do_not_change() {
    let text = normalise(&reprints::announcement(&mut Dice(1)), Level::Iy);
    let print = fingerprint(&text);
    assert_eq!(
        Sketch::from_bytes(&print.sketch.to_bytes()),
        Some(print.sketch)
    );
    let mut of_another_version = print.sketch.to_bytes();
    of_another_version[0] += 1;
    for bytes in [&[0; 7][..], &[], &of_another_version] {
        assert_eq!(Sketch::from_bytes(bytes), None);
    }
    assert!((print.sketch.resemblance(&print.sketch) - 1.0).abs() < 1e-9);
    assert!(fingerprint("").keys.is_empty() && fingerprint("luật đất đai").keys.is_empty());
    let all_alike = fingerprint(&"a ".repeat(10_000));
    assert_eq!(all_alike.keys.len(), 1);
    // Stored keys must be found again by the next version of the hub.
    assert_eq!(
        print.keys,
        [
            169_036_672_657_366_547,
            258_538_102_273_394_372,
            835_395_552_974_187_934,
            1_281_518_620_554_083_404,
            679_863_195_467_474_264,
            172_927_101_481_291_643,
            897_898_791_886_872_557,
            302_792_179_671_619_910,
        ]
    );
    // And stored sketches compared, unless their version tells them apart.
    assert_eq!(
        print.sketch.to_bytes()[..8],
        [1, 252, 66, 149, 191, 126, 130, 137],
        "raise the version"
    );
}
