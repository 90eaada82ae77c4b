//! What was found in a text and for what it speaks.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::Place;
use super::expressions::{Found, Subject};
use super::parts::Part;

/// Most times that one expression counts in one place.
const MAX_REPEATS: u32 = 4;

/// An expression in one place of a text.
#[derive(Debug)]
struct Repeated<'expressions> {
    found: Found<'expressions>,
    times: u32,
    /// For what it counts anywhere there.
    counts_for: [bool; Subject::COUNT],
    /// Whether it only says where, when or how, wherever it stands there.
    aside: bool,
}

/// What was found in a text, each expression once a place.
#[derive(Debug, Default)]
pub(super) struct Evidence<'expressions> {
    /// Whether the title names a matter behind the form in which the text comes.
    pub(super) matter_in_title: bool,
    /// Parts of expressions in the title, and whether they are inside of expressions found there.
    pub(super) parts: Vec<(&'expressions Part, bool)>,
    found: HashMap<(usize, Place), Repeated<'expressions>, RandomState>,
}

impl<'expressions> Evidence<'expressions> {
    /// Adds what was found; `words` are those of the place.
    pub(super) fn add(&mut self, place: Place, found: Found<'expressions>, words: &str) {
        let aside = place == Place::Title && stands_aside(words, found.range.0);
        let known = self.found.entry((found.index, place)).or_insert(Repeated {
            found,
            times: 0,
            counts_for: [false; Subject::COUNT],
            aside: true,
        });
        known.times += 1;
        known.aside &= aside;
        for (counts, also) in known.counts_for.iter_mut().zip(found.counts_for) {
            *counts |= also;
        }
    }

    pub(super) fn scores(&self, subject: Subject, count: usize) -> Vec<Score<'expressions>> {
        let mut scores = vec![Score::default(); count];
        for (&(_, place), repeated) in &self.found {
            if !repeated.counts_for[subject as usize] {
                continue;
            }
            let expression: &'expressions _ = repeated.found.expression;
            let mut share = 1.0 + (repeated.times.min(MAX_REPEATS) as f32).ln() * 0.5;
            if repeated.found.unmarked {
                share *= expression.unmarked;
            }
            if repeated.aside && subject == Subject::Field {
                share *= ASIDE_SHARE;
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
        if subject == Subject::Field {
            for &(part, inside) in &self.parts {
                for &(index, weight) in &part.weights {
                    let weight = weight * Place::Title.weight();
                    if inside {
                        // The expression is the reason to show.
                        scores[index].total += weight;
                    } else {
                        scores[index].add(ReasonAt::Words(&part.text), Place::Title, weight);
                    }
                }
            }
        }
        scores
    }
}

/// Whether what starts there says where, when or how something is done, not what.
fn stands_aside(words: &str, start: usize) -> bool {
    words
        .get(..start)
        .and_then(|before| before.rsplit(' ').next())
        .is_some_and(|word| ASIDE_FOLLOWS.contains(&word))
}

/// What is left of an expression's weight that stands aside.
const ASIDE_SHARE: f32 = 0.7;
/// Words behind which things stand aside, with marks and without.
const ASIDE_FOLLOWS: [&str; 27] = [
    "tại", "tai", "ở", "o", "trên", "tren", "khi", "qua", "bằng", "bang", "trong", "của", "cua",
    "từ", "tu", "cho", "với", "voi", "do", "vì", "vi", "tới", "toi", "đến", "den", "vào", "vao",
];

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
