use super::*;

fn utf16(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(bytes).collect()
}

#[test]
fn a_list_is_read_as_spreadsheets_write_it() {
    let plain = "Tên đơn vị,Mã,Trực thuộc,Trang chủ,Nguồn tin,Họ tên quản trị,Thư điện tử\n\
                 Sở  Tư pháp,so-tu-phap,,https://stp.vn,https://stp.vn/rss https://stp.vn/atom,Lan,lan@stp.vn\n";
    let tabs = "AGENCY NAME\tSlug\tParent\tHomepage\tFeed URL\tAdministrator\tE-mail\r\n\
                Sở Tư pháp\tso-tu-phap\t\thttps://stp.vn\t\"https://stp.vn/rss\nhttps://stp.vn/atom\"\tLan\tlan@stp.vn\r\n\t\t\t\t\t\t\r\n";
    let semicolons = format!("\u{feff}{}", plain.replace(',', ";"));
    let expected = Row {
        line: 2,
        name: "Sở Tư pháp".to_owned(),
        slug: "so-tu-phap".to_owned(),
        parent: String::new(),
        homepage: "https://stp.vn".to_owned(),
        feeds: vec![
            "https://stp.vn/rss".to_owned(),
            "https://stp.vn/atom".to_owned(),
        ],
        person: "Lan".to_owned(),
        email: "lan@stp.vn".to_owned(),
    };
    for bytes in [
        plain.as_bytes().to_vec(),
        tabs.as_bytes().to_vec(),
        semicolons.as_bytes().to_vec(),
        utf16(plain, u16::to_le_bytes),
        utf16(plain, u16::to_be_bytes),
    ] {
        let list = read(&bytes).unwrap();
        assert_eq!(
            (&list.rows[..], list.remark),
            (&[expected.clone()][..], None)
        );
    }
    let template = read(format!("{}Sở Y tế,,,,,,", template()).as_bytes()).unwrap();
    assert_eq!(template.rows[0].name, "Sở Y tế");
}

#[test]
fn encodings_of_old_are_mended_and_told() {
    // "Tên đơn vị;Mã" and two names, as the fonts of old have them.
    for (bytes, encoding) in [
        (
            &b"T\xaan \xae\xacn v\xde;M\xb7\nS\xeb T\xad ph\xb8p;a\nS\xeb Y t\xd5;b\nUBND x\xb7 H\xb5 Trung;c\n"[..],
            "TCVN3",
        ),
        (
            b"Te\xe2n \xf1\xf4n v\xf2;Ma\xf5\nS\xf4\xfb T\xf6 pha\xf9p;a\nS\xf4\xfb Y te\xe1;b\nUBND xa\xf5 Ha\xf8 Trung;c\n",
            "VNI",
        ),
        (
            b"T\xean \xf0\xf5n vi\xf2;Ma\xde\nS\xf5\xd2 T\xfd pha\xecp;a\nS\xf5\xd2 Y t\xea\xec;b\nUBND xa\xde Ha\xcc Trung;c\n",
            "Windows-1258",
        ),
    ] {
        let read = read(bytes);
        match read {
            Ok(list) => {
                let remark = list.remark.unwrap_or_default();
                assert!(remark.contains(encoding), "{encoding}: {remark}");
                assert_eq!(list.rows[0].name, "Sở Tư pháp", "{encoding}");
                assert_eq!(list.rows[2].name, "UBND xã Hà Trung", "{encoding}");
            }
            Err(error) => panic!("{encoding}: {error}"),
        }
    }
}

