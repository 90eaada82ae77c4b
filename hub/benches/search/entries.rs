//! Generated entries in the words of the law, the same at every run.

use chrono::{DateTime, TimeDelta, Utc};
use hub::search::Document;
use law::vocabulary::Vocabulary;

/// About as much text as an entry of a legal feed has, its title and summary included.
const TEXT_BYTES: usize = 2_000;
const SUMMARY_BYTES: usize = 200;
const AGENCIES: usize = 200;
/// Names of people and villages.
const NAMES: usize = 20_000;
const MINUTES: usize = 10 * 365 * 24 * 60;

const KINDS: [&str; 8] = [
    "news",
    "qa",
    "document",
    "situation",
    "publication",
    "announcement",
    "procedure",
    "video",
];
const LEVELS: [&str; 3] = ["province", "commune", "central"];

/// Words that tie expressions together, commonest first.
const TIES: [&str; 60] = [
    "của",
    "và",
    "các",
    "theo",
    "có",
    "được",
    "về",
    "trong",
    "cho",
    "người",
    "là",
    "với",
    "không",
    "tại",
    "khi",
    "từ",
    "quy định",
    "phải",
    "trên địa bàn",
    "đến",
    "những",
    "này",
    "thực hiện",
    "hoặc",
    "để",
    "do",
    "pháp luật",
    "bị",
    "một",
    "đã",
    "việc",
    "số",
    "như",
    "ngày",
    "đối với",
    "sẽ",
    "năm",
    "cơ quan",
    "quyền",
    "thì",
    "nếu",
    "người dân",
    "bằng",
    "cùng",
    "sau",
    "trước",
    "nhằm",
    "công tác",
    "hướng dẫn",
    "tổ chức",
    "nội dung",
    "bảo đảm",
    "cán bộ",
    "xã",
    "phường",
    "tỉnh",
    "hồ sơ",
    "trường hợp",
    "mức",
    "thời hạn",
];

const ONSETS: [&str; 20] = [
    "b", "c", "ch", "d", "đ", "g", "h", "kh", "l", "m", "n", "nh", "ph", "r", "s", "t", "th", "tr",
    "v", "x",
];
const RIMES: [&str; 40] = [
    "a", "à", "ạ", "ai", "ài", "an", "án", "ang", "áng", "anh", "ảnh", "ao", "ây", "ấp", "ên",
    "ết", "ệnh", "i", "ính", "iên", "iệt", "iều", "o", "òa", "oản", "oạt", "ô", "ông", "ộc", "ội",
    "ơ", "ơi", "ưa", "ức", "ương", "ước", "ường", "ượng", "uân", "uyền",
];

/// What entries are made of.
pub(crate) struct Entries {
    topics: Vec<Topic>,
    general: Vec<String>,
    audiences: Vec<String>,
    situations: Vec<String>,
    laws: Vec<(String, String)>,
}

struct Topic {
    slug: String,
    expressions: Vec<String>,
}

impl Entries {
    pub(crate) fn new(vocabulary: &Vocabulary) -> Self {
        let topics = vocabulary.fields.iter().map(|field| Topic {
            slug: field.slug.clone(),
            expressions: field.keywords.iter().chain(&field.hints).cloned().collect(),
        });
        let groups = &vocabulary.situations;
        let situations = groups.iter().flat_map(|group| &group.items);
        let cues = vocabulary.audiences.iter().flat_map(|it| it.cues.clone());
        let synonyms = &vocabulary.synonyms;
        let said = synonyms
            .iter()
            .flat_map(|it| [it.legal.clone(), it.term.clone()]);
        let lived = situations
            .clone()
            .flat_map(|it| it.cues.iter().chain([&it.label]).cloned());
        let numbered = vocabulary.laws.iter();
        Self {
            topics: topics.filter(|it| !it.expressions.is_empty()).collect(),
            general: said.chain(cues).chain(lived).collect(),
            audiences: vocabulary
                .audiences
                .iter()
                .map(|it| it.slug.clone())
                .collect(),
            situations: situations.map(|it| it.slug.clone()).collect(),
            laws: numbered
                .filter_map(|law| Some((law.title.clone(), law.number.clone()?)))
                .collect(),
        }
    }

