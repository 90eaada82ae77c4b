//! The quick way of a search finds what a plain one does that reckons every entry in full: the same entries in the same
//! order with the same counts.

mod points;

use std::collections::{BTreeMap, HashMap};

use self::points::points;
use super::super::cursor::{Cursor, Rank};
use super::super::plan::{Plan, Statistics};
use super::super::ranking::{freshness, kind_weight};
use super::super::wording;
use super::super::{Change, Document, Facet, Filters, Index, Lexicon, Query, Sort, Writer};
use super::{day, document, put};

/// Several windows of a segment, and several shares.
const ENTRIES: usize = 10_000;
const QUERIES: usize = 80;
const NOW: &str = "2026-11-01T00:00:00Z";
/// Commonest first; some have other names in the starting vocabulary.
const WORDS: [&str; 32] = [
    "của",
    "và",
    "các",
    "đất",
    "quyền",
    "dân",
    "luật",
    "sử",
    "dụng",
    "cấp",
    "nhà",
    "sổ",
    "đỏ",
    "hộ",
    "khẩu",
    "thường",
    "trú",
    "ly",
    "hôn",
    "con",
    "dat",
    "nuôi",
    "thuế",
    "bảo",
    "hiểm",
    "xã",
    "hội",
    "BHXH",
    "lao",
    "động",
    "tạm",
    "kết",
];
const KINDS: [&str; 4] = ["news", "document", "qa", "situation"];

/// What a search is compared by.
#[derive(Debug, PartialEq)]
struct Outcome {
    total: usize,
    collapsed: usize,
    ids: Vec<i64>,
    facets: BTreeMap<&'static str, BTreeMap<String, u64>>,
}

#[test]
fn shortcuts_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path()).unwrap();
    let vocabulary = law::vocabulary::starting().unwrap();
    index.use_lexicon(Lexicon::new(&vocabulary));
    let lexicon = Lexicon::new(&vocabulary);
    let mut chance = Chance(7);
    let mut entries: HashMap<i64, Document> = (1..=i64::try_from(ENTRIES).unwrap())
        .map(|id| (id, entry(id, &mut chance)))
        .collect();
    let mut writer = Writer::open(&index).unwrap();
    let (large, small): (Vec<_>, Vec<_>) = entries
        .values()
        .cloned()
        .partition(|entry| entry.id % 50 != 0);
    writer.apply(large.into_iter().map(put), 1).unwrap();
    writer.apply(small.into_iter().map(put), 2).unwrap();

    let mut answered = 0;
    for number in 0..QUERIES {
        if number == QUERIES / 2 {
            let gone: Vec<i64> = entries.keys().copied().filter(|id| id % 7 == 0).collect();
            entries.retain(|id, _| id % 7 != 0);
            let gone = gone.into_iter().map(Change::Delete);
            writer.apply(gone, 3).unwrap();
        }
        let query = query(number, &mut chance);
        let plain = plain(&index, &lexicon, &entries, &query);
        answered += usize::from(plain.ids.len() > 1);
        // Twice: lists without words are remembered.
        for _ in 0..2 {
            assert_eq!(quick(&index, &query), plain, "{query:?}");
        }
    }
    assert!(answered > QUERIES / 2, "{answered}");
}

fn entry(id: i64, chance: &mut Chance) -> Document {
    let minutes = i64::try_from(chance.below(2_000_000)).unwrap();
    Document {
        summary: text(12, chance),
        body_text: text(30, chance),
        categories: vec![text(2, chance)],
        kind: KINDS[chance.below(KINDS.len())].to_owned(),
        agency: format!("agency-{}", chance.below(300)),
        audiences: (0..chance.below(3))
            .map(|at| format!("group-{at}"))
            .collect(),
        instruments: vec![format!("{}/2024/nd-cp", chance.below(40))],
        // Reprints far from each other, some of them without the first.
        cluster: (chance.below(4) == 0)
            .then(|| i64::try_from(chance.below(ENTRIES / 8)).unwrap() + 1),
        listed_at: day(NOW) - chrono::TimeDelta::minutes(minutes),
        ..document(id, &text(4, chance))
    }
}

fn text(words: usize, chance: &mut Chance) -> String {
    let words = (0..=chance.below(words)).map(|_| chance.word());
    words.collect::<Vec<_>>().join(" ")
}

