//! The vocabulary one item at a time, as people edit it in the console: as texts by column, checked by the same code as files.

use std::collections::BTreeMap;

use law::vocabulary::{self as files, Files, RowError, Vocabulary};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// A part of the vocabulary that is edited item by item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Fields,
    Audiences,
    Situations,
    Synonyms,
    Laws,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// A text, or none.
    Optional,
    /// Several, one on a line.
    Lines,
    Number,
}

/// A column of a part.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    /// Its name for people.
    pub label: &'static str,
    pub shape: Shape,
    /// What is right, in words.
    pub rule: &'static str,
}

/// An item, as JSON by column.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What names it within its part.
    pub key: String,
    /// Its name for people.
    pub title: String,
    row: Map<String, Value>,
}

/// What is wrong with an edited item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The column; none when another item is concerned.
    pub column: Option<&'static str>,
    /// A Vietnamese sentence.
    pub told: String,
}

const fn column(
    name: &'static str,
    label: &'static str,
    shape: Shape,
    rule: &'static str,
) -> Column {
    Column {
        name,
        label,
        shape,
        rule,
    }
}

const SLUG: Column = column(
    "slug",
    "Tên trong địa chỉ",
    Shape::Text,
    "Chữ thường không dấu, số và dấu gạch nối, như “dat-dai”; mỗi tên một lần.",
);
const LABEL: Column = column(
    "label",
    "Tên",
    Shape::Text,
    "Tên đọc được, dài nhất 300 ký tự.",
);
const ENGLISH: Column = column(
    "english",
    "Tên tiếng Anh",
    Shape::Text,
    "Dài nhất 300 ký tự.",
);
const CUES: Column = column(
    "cues",
    "Cụm từ nhận biết",
    Shape::Lines,
    "Mỗi dòng một cụm từ, không lặp lại.",
);

impl Part {
    pub const ALL: [Self; 5] = [
        Self::Fields,
        Self::Audiences,
        Self::Situations,
        Self::Synonyms,
        Self::Laws,
    ];

