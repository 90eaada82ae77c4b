//! What each entry is worth, reckoned in full from the postings.

#![expect(clippy::cast_precision_loss, reason = "texts and names have few words")]

use std::collections::{HashMap, HashSet};

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::Postings as _;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet as _, Searcher, SegmentReader, TERMINATED, Term};

use super::super::super::plan::{Group, Plan, Worth};
use super::super::super::ranking::{BOTH_NAMES, LENGTH, NAME_PART, PLACE_WEIGHTS, saturated};
use super::super::super::schema::{Fields, ID};

/// The points of all entries that a plan finds, by their ids.
pub(super) fn points(plan: &Plan, searcher: &Searcher, fields: &Fields) -> HashMap<i64, f32> {
    let lengths = fields.average_lengths(searcher).unwrap();
    let mut found = HashMap::new();
    for reader in searcher.segment_readers() {
        let ids = reader.fast_fields().i64(ID).unwrap();
        let mut segment = Segment {
            reader,
            fields,
            lengths,
            frequencies: HashMap::new(),
        };
        for doc in reader.doc_ids_alive() {
            if let Some(points) = segment.points(plan, doc) {
                found.insert(ids.first(doc).unwrap(), points);
            }
        }
    }
    found
}

struct Segment<'s> {
    reader: &'s SegmentReader,
    fields: &'s Fields,
    lengths: [f32; 4],
    /// Weighed, by term, entry and place.
    frequencies: HashMap<String, Vec<[f32; 4]>>,
}

impl Segment<'_> {
    fn points(&mut self, plan: &Plan, doc: u32) -> Option<f32> {
        let (mut sum, mut covered, mut together) = (0.0, 0.0, false);
        for group in &plan.groups {
            let (points, covers) = self.group(group, doc, &mut together);
            sum += points;
            covered += covers;
        }
        for pair in &plan.pairs {
            if let Some(points) = self.term(pair, doc) {
                sum += points;
                together = true;
            }
        }
        let stands = |phrase: &Vec<String>, segment: &mut Self| {
            let places = phrase.iter().map(|term| segment.places(term, doc));
            let common = places.reduce(|all, next| all.intersection(&next).copied().collect());
            common.is_none_or(|common| !common.is_empty())
        };
        let found = covered >= plan.needed
            && covered != 0.0
            && (together || !plan.together)
            && plan.phrases.iter().all(|it| stands(it, self))
            && !plan.excluded.iter().any(|it| stands(it, self));
        found.then_some(sum)
    }

    fn group(&mut self, group: &Group, doc: u32, together: &mut bool) -> (f32, f32) {
        let (mut sum, mut covered) = (0.0, 0.0_f32);
        for word in &group.words {
            let (mut best, mut best_covers) = (0.0_f32, 0.0_f32);
            for (worth, covers) in &word.spellings {
                if let Some(points) = self.term(worth, doc) {
                    best = best.max(points);
                    best_covers = best_covers.max(*covers);
                }
            }
            sum += best;
            covered += best_covers;
        }
        for pair in &group.pairs {
            if let Some(points) = self.term(pair, doc) {
                sum += points;
                *together = true;
            }
        }
        for name in &group.names {
            let terms = name.terms.iter().filter_map(|it| self.term(it, doc));
            let terms: Vec<f32> = terms.collect();
            let (held, all) = (terms.len() as f32, name.terms.len() as f32);
            if held >= (all * NAME_PART).ceil() {
                let points = terms.iter().fold(0.0, |sum, it| sum + it);
                sum = f32::max(sum, points) + BOTH_NAMES * f32::min(sum, points);
                covered = covered.max(name.covers);
                *together = true;
            }
        }
        (sum, covered)
    }

    fn term(&mut self, worth: &Worth, doc: u32) -> Option<f32> {
        let places = self.frequencies(&worth.term, doc);
        let frequency = places.iter().fold(0.0, |sum, it| sum + it);
        (frequency > 0.0).then(|| worth.points * saturated(frequency))
    }

    fn places(&mut self, term: &str, doc: u32) -> HashSet<usize> {
        let places = self.frequencies(term, doc);
        (0..4).filter(|&place| places[place] > 0.0).collect()
    }

    fn frequencies(&mut self, term: &str, doc: u32) -> [f32; 4] {
        if !self.frequencies.contains_key(term) {
            let read = self.read(term);
            self.frequencies.insert(term.to_owned(), read);
        }
        self.frequencies[term][doc as usize]
    }

    fn read(&self, term: &str) -> Vec<[f32; 4]> {
        let mut read = vec![[0.0; 4]; self.reader.max_doc() as usize];
        for (place, field) in self.fields.searched().into_iter().enumerate() {
            let index = self.reader.inverted_index(field).unwrap();
            let term = Term::from_field_text(field, term);
            let postings = index.read_postings(&term, IndexRecordOption::WithFreqs);
            let lengths = self.reader.get_fieldnorms_reader(field).unwrap();
            let Some(mut postings) = postings.unwrap() else {
                continue;
            };
            while postings.doc() != TERMINATED {
                let doc = postings.doc();
                let code = lengths.fieldnorm_id(doc);
                let length =
                    FieldNormReader::id_to_fieldnorm(code) as f32 / self.lengths[place].max(1.0);
                let weight = PLACE_WEIGHTS[place] / (1.0 - LENGTH[place] + LENGTH[place] * length);
                read[doc as usize][place] = weight * postings.term_freq() as f32;
                postings.advance();
            }
        }
        read
    }
}
