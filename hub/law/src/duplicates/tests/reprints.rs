//! Reprints of the sample entries as sites make them, and texts that only look like reprints. The
//! same ones in every run.

use std::collections::BTreeMap;

/// An entry of `corpus.jsonl`, its body without tags.
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) dup_of: Option<String>,
    pub(super) summary: String,
    pub(super) body: String,
}

pub(super) fn entries() -> Vec<Entry> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/domain/corpus.jsonl"
    );
    let lines = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("the sample entries must stand at {path}: {error}"));
    let field =
        |entry: &serde_json::Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    lines
        .lines()
        .map(|line| {
            let entry = serde_json::from_str(line).unwrap();
            let body = field(&entry, "body_html");
            let text: String = body
                .split('<')
                .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("\n");
            Entry {
                id: field(&entry, "id"),
                dup_of: Some(field(&entry, "dup_of")).filter(|id| !id.is_empty()),
                summary: field(&entry, "summary"),
                body: text,
            }
        })
        .collect()
}

/// A made text, the kind it is of, and the original it is made from.
pub(super) struct Made {
    pub(super) kind: &'static str,
    pub(super) from: usize,
    pub(super) text: String,
}

pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.roll(from.len())]
    }
}

const COMMUNES: [&str; 8] = [
    "xã Hoằng Hoá",
    "xã Quan Sơn",
    "phường Sầm Sơn",
    "xã Như Thanh",
    "xã Bá Thước",
    "phường Bỉm Sơn",
    "xã Nga Sơn",
    "xã Thọ Xuân",
];

const PEOPLE: [&str; 6] = ["Hạnh", "Tuấn", "Phượng", "Khánh", "Thắm", "Dũng"];

/// Every kind of reprint of every original.
pub(super) fn reprints(originals: &[&Entry]) -> Vec<Made> {
    let mut dice = Dice(7);
    let mut made = Vec::new();
    for (from, entry) in originals.iter().enumerate() {
        let body = entry.body.as_str();
        let mut add = |kind, text| made.push(Made { kind, from, text });
        add("cut", cut(body, &mut dice));
        add("headed", headed(body, &mut dice));
        add("sourced", sourced(body, &mut dice));
        add("other accents", other_accents(body));
        add(
            "other i and y",
            body.replace("lý", "lí")
                .replace("kỹ", "kĩ")
                .replace("kỳ", "kì"),
        );
        add("other date", other_date(body));
        add("one word edited", edited(body, &mut dice));
        add("paragraph left out", without_paragraph(body, &mut dice));
        add("capitals", body.to_uppercase());
        let text = headed(&other_accents(&cut(body, &mut dice)), &mut dice);
        add("cut, headed, other accents", sourced(&text, &mut dice));
        let text = other_date(&headed(&edited(body, &mut dice), &mut dice));
        add("headed, edited, other date", sourced(&text, &mut dice));
        let text = cut(&edited(&other_date(body), &mut dice), &mut dice);
        add("cut, edited, other date", headed(&text, &mut dice));
        add("lines joined", body.replace('\n', " ").replace('"', "“"));
    }
    made
}

/// The summary alone, where it is long enough to be told from others and stands in the body.
pub(super) fn summaries(originals: &[&Entry]) -> Vec<Made> {
    originals
        .iter()
        .enumerate()
        .filter(|(_, entry)| {
            entry.body.contains(&entry.summary) && entry.summary.split_whitespace().count() >= 30
        })
        .map(|(from, entry)| Made {
            kind: "summary",
            from,
            text: entry.summary.clone(),
        })
        .collect()
}