    /// The word that stands for it in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fields => "linh-vuc",
            Self::Audiences => "doi-tuong",
            Self::Situations => "tinh-huong",
            Self::Synonyms => "dong-nghia",
            Self::Laws => "luat",
        }
    }

    /// The part that a word stands for.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.word() == word)
    }

    /// Its name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Fields => "Lĩnh vực",
            Self::Audiences => "Đối tượng",
            Self::Situations => "Tình huống",
            Self::Synonyms => "Từ đồng nghĩa",
            Self::Laws => "Luật",
        }
    }

    /// What is filled in of an item.
    pub fn columns(self) -> &'static [Column] {
        const FIELDS: &[Column] = &[
            SLUG,
            LABEL,
            ENGLISH,
            column(
                "keywords",
                "Từ khóa",
                Shape::Lines,
                "Mỗi dòng một cụm từ mà bài thuộc lĩnh vực này dùng, không lặp lại.",
            ),
            column(
                "hints",
                "Từ gợi ý",
                Shape::Lines,
                "Mỗi dòng một cụm từ mà bài khác cũng dùng; tính chưa đến một nửa.",
            ),
            column(
                "forms",
                "Hình thức",
                Shape::Lines,
                "Mỗi dòng một hình thức tuyên truyền, như “phiên tòa giả định”.",
            ),
        ];
        const AUDIENCES: &[Column] = &[
            SLUG,
            LABEL,
            ENGLISH,
            column(
                "law",
                "Căn cứ",
                Shape::Optional,
                "Điều luật nêu nhóm này; có thể để trống.",
            ),
            CUES,
        ];
        const SITUATIONS: &[Column] = &[
            column(
                "group",
                "Nhóm",
                Shape::Text,
                "Tên trong địa chỉ của một nhóm đã có.",
            ),
            SLUG,
            LABEL,
            CUES,
        ];
        const SYNONYMS: &[Column] = &[
            column(
                "term",
                "Từ thường dùng",
                Shape::Text,
                "Như “sổ đỏ”; mỗi cặp từ một lần.",
            ),
            column(
                "legal",
                "Từ trong luật",
                Shape::Text,
                "Như “giấy chứng nhận quyền sử dụng đất”.",
            ),
            column(
                "kind",
                "Loại",
                Shape::Text,
                "Một trong: colloquial (nói thường ngày), abbr (viết tắt), spelling (cách viết), renamed (đổi tên), formal (trang trọng).",
            ),
            column("note", "Ghi chú", Shape::Optional, "Có thể để trống."),
        ];
        const LAWS: &[Column] = &[
            column(
                "number",
                "Số hiệu",
                Shape::Optional,
                "Như “31/2024/QH15”; mỗi số một lần.",
            ),
            column("title", "Tên luật", Shape::Text, "Như “Luật Đất đai”."),
            column("year", "Năm", Shape::Number, "Từ 1945 đến 2100."),
            column(
                "effective",
                "Ngày có hiệu lực",
                Shape::Optional,
                "Dạng 2024-08-01; có thể để trống.",
            ),
            column(
                "aliases",
                "Tên khác",
                Shape::Lines,
                "Mỗi dòng một tên, như “BLDS”.",
            ),
            column(
                "field",
                "Lĩnh vực",
                Shape::Optional,
                "Tên trong địa chỉ của một lĩnh vực đã có.",
            ),
            column(
                "replaced_by",
                "Được thay bằng",
                Shape::Optional,
                "Số hiệu của một luật trong danh sách; có thể để trống.",
            ),
        ];
        match self {
            Self::Fields => FIELDS,
            Self::Audiences => AUDIENCES,
            Self::Situations => SITUATIONS,
            Self::Synonyms => SYNONYMS,
            Self::Laws => LAWS,
        }
    }

    fn key(self, row: &Map<String, Value>) -> String {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        match self {
            Self::Fields | Self::Audiences | Self::Situations => text("slug").to_owned(),
            Self::Synonyms => format!("{} → {}", text("term"), text("legal")),
            Self::Laws => match text("number") {
                "" => format!("{} {}", text("title"), row["year"]),
                number => number.to_owned(),
            },
        }
    }

    fn title(self, row: &Map<String, Value>) -> String {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        match self {
            Self::Fields | Self::Audiences | Self::Situations => text("label").to_owned(),
            Self::Synonyms => self.key(row),
            Self::Laws => format!("{} {}", text("title"), row["year"]),
        }
    }

    fn item(self, row: Map<String, Value>) -> Item {
        Item {
            key: self.key(&row),
            title: self.title(&row),
            row,
        }
    }

    /// All items, in the vocabulary's order.
    pub fn items(self, vocabulary: &Vocabulary) -> Vec<Item> {
        let rows = match self {
            Self::Fields => rows(&vocabulary.fields),
            Self::Audiences => rows(&vocabulary.audiences),
            Self::Synonyms => rows(&vocabulary.synonyms),
            Self::Laws => rows(&vocabulary.laws),
            Self::Situations => {
                let groups = vocabulary.situations.iter();
                let of_group = |group: &files::SituationGroup| {
                    let mut items = rows(&group.items);
                    for item in &mut items {
                        item.insert("group".to_owned(), json!(group.slug));
                    }
                    items
                };
                groups.flat_map(of_group).collect()
            }
        };
        rows.into_iter().map(|row| self.item(row)).collect()
    }

    /// The item that this key names.
    pub fn find(self, vocabulary: &Vocabulary, key: &str) -> Option<Item> {
        let mut items = self.items(vocabulary).into_iter();
        items.find(|item| item.key == key)
    }

    /// The vocabulary with an item changed, added where no `key` is given, or removed where no `texts` are; or what is wrong.
    pub fn edit(
        self,
        vocabulary: &Vocabulary,
        key: Option<&str>,
        texts: Option<&BTreeMap<&str, String>>,
    ) -> Result<Vocabulary, Vec<Wrong>> {
        let mut items = self.items(vocabulary);
        let at = key.and_then(|key| items.iter().position(|item| item.key == key));
        match texts {
            None => {
                if let Some(at) = at {
                    items.remove(at);
                }
            }
            Some(texts) => {
                let item = self.item(self.row(texts)?);
                let twice = items.iter().enumerate();
                let mut twice = twice.filter(|(other, _)| Some(*other) != at);
                if twice.any(|(_, other)| other.key == item.key) {
                    let column = match self {
                        Self::Situations => "slug",
                        part => part.columns()[0].name,
                    };
                    return Err(vec![wrong(column, format!("Đã có mục “{}”.", item.key))]);
                }
                match at {
                    Some(at) => items[at] = item,
                    None => items.push(item),
                }
            }
        }
        let edited = self.rebuilt(vocabulary, items)?;
        self.check(&edited, texts)?;
        Ok(edited)
    }

    /// What was typed, as a row.
    fn row(self, texts: &BTreeMap<&str, String>) -> Result<Map<String, Value>, Vec<Wrong>> {
        let mut row = Map::new();
        for column in self.columns() {
            let text = texts.get(column.name).map_or("", |text| text.trim());
            let value = match column.shape {
                Shape::Text => json!(text),
                Shape::Optional if text.is_empty() => Value::Null,
                Shape::Optional => json!(text),
                Shape::Lines => {
                    let lines = text.lines().map(str::trim);
                    json!(lines.filter(|line| !line.is_empty()).collect::<Vec<_>>())
                }
                Shape::Number => {
                    let number: Result<i32, _> = text.parse();
                    json!(number.map_err(|_| vec![wrong(column.name, column.rule.to_owned())])?)
                }
            };
            row.insert(column.name.to_owned(), value);
        }
        Ok(row)
    }

    fn rebuilt(self, vocabulary: &Vocabulary, items: Vec<Item>) -> Result<Vocabulary, Vec<Wrong>> {
        let mut edited = vocabulary.clone();
        let rows = items.into_iter().map(|item| item.row);
        match self {
            Self::Fields => edited.fields = typed(rows)?,
            Self::Audiences => edited.audiences = typed(rows)?,
            Self::Synonyms => edited.synonyms = typed(rows)?,
            Self::Laws => edited.laws = typed(rows)?,
            Self::Situations => {
                for group in &mut edited.situations {
                    group.items.clear();
                }
                for mut row in rows {
                    let slug = row.remove("group").unwrap_or_default();
                    let mut groups = edited.situations.iter_mut();
                    let Some(group) = groups.find(|group| json!(group.slug) == slug) else {
                        let known = vocabulary.situations.iter();
                        let known: Vec<&str> = known.map(|group| group.slug.as_str()).collect();
                        let told = format!("Không có nhóm này. Các nhóm: {}.", known.join(", "));
                        return Err(vec![wrong("group", told)]);
                    };
                    group.items.extend(typed([row].into_iter())?);
                }
            }
        }
        Ok(edited)
    }

    /// What the check of the files finds.
    fn check(
        self,
        edited: &Vocabulary,
        texts: Option<&BTreeMap<&str, String>>,
    ) -> Result<(), Vec<Wrong>> {
        let Err(errors) = check(edited) else {
            return Ok(());
        };
        let told = |error: &RowError| {
            let name = error.column.rsplit('.').next().unwrap_or_default();
            let of_part = |column: &&Column| column.name == name;
            let own = self.columns().iter().find(of_part);
            let own = own.filter(|_| texts.is_some() && self.is_about(error));
            match own {
                Some(column) => wrong(column.name, told_of(column, &error.found)),
                None => Wrong {
                    column: None,
                    told: format!(
                        "Mục khác còn cần nó: {}, dòng {}, {}: “{}”.",
                        error.file, error.row, error.column, error.found
                    ),
                },
            }
        };
        Err(errors.iter().map(told).collect())
    }

    fn is_about(self, error: &RowError) -> bool {
        let list = match self {
            Self::Fields => "fields.",
            Self::Audiences => "audiences.",
            Self::Situations => "situations.items.",
            Self::Synonyms => return error.file == "synonyms.tsv",
            Self::Laws => return error.file == "laws.tsv",
        };
        error.column.starts_with(list)
    }

    /// What differs between two states of an item, one sentence for each column.
    pub fn differences(self, old: &Item, new: &Item) -> Vec<String> {
        let differs = |column: &&Column| old.row.get(column.name) != new.row.get(column.name);
        let columns = self.columns().iter().filter(differs);
        let told = |column: &Column| match column.shape {
            Shape::Lines => {
                let (before, after) = (old.text(column), new.text(column));
                let missing = |of: &str, other: &str| {
                    let other: Vec<&str> = other.lines().collect();
                    let gone = of.lines().filter(|line| !other.contains(line));
                    gone.map(|line| format!("“{line}”"))
                        .collect::<Vec<_>>()
                        .join(", ")
                };
                let (added, removed) = (missing(&after, &before), missing(&before, &after));
                let parts = [("thêm", added), ("bỏ", removed)];
                let parts = parts.iter().filter(|(_, which)| !which.is_empty());
                let parts: Vec<String> = parts
                    .map(|(what, which)| format!("{what} {which}"))
                    .collect();
                if parts.is_empty() {
                    format!("{}: đổi thứ tự", column.label)
                } else {
                    format!("{}: {}", column.label, parts.join("; "))
                }
            }
            _ => format!(
                "{}: “{}” → “{}”",
                column.label,
                old.text(column),
                new.text(column)
            ),
        };
        columns.map(told).collect()
    }
}

