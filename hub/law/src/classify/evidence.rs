//! What was found in a text and for what it speaks.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::Place;
use super::expressions::{Found, Subject};

/// Most times that one expression counts in one place.
const MAX_REPEATS: u32 = 4;

/// An expression, how often it stands in a place, and for what it counts anywhere there.
type Repeated<'expressions> = (Found<'expressions>, u32, [bool; Subject::COUNT]);

/// What was found in a text, each expression once a place.
#[derive(Debug, Default)]
pub(super) struct Evidence<'expressions> {
    /// Whether the title names a matter behind the form in which the text comes.
    pub(super) matter_in_title: bool,
    found: HashMap<(usize, Place), Repeated<'expressions>, RandomState>,
}

impl<'expressions> Evidence<'expressions> {
    pub(super) fn add(&mut self, place: Place, found: Found<'expressions>) {
        let entry =
            self.found
                .entry((found.index, place))
                .or_insert((found, 0, [false; Subject::COUNT]));
        entry.1 += 1;
        for (counts, also) in entry.2.iter_mut().zip(found.counts_for) {
            *counts |= also;
        }
    }

    pub(super) fn scores(&self, subject: Subject, count: usize) -> Vec<Score<'expressions>> {
        let mut scores = vec![Score::default(); count];
        for (&(_, place), &(found, times, counts_for)) in &self.found {
            if !counts_for[subject as usize] {
                continue;
            }
            let expression: &'expressions _ = found.expression;
            let mut share = 1.0 + (times.min(MAX_REPEATS) as f32).ln() * 0.5;
            if found.unmarked {
                share *= expression.unmarked;
            }
            for sign in &expression.signs {
                if sign.subject == subject {
                    let mut weight = sign.weight * place.weight() * share;
                    if sign.form && (place != Place::Title || self.matter_in_title) {
                        weight *= FORM_SHARE;
                    }
                    scores[sign.index].add(ReasonAt::Words(&expression.text), place, weight);
                }
            }
        }
        scores
    }
}

/// What speaks for one thing.
#[derive(Debug, Clone, Default)]
pub(super) struct Score<'expressions> {
    pub(super) total: f32,
    pub(super) reasons: Vec<(ReasonAt<'expressions>, Place, f32)>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum ReasonAt<'expressions> {
    Words(&'expressions str),
    /// Place of a field.
    Slug(usize),
}

impl<'expressions> Score<'expressions> {
    pub(super) fn add(&mut self, what: ReasonAt<'expressions>, place: Place, weight: f32) {
        self.total += weight;
        self.reasons.push((what, place, weight));
    }
}

/// What anything speaks for, best first; equal ones in the vocabulary's order.
pub(super) fn ranked<'scores, 'expressions>(
    scores: &'scores [Score<'expressions>],
) -> Vec<(usize, &'scores Score<'expressions>)> {
    let mut ranked: Vec<_> = scores
        .iter()
        .enumerate()
        .filter(|(_, score)| score.total > 0.0)
        .collect();
    ranked.sort_by(|(_, a), (_, b)| b.total.total_cmp(&a.total));
    ranked
}

/// Whether the title speaks of a matter behind a form: *hội nghị phổ biến pháp luật về hòa giải ở
/// cơ sở* is about the conciliation, *phiên tòa giả định tại trường học* is not about schools.
pub(super) fn has_matter_behind_form(title: &str, found: &[Found<'_>]) -> bool {
    let form = |found: &Found<'_>| found.expression.signs.iter().any(|sign| sign.form);
    let Some(form_end) = found
        .iter()
        .find(|found| form(found))
        .map(|form| form.range.1)
    else {
        return false;
    };
    found
        .iter()
        .filter(|matter| {
            matter.counts_for[Subject::Field as usize]
                && matter.range.0 + 1 >= form_end
                && !form(matter)
        })
        .any(|matter| {
            let between = title.get(form_end..matter.range.0).unwrap_or_default();
            let marker = between
                .split_ascii_whitespace()
                .rev()
                .find(|word| MATTER_FOLLOWS.contains(word) || PLACE_FOLLOWS.contains(word));
            marker.is_none_or(|word| MATTER_FOLLOWS.contains(&word))
        })
}

/// What is left of a form's weight where the text says what it is about, and outside of titles,
/// where forms are boilerplate.
const FORM_SHARE: f32 = 0.15;
/// Words behind which a title says what it is about, with marks and without.
const MATTER_FOLLOWS: [&str; 2] = ["về", "ve"];
/// Words behind which it says where or for whom.
const PLACE_FOLLOWS: [&str; 13] = [
    "tại", "tai", "ở", "o", "cho", "đến", "den", "tới", "toi", "trong", "của", "cua", "trên",
];