/// Texts of an original's template that say something else.
pub(super) fn others(originals: &[&Entry]) -> Vec<Made> {
    let mut dice = Dice(11);
    let mut made = Vec::new();
    for (from, entry) in originals.iter().enumerate() {
        let body = entry.body.as_str();
        let mut add = |kind, text: String| {
            if text != body {
                made.push(Made { kind, from, text });
            }
        };
        let figures = other_figures(body, usize::MAX, &mut dice);
        add("other figures", figures.clone());
        let two = other_figures(body, 2, &mut dice);
        add("two figures and the place", with_place(&two, &mut dice));
        add(
            "all facts",
            headed(
                &with_people(&with_place(&figures, &mut dice), &mut dice),
                &mut dice,
            ),
        );
        // The opening of one article with the rest of another.
        let other = &originals[(from + 1 + dice.roll(originals.len() - 1)) % originals.len()].body;
        let opening: Vec<&str> = body.split('\n').collect();
        let rest: Vec<&str> = other.split('\n').collect();
        let text = [
            &opening[..opening.len() * 2 / 5],
            &rest[rest.len() * 2 / 5..],
        ]
        .concat();
        add("the same opening", text.join("\n"));
    }
    made.extend(announcements(&mut dice));
    made
}

/// One announcement of many communes, each with its own figures.
fn announcements(dice: &mut Dice) -> Vec<Made> {
    (0..60)
        .map(|_| Made {
            kind: "announcement",
            from: usize::MAX,
            text: announcement(dice),
        })
        .collect()
}

pub(super) fn announcement(dice: &mut Dice) -> String {
    let place = dice.pick(&COMMUNES);
    let person = dice.pick(&PEOPLE);
    format!(
        "Uỷ ban nhân dân {place} thông báo kết quả công tác phổ biến, giáo dục pháp luật và hoà giải \
         ở cơ sở. Trong kỳ, địa phương đã tổ chức {} hội nghị tuyên truyền với {} lượt người tham \
         dự, phát {} tờ gấp, duy trì {} chuyên mục trên hệ thống truyền thanh cơ sở.\nCác tổ hoà giải \
         đã tiếp nhận {} vụ việc, hoà giải thành {} vụ, còn lại hướng dẫn các bên gửi hồ sơ tới cơ \
         quan có thẩm quyền. Đồng chí {person}, Phó Chủ tịch Uỷ ban nhân dân {place}, đề nghị các \
         thôn, tổ dân phố tiếp tục rà soát, bổ sung hoà giải viên, quan tâm đối tượng đặc thù, nhất \
         là người cao tuổi, trẻ em và hộ nghèo.\nNội dung trọng tâm trong kỳ tới là Luật Đất đai, \
         Luật Căn cước và các quy định về an toàn giao thông; kinh phí thực hiện {} triệu đồng do \
         ngân sách xã bảo đảm. Người dân có vướng mắc liên hệ bộ phận tư pháp - hộ tịch trong giờ \
         hành chính để được hướng dẫn miễn phí.",
        3 + dice.roll(30),
        100 + dice.roll(3000),
        200 + dice.roll(5000),
        1 + dice.roll(20),
        5 + dice.roll(60),
        2 + dice.roll(40),
        10 + dice.roll(90),
    )
}

/// The first 40 to 60 of 100 words.
fn cut(text: &str, dice: &mut Dice) -> String {
    let words: Vec<&str> = text.split_inclusive(char::is_whitespace).collect();
    let kept = words.len() * (40 + dice.roll(21)) / 100;
    words[..kept].concat().trim_end().to_owned() + "..."
}

fn headed(text: &str, dice: &mut Dice) -> String {
    let place = dice.pick(&COMMUNES);
    let date = format!("{}/{}/2026", 1 + dice.roll(28), 1 + dice.roll(12));
    let header = match dice.roll(5) {
        0 => format!("Trang thông tin điện tử {place} trân trọng giới thiệu toàn văn bài viết:"),
        1 => format!("Ngày đăng: {date} | Lượt xem: {}", 10 + dice.roll(2000)),
        2 => {
            format!("({place}) - Để bà con tiện theo dõi, Ban biên tập đăng lại bài viết sau đây.")
        }
        3 => format!(
            "UỶ BAN NHÂN DÂN {} - CHUYÊN MỤC PHÁP LUẬT. Cập nhật {date}.",
            place.to_uppercase()
        ),
        _ => "Nguồn: sưu tầm.".to_owned(),
    };
    format!("{header}\n{text}")
}

