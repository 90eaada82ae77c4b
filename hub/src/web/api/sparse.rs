//! `fields=`: of each item only the properties that are named.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::error::Error;
use super::openapi;

/// Which properties are given.
#[derive(Debug, Clone)]
pub(super) struct Fields(Option<Vec<String>>);

/// An item with all of its properties, or with some.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Sparse<T> {
    Whole(T),
    Part(Map<String, Value>),
}

impl Fields {
    /// Reads names that are separated by commas; they must be properties of the items of `route`.
    pub(super) fn read(value: Option<&str>, route: &str) -> Result<Self, Error> {
        let Some(value) = value else {
            return Ok(Self(None));
        };
        let known = openapi::properties_of_items(route);
        let wanted: Vec<String> = value
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect();
        if wanted.iter().all(|name| known.contains(name)) {
            return Ok(Self(Some(wanted)));
        }
        Err(Error::BadParameter {
            name: "fields",
            expected: format!("one or more of {}, separated by commas", known.join(", ")),
        })
    }

    /// The item with the properties that are wanted.
    pub(super) fn of<T: Serialize>(&self, item: T) -> Result<Sparse<T>, Error> {
        let Some(wanted) = &self.0 else {
            return Ok(Sparse::Whole(item));
        };
        let Value::Object(mut all) = serde_json::to_value(item)? else {
            return Ok(Sparse::Part(Map::new()));
        };
        all.retain(|name, _| wanted.contains(name));
        Ok(Sparse::Part(all))
    }
}
