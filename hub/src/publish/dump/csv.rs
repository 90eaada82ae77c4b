//! Rows as CSV (RFC 4180): UTF-8, a first line with the columns' names, CRLF, quotes where they are needed.
//!
//! People open these files with spreadsheets, which take a text that begins with `=`, `+`, `-` or `@` for a formula and run it. Texts
//! come from many sites, so such a one gets an apostrophe before it. JSON Lines has every text as it is.

use serde_json::Value;

/// What stands between the parts of a list.
const LIST: &str = "; ";

/// A row's end.
const END: &str = "\r\n";

/// The first line.
pub(super) fn header(columns: &[&str]) -> String {
    columns.join(",") + END
}

/// The line of a row, an object, with the values of `columns`; a point leads into a part: `agency.slug`.
pub(super) fn line(row: &Value, columns: &[&str]) -> String {
    let mut line = String::new();
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        let value = column.split('.').try_fold(row, |row, part| row.get(part));
        push(&mut line, &shown(value.unwrap_or(&Value::Null)));
    }
    line + END
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
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn push(line: &mut String, text: &str) {
    if text.contains([',', '"', '\r', '\n']) {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_are_rfc_4180_and_run_nowhere() {
        let columns = ["id", "title", "agency.slug", "audiences", "files", "none"];
        for (row, expected) in [
            (
                json!({"id": 1, "title": "Luật, \"mới\"\nhai", "agency": {"slug": "so"}, "audiences": ["a", "b"], "files": [{"url": "x"}], "none": null}),
                "1,\"Luật, \"\"mới\"\"\nhai\",so,a; b,x,\r\n",
            ),
            (
                json!({"id": -5, "title": "=HYPERLINK(\"x\")"}),
                "-5,\"'=HYPERLINK(\"\"x\"\")\",,,,\r\n",
            ),
            (
                json!({"title": "- gạch", "audiences": ["+1"]}),
                ",'- gạch,,'+1,,\r\n",
            ),
        ] {
            assert_eq!(line(&row, &columns), expected);
        }
        assert_eq!(header(&columns[..2]), "id,title\r\n");
    }
}
