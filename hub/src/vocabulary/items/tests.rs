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

#[test]
fn a_group_keeps_its_situations_and_does_not_go_with_them() {
    let vocabulary = files::starting().unwrap();
    let part = Part::Groups;
    let group = part.items(&vocabulary).remove(1);
    let mut typed = texts(part, &group);
    typed.insert("slug", "ten-moi".to_owned());
    typed.insert("fields", "dat-dai\nhinh-su".to_owned());
    let renamed = part
        .edit(&vocabulary, Some(&group.key), Some(&typed))
        .unwrap();
    let (old, new) = (&vocabulary.situations[1], &renamed.situations[1]);
    assert_eq!((&*new.slug, &new.items), ("ten-moi", &old.items));
    assert_eq!(new.fields, ["dat-dai", "hinh-su"]);
    let moved = Part::Situations.items(&renamed).into_iter();
    let moved = moved.filter(|item| item.text(&Part::Situations.columns()[0]) == "ten-moi");
    assert_eq!(moved.count(), old.items.len());

    let refused = part.edit(&vocabulary, Some(&group.key), None).unwrap_err();
    let told = format!("Nhóm còn {} tình huống", old.items.len());
    assert!(refused[0].told.contains(&told), "{refused:?}");
    typed.insert("slug", "them-nhom".to_owned());
    let more = part.edit(&vocabulary, None, Some(&typed)).unwrap();
    assert_eq!(more.situations.last().unwrap().items, []);
    assert_eq!(
        part.edit(&more, Some("them-nhom"), None).unwrap(),
        vocabulary
    );

    let field = Part::Fields.edit(&vocabulary, Some(&vocabulary.situations[0].fields[0]), None);
    let told = field.unwrap_err().remove(0).told;
    assert!(told.contains("Nhóm tình huống, cột Lĩnh vực"), "{told}");
}

#[test]
fn what_a_file_would_not_give_back_is_refused() {
    let vocabulary = files::starting().unwrap();
    for (part, texts) in [
        (Part::Stopwords, vec![("word", "# nhé")]),
        (
            Part::Synonyms,
            vec![("term", "#x"), ("legal", "y"), ("kind", "abbr")],
        ),
        (
            Part::Laws,
            vec![("title", "Luật X"), ("year", "2020"), ("aliases", "a;b")],
        ),
    ] {
        let texts = texts
            .into_iter()
            .map(|(name, text)| (name, text.to_owned()));
        let wrong = part
            .edit(&vocabulary, None, Some(&texts.collect()))
            .unwrap_err();
        assert!(
            wrong[0].told.contains("không ghi được"),
            "{part:?}: {wrong:?}"
        );
    }
}
