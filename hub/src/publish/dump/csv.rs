//! Rows as CSV (RFC 4180): UTF-8, a first line with the columns' names, CRLF, quotes where they are needed.
//!
//! People open these files with spreadsheets, which take a text that begins with `=`, `+`, `-` or `@` for a formula and run it. Texts
//! come from many sites, so such a one gets an apostrophe before it. JSON Lines has every text as it is.

use serde_json::Value;

/// What stands between the parts of a list.
const LIST: &str = "; ";

/// The values of a row, an object, for `columns`; a point leads into a part: `agency.slug`.
pub(super) fn record(row: &Value, columns: &[&str]) -> Vec<String> {
    let value = |column: &&str| {
        let value = column.split('.').try_fold(row, |row, part| row.get(part));
        shown(value.unwrap_or(&Value::Null))
    };
    columns.iter().map(value).collect()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(plain).collect();
            harmless(&items.join(LIST))
        }
        other => other.to_string(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(object) => plain(object.get("url").unwrap_or(&Value::Null)),
        other => other.to_string(),
    }
}

/// The text, so that no spreadsheet takes it for a formula.
fn harmless(text: &str) -> String {
    const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(BEGINNINGS) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_one_value_and_nothing_is_a_formula() {
        let columns = ["id", "title", "agency.slug", "audiences", "files", "none"];
        let row = json!({"id": -5, "title": "=HYPERLINK(\"x\")", "agency": {"slug": "so"}, "audiences": ["a", "b"], "files": [{"url": "x"}], "none": null});
        let expected = ["-5", "'=HYPERLINK(\"x\")", "so", "a; b", "x", ""];
        assert_eq!(record(&row, &columns), expected);
        let row = json!({"title": "- gạch", "audiences": ["+1"], "agency": "so"});
        assert_eq!(record(&row, &columns), ["", "'- gạch", "", "'+1", "", ""]);
    }
}
