//! What the reader of citations promises, on the vocabulary that a new hub starts with.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::evaluate::{Judged, evaluate};
use super::*;
use crate::vocabulary::{Law, Vocabulary};

static GAZETTEER: LazyLock<Gazetteer> =
    LazyLock::new(|| Gazetteer::new(&starting_vocabulary()).unwrap());

fn starting_vocabulary() -> Vocabulary {
    let taxonomy: serde_json::Value =
        serde_json::from_str(include_str!("../../vocabulary/taxonomy.json")).unwrap();
    let laws = include_str!("../../vocabulary/laws.tsv").lines().skip(1);
    let filled = |column: &str| (!column.is_empty()).then(|| column.to_owned());
    Vocabulary {
        document_types: serde_json::from_value(taxonomy["document_types"].clone()).unwrap(),
        issuers: serde_json::from_value(taxonomy["issuers"].clone()).unwrap(),
        laws: laws
            .map(|line| {
                let columns: Vec<&str> = line.split('\t').collect();
                Law {
                    number: filled(columns[0]),
                    title: columns[1].to_owned(),
                    year: columns[2].parse().unwrap(),
                    effective: filled(columns[3]),
                    aliases: columns[4].split(';').filter_map(filled).collect(),
                    field: filled(columns[5]),
                    replaced_by: filled(columns[6]),
                }
            })
            .collect(),
        ..Vocabulary::default()
    }
}

fn shared(name: &str) -> String {
    let path = format!(
        "{}/../../../shared/domain/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("the domain's data must stand at {path}: {error}"))
}

#[test]
fn the_judged_set_is_found_exactly() {
    let judged: Vec<Judged> = shared("citations.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(judged.len() > 80);
    let scores = evaluate(&GAZETTEER, &judged);
    for miss in &scores.misses {
        println!("{}", serde_json::to_string(miss).unwrap());
    }
    assert!(scores.f1() >= 0.98, "F1 is {:.4}", scores.f1());
}