#[test]
fn what_is_no_list_is_told_with_what_was_expected() {
    let long = format!("Tên đơn vị\n{}\n", "x".repeat(1_001));
    let many = format!("Tên đơn vị\n{}", "Sở\n".repeat(1_002));
    let large = vec![b'x'; 10 << 20];
    for (bytes, said) in [
        (&b""[..], "Tệp trống"),
        (b"T\xc3\xaan \xc4\x91\xc6\xa1n v\xe1\xbb\x8b\n", "Tệp trống"),
        (b"\xef\xbb\xbf\n\n", "Tệp trống"),
        (b"PK\x03\x04rest", "Sổ tính không đọc được"),
        (b"\xd0\xcf\x11\xe0rest", "Excel cũ"),
        (
            b"ten,fax\nA,1\n",
            "Không có cột “fax”. Dòng đầu phải ghi tên cột: Tên đơn vị, Mã",
        ),
        (b"ten,name\nA,1\n", "Cột “Tên đơn vị” có hai lần"),
        (b"ma\na\n", "Thiếu cột “Tên đơn vị”"),
        (b"ten\nS\xff\xfe\x00\n", "bảng mã"),
        (b"ten\nSo\x00cong an\n", "dòng 2: có ký tự điều khiển"),
        (
            b"ten,ma\n=cmd|'/c calc'!A1,a\n+1,b\n@x,c\n",
            "3 dòng sai, chưa có gì thay đổi: dòng 2: ô “=cmd|",
        ),
        (b"ten\nA,B\n", "dòng 2: có ô thứ 2"),
        (long.as_bytes(), "dài hơn 1000 ký tự"),
        (many.as_bytes(), "hơn 1000 dòng"),
        (&large, "lớn hơn 2 MB"),
        (b"<html><body>403</body></html>", "OPML không đọc được"),
        (b"\xff\xfex", "bảng mã"),
    ] {
        let error = read(bytes).unwrap_err().to_string();
        assert!(error.contains(said), "{said} in {error}");
    }
}

#[test]
fn folders_of_opml_are_agencies() {
    let opml = r#"<opml version="2.0"><body>
        <outline text="Sở Tư pháp"><outline text="Tin" xmlUrl="https://stp.vn/rss" htmlUrl="https://stp.vn"/>
        <outline text="Hỏi đáp" xmlUrl="https://stp.vn/hoi"/></outline>
        <outline text="Công an tỉnh" xmlUrl="https://ca.vn/rss"/></body></opml>"#;
    let list = read(opml.as_bytes()).unwrap();
    let rows: Vec<(&str, usize, &str)> = list
        .rows
        .iter()
        .map(|row| (&*row.name, row.feeds.len(), &*row.homepage))
        .collect();
    assert_eq!(
        rows,
        [("Sở Tư pháp", 2, "https://stp.vn"), ("Công an tỉnh", 1, "")]
    );
}

fn workbook(cells: &[(u32, u16, &str)]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, column, text) in cells {
        match text.strip_prefix('=') {
            Some(formula) => sheet.write_formula(*row, *column, formula).unwrap(),
            None => sheet.write_string(*row, *column, *text).unwrap(),
        };
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_is_read_by_its_first_sheet() {
    let heading = [(0, 0, "Tên đơn vị"), (0, 2, "Mã")];
    let list = |cells: &[(u32, u16, &str)]| read(&workbook(&[&heading[..], cells].concat()));
    let rows = list(&[(1, 0, " Sở  Tư pháp "), (1, 2, "stp"), (3, 0, "Sở Y tế")])
        .unwrap()
        .rows;
    let told: Vec<(u64, &str, &str)> = rows
        .iter()
        .map(|row| (row.line, &*row.name, &*row.slug))
        .collect();
    assert_eq!(told, [(2, "Sở Tư pháp", "stp"), (4, "Sở Y tế", "")]);
    let formula = list(&[(1, 0, "=HYPERLINK(\"x\")")])
        .unwrap_err()
        .to_string();
    assert!(formula.contains("dòng 2: ô “=HYPERLINK"), "{formula}");
    // The last cell that a sheet has: nothing is laid out up to it.
    let far = list(&[(1_048_575, 16_383, "x")]).unwrap_err().to_string();
    assert!(far.contains("dòng 1048576"), "{far}");

    // A file of some kilobytes that unpacks to a hundred megabytes.
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let name = "xl/worksheets/sheet1.xml";
    let options = zip::write::SimpleFileOptions::default();
    bomb.start_file(
        name,
        options.compression_method(zip::CompressionMethod::Deflated),
    )
    .unwrap();
    std::io::copy(
        &mut std::io::Read::take(std::io::repeat(b' '), 100 << 20),
        &mut bomb,
    )
    .unwrap();
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < MAX_FILE);
    let error = read(&bomb).unwrap_err().to_string();
    assert!(error.contains("quá lớn"), "{error}");
}