fn sourced(text: &str, dice: &mut Dice) -> String {
    let footer = match dice.roll(3) {
        0 => format!("Ban biên tập {} (sưu tầm)", dice.pick(&COMMUNES)),
        1 => format!(
            "Theo Cổng thông tin điện tử tỉnh. Tác giả: {}",
            dice.pick(&PEOPLE)
        ),
        _ => "Bài viết liên quan: Văn bản mới; Hỏi đáp pháp luật; Lịch tiếp công dân".to_owned(),
    };
    format!("{text}\n{footer}")
}

fn other_accents(text: &str) -> String {
    let pairs = [
        ("òa", "oà"),
        ("óa", "oá"),
        ("ỏa", "oả"),
        ("õa", "oã"),
        ("ọa", "oạ"),
        ("òe", "oè"),
        ("óe", "oé"),
        ("ỏe", "oẻ"),
        ("ùy", "uỳ"),
        ("úy", "uý"),
        ("ủy", "uỷ"),
        ("ũy", "uỹ"),
        ("ụy", "uỵ"),
        ("Ủy", "Uỷ"),
    ];
    pairs
        .iter()
        .fold(text.to_owned(), |text, (old, new)| text.replace(old, new))
}

/// The first date is another day.
fn other_date(text: &str) -> String {
    let is_date = |word: &&str| {
        let mut parts = word.trim_end_matches([',', '.']).split('/');
        parts.clone().count() == 3 && parts.all(|part| part.parse::<u16>().is_ok())
    };
    match text.split_whitespace().find(is_date) {
        Some(date) => {
            let (_, rest) = date.split_once('/').unwrap();
            text.replace(date, &format!("29/{rest}"))
        }
        None => text.to_owned(),
    }
}

fn edited(text: &str, dice: &mut Dice) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    let at =
        (dice.roll(words.len())..words.len()).find(|&at| words[at].chars().all(char::is_lowercase));
    if let Some(at) = at {
        words[at] = "cũng";
    }
    words.join(" ")
}

fn without_paragraph(text: &str, dice: &mut Dice) -> String {
    let mut paragraphs: Vec<&str> = text.split('\n').collect();
    if paragraphs.len() > 3 {
        paragraphs.remove(1 + dice.roll(paragraphs.len() - 2));
    }
    paragraphs.join("\n")
}

/// So many figures are others; document numbers and dates stay.
fn other_figures(text: &str, most: usize, dice: &mut Dice) -> String {
    let mut left = most;
    let words: Vec<String> = text
        .split(' ')
        .map(|word| {
            if left > 0 && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
                left -= 1;
                (word.parse::<usize>().unwrap_or(7) + 1 + dice.roll(40)).to_string()
            } else {
                word.to_owned()
            }
        })
        .collect();
    words.join(" ")
}

fn with_place(text: &str, dice: &mut Dice) -> String {
    let new = dice.pick(&COMMUNES);
    let old = [
        "UBND phường Hạc Thành",
        "Công an tỉnh",
        "Sở Y tế",
        "Sở Tư pháp",
        "thôn trung tâm",
    ];
    old.iter().fold(text.to_owned(), |text, old| {
        text.replace(old, &format!("UBND {new}"))
    })
}

fn with_people(text: &str, dice: &mut Dice) -> String {
    let mut renamed: BTreeMap<&str, &str> = BTreeMap::new();
    let mut words: Vec<&str> = text.split(' ').collect();
    for at in 1..words.len() {
        if matches!(
            words[at - 1],
            "Anh" | "anh" | "Chị" | "chị" | "Ông" | "ông" | "Bà" | "bà"
        ) {
            let new = dice.pick(&PEOPLE);
            words[at] = renamed.entry(words[at]).or_insert(new);
        }
    }
    words.join(" ")
}