fn query(number: usize, chance: &mut Chance) -> Query {
    let mut text = (0..number % 6)
        .map(|_| chance.word().to_owned())
        .collect::<Vec<_>>()
        .join(" ");
    if chance.below(3) == 0 {
        text = law::text::without_marks(&text);
    }
    match chance.below(8) {
        0 => text = format!("{text} \"{} {}\"", chance.word(), chance.word()),
        1 => text = format!("{text} -{}", chance.word()),
        2 => text = format!("{text} sổ đỏ"),
        3 => text = format!("{text} bảo hiểm xã hội"),
        _ => {}
    }
    let mut filters = Filters::default();
    if chance.below(3) == 0 {
        filters.add(Facet::Kind, KINDS[chance.below(KINDS.len())]);
    }
    if chance.below(4) == 0 {
        filters.add(Facet::Audience, "group-1");
        filters.from = Some(day("2024-05-01T00:00:00Z").date_naive());
    }
    let points = if chance.below(3) == 0 { 2.5 } else { f32::MAX };
    Query {
        text,
        filters,
        sort: if chance.below(5) == 0 {
            Sort::Newest
        } else {
            Sort::Relevance
        },
        offset: chance.below(3) * 7,
        limit: 1 + chance.below(3) * 40,
        // So that all reckon with the same moment.
        after: Some(Cursor {
            now: day(NOW).timestamp_micros(),
            last: Rank {
                points,
                listed_at: i64::MAX,
                id: i64::MAX,
            },
        }),
        facets: vec![
            Facet::Kind,
            Facet::Agency,
            Facet::Audience,
            Facet::Instrument,
        ],
        collapse: chance.below(3) > 0,
        as_typed: true,
    }
}

fn quick(index: &Index, query: &Query) -> Outcome {
    let results = index.search(query).unwrap();
    let counts = |facet| results.facets.of(facet).iter().cloned().collect();
    Outcome {
        total: results.total,
        collapsed: results.collapsed,
        ids: results.hits.iter().map(|hit| hit.id).collect(),
        facets: query
            .facets
            .iter()
            .map(|it| (it.name(), counts(*it)))
            .collect(),
    }
}

fn plain(
    index: &Index,
    lexicon: &Lexicon,
    entries: &HashMap<i64, Document>,
    query: &Query,
) -> Outcome {
    let generation = index.generation();
    let searcher = generation.reader.searcher();
    let fields = &generation.fields;
    let wording = wording::understand(&query.text, lexicon);
    let after = query.after.unwrap();
    let by_relevance = query.sort == Sort::Relevance && !wording.units.is_empty();
    let found: HashMap<i64, f32> = if wording.is_empty() {
        entries.keys().map(|&id| (id, 0.0)).collect()
    } else {
        let statistics = Statistics::new(&searcher, fields.searched());
        let plan = Plan::new(&wording, &statistics).unwrap();
        points(&plan, &searcher, fields)
    };
    let passing: Vec<(&Document, Rank)> = found
        .into_iter()
        .map(|(id, points)| (&entries[&id], points))
        .filter(|(entry, _)| passes(entry, &query.filters))
        .map(|(entry, points)| {
            let listed_at = entry.listed_at.timestamp_micros();
            let weight = kind_weight(&entry.kind);
            let points = if by_relevance {
                points * weight * freshness(after.now - listed_at)
            } else {
                0.0
            };
            let id = entry.id;
            let rank = Rank {
                points,
                listed_at,
                id,
            };
            (entry, rank)
        })
        .collect();
    let mut facets = BTreeMap::new();
    for facet in &query.facets {
        let mut counts = BTreeMap::new();
        for (entry, _) in &passing {
            for value in entry.values(*facet) {
                *counts.entry(value.to_owned()).or_default() += 1;
            }
        }
        facets.insert(facet.name(), counts);
    }
    let mut clusters: BTreeMap<i64, Vec<Rank>> = BTreeMap::new();
    let mut ranks = Vec::new();
    for (entry, rank) in &passing {
        match entry.cluster.filter(|_| query.collapse) {
            Some(cluster) => clusters.entry(cluster).or_default().push(*rank),
            None => ranks.push(*rank),
        }
    }
    for (cluster, members) in clusters {
        let best = *members.iter().max().unwrap();
        let first = members.iter().find(|rank| rank.id == cluster);
        ranks.push(Rank {
            points: best.points,
            ..*first.unwrap_or(&best)
        });
    }
    let total = ranks.len();
    ranks.retain(|rank| *rank < after.last);
    ranks.sort_by(|a, b| b.cmp(a));
    Outcome {
        total,
        collapsed: passing.len() - total,
        ids: ranks
            .iter()
            .skip(query.offset)
            .take(query.limit)
            .map(|rank| rank.id)
            .collect(),
        facets,
    }
}

fn passes(entry: &Document, filters: &Filters) -> bool {
    let (from, before) = filters.period();
    let listed_at = entry.listed_at.timestamp_micros();
    let has = |facet: Facet, wanted: &[String]| {
        let values = entry.values(facet);
        values
            .iter()
            .any(|value| wanted.iter().any(|it| it == value))
    };
    from.is_none_or(|from| listed_at >= from)
        && before.is_none_or(|before| listed_at < before)
        && filters
            .values()
            .iter()
            .all(|(facet, wanted)| has(*facet, wanted))
}

/// Numbers that are the same at every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        // Xorshift64, after Marsaglia.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 20) % end as u64).unwrap()
    }

    /// The first words come most often.
    fn word(&mut self) -> &'static str {
        let end = 1 + self.below(WORDS.len());
        WORDS[self.below(end)]
    }
}
