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
                Shape::Optional if text.is_empty() => Value::Null,
                Shape::Text | Shape::Optional => json!(text),
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
mod tests;