impl Item {
    /// What stands in a column, several one on a line.
    pub fn text(&self, column: &Column) -> String {
        match self.row.get(column.name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(lines)) => {
                let lines = lines.iter().filter_map(Value::as_str);
                lines.collect::<Vec<_>>().join("\n")
            }
            Some(other) => other.to_string(),
        }
    }

    /// The item as JSON.
    pub fn to_json(&self) -> Value {
        Value::Object(self.row.clone())
    }
}

/// What the check of the vocabulary's files finds in it.
pub fn check(vocabulary: &Vocabulary) -> Result<(), Vec<RowError>> {
    let written = files::write(vocabulary);
    let read = files::read(&Files {
        taxonomy: written.taxonomy.as_bytes(),
        laws: written.laws.as_bytes(),
        synonyms: written.synonyms.as_bytes(),
        stopwords: written.stopwords.as_bytes(),
    });
    read.map(drop)
}

fn wrong(column: &'static str, told: String) -> Wrong {
    Wrong {
        column: Some(column),
        told,
    }
}

fn told_of(column: &Column, found: &str) -> String {
    if found.is_empty() {
        format!("Chưa điền. {}", column.rule)
    } else {
        format!("“{found}” chưa đúng. {}", column.rule)
    }
}

fn rows<T: Serialize>(all: &[T]) -> Vec<Map<String, Value>> {
    let rows = all.iter().map(|one| json!(one));
    rows.filter_map(|row| match row {
        Value::Object(row) => Some(row),
        _ => None,
    })
    .collect()
}

