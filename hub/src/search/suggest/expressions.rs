//! Expressions that are known beforehand: frequent queries, laws, situations, terms of the vocabulary.

use std::collections::HashSet;

use law::citations::InstrumentKey;
use law::text::number;
use law::vocabulary::{Law, Vocabulary};

use super::{Beginning, Suggestion, words_of};
use crate::search::analyzer::Forms;

/// What can be continued to without looking into the index. Compiled once, the likeliest first.
#[derive(Debug, Default)]
pub struct Expressions {
    all: Vec<Expression>,
    frequent: Vec<String>,
}

#[derive(Debug)]
struct Expression {
    words: Vec<Forms>,
    label: String,
    leads: Leads,
}

/// Where an expression leads.
#[derive(Debug)]
enum Leads {
    /// To a search for it.
    Search,
    /// To the page of a law.
    Instrument {
        /// The number's normal form, whose beginnings people type.
        number: String,
        key: InstrumentKey,
    },
}

impl Expressions {
    /// Compiles what people often search for, most frequent first, and what the vocabulary has.
    pub fn new(frequent: &[String], vocabulary: &Vocabulary) -> Self {
        let mut expressions = Self {
            all: Vec::new(),
            frequent: frequent.to_vec(),
        };
        let mut known = HashSet::new();
        for query in frequent {
            expressions.add(query, Leads::Search, &mut known);
        }
        // A law that is in force before the one that it replaced.
        let (old, new): (Vec<&Law>, Vec<&Law>) = vocabulary
            .laws
            .iter()
            .partition(|law| law.replaced_by.is_some());
        for law in new.into_iter().chain(old) {
            let Some(written) = &law.number else {
                continue;
            };
            let (number, key) = (number::key(written), InstrumentKey::of_number(written));
            if let (Some(number), Some(key)) = (number, key) {
                let label = format!("{} ({written})", law.title);
                expressions.add(&label, Leads::Instrument { number, key }, &mut known);
            }
        }
        for group in &vocabulary.situations {
            for situation in &group.items {
                expressions.add(&situation.label, Leads::Search, &mut known);
            }
        }
        for synonym in &vocabulary.synonyms {
            for legal in synonym.legal.split(';') {
                expressions.add(legal.trim(), Leads::Search, &mut known);
            }
        }
        expressions
    }

    /// What people often search for, most frequent first.
    pub fn frequent(&self) -> &[String] {
        &self.frequent
    }

    fn add(&mut self, label: &str, leads: Leads, known: &mut HashSet<Vec<String>>) {
        let words = words_of(label);
        let folded = words.iter().map(|word| word.accented.clone()).collect();
        if !words.is_empty() && known.insert(folded) {
            self.all.push(Expression {
                words,
                label: label.to_owned(),
                leads,
            });
        }
    }

    /// What continues the beginning: what starts with it before what holds it.
    pub(super) fn continuing(
        &self,
        beginning: &Beginning,
        queries: usize,
        laws: usize,
    ) -> Vec<Suggestion> {
        let mut left = (queries, laws);
        let at_start = self.all.iter().filter(|it| it.begins_with(beginning));
        let within = self
            .all
            .iter()
            .filter(|it| !it.begins_with(beginning) && it.holds(beginning));
        at_start
            .chain(within)
            .filter(|it| {
                let left = match it.leads {
                    Leads::Search => &mut left.0,
                    Leads::Instrument { .. } => &mut left.1,
                };
                let room = *left > 0;
                *left -= usize::from(room);
                room
            })
            .take(queries + laws)
            .map(Expression::suggestion)
            .collect()
    }
}

impl Expression {
    fn begins_with(&self, beginning: &Beginning) -> bool {
        let named = match (&self.leads, &beginning.number) {
            (Leads::Instrument { number, .. }, Some(typed)) => number.starts_with(typed.as_str()),
            _ => false,
        };
        named || beginning.continues_at(&self.words, 0)
    }

    fn holds(&self, beginning: &Beginning) -> bool {
        (1..self.words.len()).any(|at| beginning.continues_at(&self.words, at))
    }

    fn suggestion(&self) -> Suggestion {
        match &self.leads {
            Leads::Search => Suggestion::Query(self.label.clone()),
            Leads::Instrument { key, .. } => Suggestion::Instrument {
                label: self.label.clone(),
                key: key.as_str().to_owned(),
            },
        }
    }
}