    /// The entry of a number from 0.
    pub(crate) fn entry(&self, number: usize) -> Document {
        let mut chance = Numbers::of(number);
        let topic = &self.topics[chance.zipf(self.topics.len())];
        let law = &self.laws[chance.zipf(self.laws.len())];
        let (title, summary) = (
            self.text(topic, law, 50, &mut chance),
            self.text(topic, law, SUMMARY_BYTES, &mut chance),
        );
        let body = TEXT_BYTES - title.len() - summary.len();
        let audience = self.audiences[chance.zipf(self.audiences.len())].clone();
        let situation = self.situations[chance.zipf(self.situations.len())].clone();
        let cites = chance.below(2) == 0;
        let cluster = number / 20;
        Document {
            id: i64::try_from(number + 1).unwrap_or(i64::MAX),
            agency: format!("co-quan-{}", chance.zipf(AGENCIES)),
            kind: KINDS[chance.zipf(KINDS.len())].to_owned(),
            field: Some(topic.slug.clone()),
            body_text: self.text(topic, law, body, &mut chance),
            categories: vec![topic.expressions[0].clone()],
            number: None,
            basis: cites.then(|| law.1.clone()).into_iter().collect(),
            instruments: cites.then(|| law.1.clone()).into_iter().collect(),
            audiences: vec![audience],
            situations: vec![situation],
            level: Some(LEVELS[chance.zipf(LEVELS.len())].to_owned()),
            language: "vi".to_owned(),
            has_attachment: chance.below(4) == 0,
            validity: None,
            // One in twenty is a reprint of the entry before.
            cluster: (number % 20 < 2).then(|| i64::try_from(cluster).unwrap_or(0)),
            path: format!("/bai/{}", number + 1),
            listed_at: DateTime::<Utc>::UNIX_EPOCH
                + TimeDelta::days(17_000)
                + TimeDelta::minutes(i64::try_from(chance.below(MINUTES)).unwrap_or(0)),
            title,
            summary,
        }
    }

    fn text(
        &self,
        topic: &Topic,
        law: &(String, String),
        bytes: usize,
        chance: &mut Numbers,
    ) -> String {
        let mut text = String::with_capacity(bytes + 64);
        while text.len() < bytes {
            if !text.is_empty() {
                text.push(' ');
            }
            match chance.below(40) {
                0..12 => text.push_str(&topic.expressions[chance.zipf(topic.expressions.len())]),
                12..18 => text.push_str(&self.general[chance.zipf(self.general.len())]),
                18 => text.push_str(&law.0),
                19 => {
                    let number = if chance.below(3) == 0 { &law.1 } else { &law.0 };
                    text.push_str(number);
                }
                20..22 => text.push_str(&name(chance.zipf(NAMES))),
                22 => text.push_str(&(chance.zipf(1_000) + 1).to_string()),
                23 => text.push('.'),
                _ => text.push_str(TIES[chance.zipf(TIES.len())]),
            }
        }
        text
    }
}

/// Two syllables.
fn name(number: usize) -> String {
    let syllable = |at: usize| {
        let onset = ONSETS[at % ONSETS.len()];
        format!("{onset}{}", RIMES[(at / ONSETS.len()) % RIMES.len()])
    };
    format!("{} {}", syllable(number), syllable(number * 7 + 3))
}

/// A small generator of numbers: what is measured must not depend on chance.
pub(crate) struct Numbers(u64);

impl Numbers {
    /// Numbers that belong to one entry.
    pub(crate) fn of(entry: usize) -> Self {
        let mut numbers = Self((entry as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for _ in 0..4 {
            numbers.below(2);
        }
        numbers
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from((self.next() >> 20) % end as u64).unwrap_or(0)
    }

    /// The n-th of them comes about as often as 1/n, as words of a language do.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a chance needs no more digits"
    )]
    pub(crate) fn zipf(&mut self, end: usize) -> usize {
        let chance = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        (((end as f64 + 1.0).powf(chance)) as usize - 1).min(end - 1)
    }

    fn next(&mut self) -> u64 {
        // Xorshift64, after Marsaglia.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