fn typed<T: DeserializeOwned>(
    rows: impl Iterator<Item = Map<String, Value>>,
) -> Result<Vec<T>, Vec<Wrong>> {
    let typed = rows.map(|row| serde_json::from_value(Value::Object(row)));
    typed.collect::<Result<_, _>>().map_err(|error| {
        vec![Wrong {
            column: None,
            told: format!("Mục này không đọc được: {error}."),
        }]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(part: Part, item: &Item) -> BTreeMap<&'static str, String> {
        let columns = part.columns().iter();
        columns
            .map(|column| (column.name, item.text(column)))
            .collect()
    }

    #[test]
    fn every_item_comes_back_as_it_was() {
        let vocabulary = files::starting().unwrap();
        for part in Part::ALL {
            let items = part.items(&vocabulary);
            assert!(!items.is_empty(), "{part:?}");
            for at in [0, items.len() / 2, items.len() - 1] {
                let item = &items[at];
                let again = part.edit(&vocabulary, Some(&item.key), Some(&texts(part, item)));
                assert_eq!(again.unwrap(), vocabulary, "{part:?} {}", item.key);
            }
        }
    }

    #[test]
    fn items_are_added_changed_and_removed() {
        let vocabulary = files::starting().unwrap();
        let part = Part::Synonyms;
        let added = BTreeMap::from([
            ("term", "bìa đỏ mới".to_owned()),
            ("legal", "giấy chứng nhận quyền sử dụng đất".to_owned()),
            ("kind", "colloquial".to_owned()),
            ("note", String::new()),
        ]);
        let more = part.edit(&vocabulary, None, Some(&added)).unwrap();
        assert_eq!(more.synonyms.len(), vocabulary.synonyms.len() + 1);
        let key = part.items(&more).pop().unwrap().key;
        let twice = part.edit(&more, None, Some(&added)).unwrap_err();
        assert_eq!(twice[0].column, Some("term"));
        let mut changed = added.clone();
        changed.insert("note", "phía Bắc".to_owned());
        let after = part.edit(&more, Some(&key), Some(&changed)).unwrap();
        let (old, new) = (part.find(&more, &key), part.find(&after, &key));
        let told = part.differences(&old.unwrap(), &new.unwrap());
        assert_eq!(told, ["Ghi chú: “” → “phía Bắc”"]);
        assert_eq!(part.edit(&after, Some(&key), None).unwrap(), vocabulary);
    }

    #[test]
    fn what_is_wrong_stands_beside_its_column() {
        let vocabulary = files::starting().unwrap();
        let field = &Part::Fields.items(&vocabulary)[0];
        for (part, item, column, text) in [
            (Part::Fields, field, "slug", "Đất đai"),
            (Part::Fields, field, "label", ""),
            (Part::Fields, field, "keywords", "a b\na b"),
            (
                Part::Laws,
                &Part::Laws.items(&vocabulary)[1],
                "year",
                "năm nay",
            ),
            (
                Part::Laws,
                &Part::Laws.items(&vocabulary)[1],
                "field",
                "khong-co",
            ),
            (
                Part::Synonyms,
                &Part::Synonyms.items(&vocabulary)[0],
                "kind",
                "x",
            ),
            (
                Part::Situations,
                &Part::Situations.items(&vocabulary)[0],
                "group",
                "x",
            ),
        ] {
            let mut typed = texts(part, item);
            typed.insert(column, text.to_owned());
            let wrong = part
                .edit(&vocabulary, Some(&item.key), Some(&typed))
                .unwrap_err();
            let columns: Vec<_> = wrong.iter().filter_map(|wrong| wrong.column).collect();
            assert!(columns.contains(&column), "{part:?} {column}: {wrong:?}");
        }
        let removed = Part::Fields.edit(&vocabulary, Some(&field.key), None);
        if let Err(wrong) = removed {
            assert!(
                wrong.iter().all(|wrong| wrong.column.is_none()),
                "{wrong:?}"
            );
        }
    }
}
