//! The vocabulary one item at a time, as people edit it in the console: as texts by column, checked by the same code as files.

mod columns;

pub use columns::{Column, Part, Shape};

use std::collections::BTreeMap;

use law::vocabulary::{self as files, Files, RowError, Vocabulary};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

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

impl Part {
    fn key(self, row: &Map<String, Value>) -> String {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        match self {
            Self::Fields
            | Self::Audiences
            | Self::Groups
            | Self::Situations
            | Self::DocumentTypes => text("slug").to_owned(),
            Self::Issuers => text("abbr").to_owned(),
            Self::Stopwords => text("word").to_owned(),
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
            Self::Fields
            | Self::Audiences
            | Self::Groups
            | Self::Situations
            | Self::DocumentTypes => text("label").to_owned(),
            Self::Issuers => format!("{} ({})", text("label"), text("abbr")),
            Self::Synonyms | Self::Stopwords => self.key(row),
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
            Self::DocumentTypes => rows(&vocabulary.document_types),
            Self::Issuers => rows(&vocabulary.issuers),
            Self::Stopwords => {
                let words = vocabulary.stopwords.iter();
                words
                    .map(|word| Map::from_iter([("word".to_owned(), json!(word))]))
                    .collect()
            }
            // Their situations are a part of their own.
            Self::Groups => {
                let mut groups = rows(&vocabulary.situations);
                for group in &mut groups {
                    group.remove("items");
                }
                groups
            }
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
                    self.check_removed(vocabulary, at)?;
                    items.remove(at);
                }
            }
            Some(texts) => {
                let item = self.item(self.row(texts)?);
                let twice = items.iter().enumerate();
                let mut twice = twice.filter(|(other, _)| Some(*other) != at);
                if twice.any(|(_, other)| other.key == item.key) {
                    let named = self.columns().iter();
                    let mut named = named.filter(|column| column.name == "slug");
                    let column = named.next().unwrap_or(&self.columns()[0]).name;
                    return Err(vec![wrong(column, format!("Đã có mục “{}”.", item.key))]);
                }
                match at {
                    Some(at) => items[at] = item,
                    None => items.push(item),
                }
            }
        }
        let removed = at.filter(|_| texts.is_none());
        let edited = self.rebuilt(vocabulary, items, removed)?;
        self.check(&edited, texts)?;
        Ok(edited)
    }

    /// Whether nothing within the item would go with it.
    fn check_removed(self, vocabulary: &Vocabulary, at: usize) -> Result<(), Vec<Wrong>> {
        let group = vocabulary.situations.get(at);
        let inside = group.map_or(0, |group| group.items.len());
        if self == Self::Groups && inside > 0 {
            return Err(vec![Wrong {
                column: None,
                told: format!(
                    "Nhóm còn {inside} tình huống: hãy chuyển sang nhóm khác hoặc bỏ chúng trước."
                ),
            }]);
        }
        Ok(())
    }

    /// What was typed, as a row.
    fn row(self, texts: &BTreeMap<&str, String>) -> Result<Map<String, Value>, Vec<Wrong>> {
        let mut row = Map::new();
        for column in self.columns() {
            let text = texts.get(column.name).map_or("", |text| text.trim());
            let value = match column.shape {
                Shape::Optional | Shape::OptionalOf(_) if text.is_empty() => Value::Null,
                Shape::Text
                | Shape::Optional
                | Shape::OneOf(_)
                | Shape::Of(_)
                | Shape::OptionalOf(_) => json!(text),
                Shape::YesNo => json!(text == "true"),
                Shape::Lines | Shape::SeveralOf(_) => {
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

    /// The vocabulary with these items, which are in the order of the present ones without the removed one, and new ones at the end.
    fn rebuilt(
        self,
        vocabulary: &Vocabulary,
        items: Vec<Item>,
        removed: Option<usize>,
    ) -> Result<Vocabulary, Vec<Wrong>> {
        let mut edited = vocabulary.clone();
        let rows = items.into_iter().map(|item| item.row);
        match self {
            Self::Fields => edited.fields = typed(rows)?,
            Self::Audiences => edited.audiences = typed(rows)?,
            Self::Synonyms => edited.synonyms = typed(rows)?,
            Self::Laws => edited.laws = typed(rows)?,
            Self::DocumentTypes => edited.document_types = typed(rows)?,
            Self::Issuers => edited.issuers = typed(rows)?,
            Self::Stopwords => {
                let words = rows.filter_map(|mut row| row.remove("word"));
                let words = words.filter_map(|word| word.as_str().map(str::to_owned));
                edited.stopwords = words.collect();
            }
            Self::Groups => {
                let mut kept = vocabulary.situations.iter().enumerate();
                let kept = kept.by_ref().filter(|(at, _)| Some(*at) != removed);
                let inside = kept.map(|(_, group)| json!(group.items));
                let inside = inside.chain(std::iter::repeat(json!([])));
                edited.situations = typed(rows.zip(inside).map(|(mut row, inside)| {
                    row.insert("items".to_owned(), inside);
                    row
                }))?;
            }
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
        let errors = match check(edited) {
            Err(errors) => errors,
            Ok(read) if read == *edited => return Ok(()),
            Ok(_) => {
                return Err(vec![Wrong {
                    column: None,
                    told: "Có chữ không ghi được vào tệp từ vựng: dấu “#” ở đầu, hoặc dấu “;” trong một tên. Hãy viết khác đi.".to_owned(),
                }]);
            }
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
                    told: told_elsewhere(error),
                },
            }
        };
        Err(errors.iter().map(told).collect())
    }

    fn is_about(self, error: &RowError) -> bool {
        let list = match self {
            Self::Fields => "fields.",
            Self::Audiences => "audiences.",
            Self::Groups => {
                return error.column.starts_with("situations.")
                    && !error.column.starts_with("situations.items.");
            }
            Self::Situations => "situations.items.",
            Self::DocumentTypes => "document_types.",
            Self::Issuers => "issuers.",
            Self::Synonyms => return error.file == "synonyms.tsv",
            Self::Laws => return error.file == "laws.tsv",
            Self::Stopwords => return error.file == "stopwords.txt",
        };
        error.column.starts_with(list)
    }

    /// What differs between two states of an item, one sentence for each column.
    pub fn differences(self, old: &Item, new: &Item) -> Vec<String> {
        let differs = |column: &&Column| old.row.get(column.name) != new.row.get(column.name);
        let columns = self.columns().iter().filter(differs);
        let told = |column: &Column| match column.shape {
            Shape::Lines | Shape::SeveralOf(_) => {
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
                old.told(column),
                new.told(column)
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

    /// The same as people read it.
    pub fn told(&self, column: &Column) -> String {
        let text = self.text(column);
        let choices = column.shape.choices();
        let chosen = choices.iter().find(|(value, _)| *value == text);
        chosen.map_or(text, |(_, label)| (*label).to_owned())
    }

    /// All of its texts.
    pub fn texts(&self) -> Vec<&str> {
        let values = self.row.values().flat_map(|value| match value {
            Value::Array(lines) => lines.iter().collect(),
            other => vec![other],
        });
        let texts = values.filter_map(Value::as_str);
        texts.chain([self.title.as_str()]).collect()
    }

    /// The item as JSON.
    pub fn to_json(&self) -> Value {
        Value::Object(self.row.clone())
    }
}

/// The vocabulary as its files give it back, or what their check finds in it.
pub fn check(vocabulary: &Vocabulary) -> Result<Vocabulary, Vec<RowError>> {
    let written = files::write(vocabulary);
    files::read(&Files {
        taxonomy: written.taxonomy.as_bytes(),
        laws: written.laws.as_bytes(),
        synonyms: written.synonyms.as_bytes(),
        stopwords: written.stopwords.as_bytes(),
    })
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

/// What a change makes wrong with another item.
fn told_elsewhere(error: &RowError) -> String {
    let name = error.column.rsplit('.').next().unwrap_or_default();
    let part = Part::ALL.into_iter().find(|part| part.is_about(error));
    let column = part.and_then(|part| {
        let mut columns = part.columns().iter();
        columns.find(|column| column.name == name)
    });
    match part.zip(column) {
        Some((part, column)) => format!(
            "Mục khác còn cần nó: {}, cột {}: “{}” ({}, dòng {}).",
            part.label(),
            column.label,
            error.found,
            error.file,
            error.row
        ),
        None => format!("{error}"),
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
mod tests;
