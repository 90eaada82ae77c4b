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
