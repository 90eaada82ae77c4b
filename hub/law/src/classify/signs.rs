//! Which expressions of a vocabulary speak for what, and how much.

use super::expressions::{ExpressionsBuilder, Sign, Subject, syllables};
use crate::vocabulary::Vocabulary;

/// An expression's weight by its syllables: longer ones are less often meant otherwise.
fn length_weight(text: &str) -> f32 {
    match syllables(text) {
        0 | 1 => 1.0,
        2 => 1.6,
        3 => 2.2,
        4 => 2.7,
        _ => 3.0,
    }
}

/// What hints count.
const HINT_SHARE: f32 = 0.4;
/// What a citizen's word counts for the field of its legal ones.
const SYNONYM_SHARE: f32 = 0.9;

/// Everything that the vocabulary says of fields, audiences and situations.
pub(super) fn expressions_of(vocabulary: &Vocabulary) -> ExpressionsBuilder {
    let mut builder = ExpressionsBuilder::default();
    for (index, field) in vocabulary.fields.iter().enumerate() {
        for form in &field.forms {
            let weight = length_weight(form);
            builder.add(
                form,
                Sign {
                    subject: Subject::Field,
                    index,
                    weight,
                    form: true,
                },
            );
        }
    }
    let mut add = |text: &str, subject: Subject, index: usize, share: f32| {
        let weight = length_weight(text) * share;
        builder.add(
            text,
            Sign {
                subject,
                index,
                weight,
                form: false,
            },
        );
    };
    for (index, field) in vocabulary.fields.iter().enumerate() {
        for keyword in &field.keywords {
            add(keyword, Subject::Field, index, 1.0);
        }
        for hint in &field.hints {
            add(hint, Subject::Field, index, HINT_SHARE);
        }
    }
    for (index, audience) in vocabulary.audiences.iter().enumerate() {
        for cue in &audience.cues {
            add(cue, Subject::Audience, index, 1.0);
        }
    }
    let situations = vocabulary.situations.iter().flat_map(|group| &group.items);
    for (index, situation) in situations.enumerate() {
        add(&situation.label, Subject::Situation, index, 1.0);
        for cue in &situation.cues {
            add(cue, Subject::Situation, index, 1.0);
        }
    }
    for law in &vocabulary.laws {
        let field = law.field.as_ref().and_then(|slug| {
            vocabulary
                .fields
                .iter()
                .position(|field| field.slug == *slug)
        });
        if let Some(index) = field {
            for name in law.aliases.iter().chain([&law.title]) {
                add(name, Subject::Field, index, 1.0);
            }
        }
    }
    add_synonyms(vocabulary, &mut builder);
    builder
}

/// A citizen's word speaks for what its legal ones speak for.
fn add_synonyms(vocabulary: &Vocabulary, builder: &mut ExpressionsBuilder) {
    let mut signs = Vec::new();
    for synonym in &vocabulary.synonyms {
        // Three letters in lower case may be a word: THA, and *tha* (forgive).
        if synonym.kind == "abbr"
            && synonym.term.chars().count() <= 3
            && synonym.term.contains(['A', 'E', 'I', 'O', 'U', 'Y'])
        {
            continue;
        }
        for legal in synonym.legal.split(';') {
            signs.extend(builder.signs(legal).iter().map(|sign| Sign {
                weight: (length_weight(&synonym.term) * SYNONYM_SHARE).min(sign.weight),
                ..*sign
            }));
        }
        for sign in signs.drain(..) {
            builder.add(&synonym.term, sign);
        }
    }
}
