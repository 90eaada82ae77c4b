//! Every list of the console is searched, filtered, read page by page and taken as a file, as `docs/console.md` says.

use super::*;

/// What stands in the first cells of those rows of the table below a heading that begin with an address.
fn rows_of(heading: &str) -> Vec<(String, Vec<String>)> {
    let docs = include_str!("../../../../../docs/console.md");
    let (_, below) = docs.split_once(heading).unwrap();
    let table = below.lines().skip_while(|line| !line.starts_with('|'));
    let rows = table.take_while(|line| line.starts_with('|'));
    let rows = rows.filter_map(|row| row.strip_prefix("| `/")?.split_once("` |"));
    rows.map(|(path, rest)| {
        let filters = rest.split('`').skip(1).step_by(2);
        (format!("/{path}"), filters.map(str::to_owned).collect())
    })
    .collect()
}

#[tokio::test]
async fn every_list_is_searched_filtered_and_taken_as_a_file() {
    let hub = TestHub::new().await;
    hub.change_silently().await;
    let of_category = NewEntry {
        categories: vec!["Địa chính".to_owned()],
        ..entry("b", "Bài")
    };
    let held = decisions::waiting("c", "Bài chờ", &["cá độ"]);
    hub.harvest(vec![of_category, held], &[]).await;
    let lan = hub.enrol("lan@tinh.vn", None, Role::ProvinceAdmin).await;
    hub.token(&lan, None, TokenScope::ALL).await;
    let answer = hub.receive(b"<rss/>", "text/xml", Outcome::Stored).await;
    let (feed, widget) = (hub.feed.to_string(), hub.widget().await);
    let upload = hub.list_of_nobody().await;
    let guest = hub.signed_in(&lan).await;
    assert_eq!(
        guest.post("/console/ghim", &[("bai", "1")]).await.status,
        303
    );
    let at = |path: &str| {
        path.replace("{agency}", "so-tu-phap")
            .replace("{feed}", &feed)
            .replace("{widget}", &widget)
            .replace("{part}", "dong-nghia")
            .replace("{version}", "1")
            .replace("{upload}", &upload)
            .replace("{answer}", &answer)
            .replace("{entry}", "1")
            .replace("{person}", &lan.id.to_string())
    };
    let lists = rows_of("\n## Lists\n");
    for (list, filters) in &lists {
        let path = at(list);
        let page = guest.get(&format!("{path}?tim=khong+thay")).await;
        assert_eq!(page.status, 200, "{list}: {}", page.body);
        assert!(
            page.body.contains("value=\"khong thay\""),
            "{list}: {}",
            page.body
        );
        for filter in filters {
            let field = format!("name=\"{filter}\"");
            assert!(page.body.contains(&field), "{list} {filter}: {}", page.body);
        }
        assert!(
            !page.body.contains("Tải cả danh sách"),
            "{list} finds what is not there"
        );
        let all = guest.get(&path).await.body;
        for format in ["csv", "xlsx"] {
            let file = format!("?xuat={format}");
            assert!(all.contains(&format!("{path}{file}")), "{list}: {all}");
            let file = guest.get(&format!("{path}{file}")).await;
            assert_eq!(file.status, 200, "{list}: {}", file.body);
            let name = file.header("content-disposition");
            assert!(name.contains(&format!(".{format}\"")), "{list}: {name}");
        }
        let all = guest.get(&format!("{path}?xuat=csv")).await.body;
        assert!(all.lines().count() > 1, "{list} has rows to look at");
        let none = guest.get(&format!("{path}?xuat=csv&tim=khong+thay")).await;
        assert_eq!(none.body.lines().count(), 1, "{list}: {}", none.body);
        let unknown = guest.get(&format!("{path}?xuat=doc")).await;
        assert_eq!(unknown.status, 400, "{list}");
    }

    let few = rows_of("\nOther pages have rows that are few by nature");
    let named: Vec<&String> = lists.iter().chain(&few).map(|(path, _)| path).collect();
    for route in routes() {
        if route.method != "GET" || route.path.contains("{token}") {
            continue;
        }
        let body = guest.get(&at(route.path)).await.body;
        let has_rows = body.contains("class=\"rows\"") || body.contains("<table");
        let is_named = named.iter().any(|path| *path == route.path);
        assert!(is_named || !has_rows, "{} has rows", route.path);
    }
}
