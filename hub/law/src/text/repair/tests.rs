use unicode_normalization::UnicodeNormalization;

use super::*;

/// Vowels without a tone and with each: huyền, hỏi, ngã, sắc, nặng.
const VOWELS: [[&str; 6]; 12] = [
    ["a", "à", "ả", "ã", "á", "ạ"],
    ["ă", "ằ", "ẳ", "ẵ", "ắ", "ặ"],
    ["â", "ầ", "ẩ", "ẫ", "ấ", "ậ"],
    ["e", "è", "ẻ", "ẽ", "é", "ẹ"],
    ["ê", "ề", "ể", "ễ", "ế", "ệ"],
    ["i", "ì", "ỉ", "ĩ", "í", "ị"],
    ["o", "ò", "ỏ", "õ", "ó", "ọ"],
    ["ô", "ồ", "ổ", "ỗ", "ố", "ộ"],
    ["ơ", "ờ", "ở", "ỡ", "ớ", "ợ"],
    ["u", "ù", "ủ", "ũ", "ú", "ụ"],
    ["ư", "ừ", "ử", "ữ", "ứ", "ự"],
    ["y", "ỳ", "ỷ", "ỹ", "ý", "ỵ"],
];

const TCVN3: [&str; 12] = [
    "a µ ¶ · ¸ ¹",
    "¨ » ¼ ½ ¾ Æ",
    "© Ç È É Ê Ë",
    "e Ì Î Ï Ð Ñ",
    "ª Ò Ó Ô Õ Ö",
    "i × Ø Ü Ý Þ",
    "o ß á â ã ä",
    "« å æ ç è é",
    "¬ ê ë ì í î",
    "u ï ñ ò ó ô",
    "\u{ad} õ ö ÷ ø ù",
    "y ú û ü ý þ",
];

const VNI: [&str; 12] = [
    "a aø aû aõ aù aï",
    "aê aè aú aü aé aë",
    "aâ aà aå aã aá aä",
    "e eø eû eõ eù eï",
    "eâ eà eå eã eá eä",
    "i ì æ ó í ò",
    "o oø oû oõ où oï",
    "oâ oà oå oã oá oä",
    "ô ôø ôû ôõ ôù ôï",
    "u uø uû uõ uù uï",
    "ö öø öû öõ öù öï",
    "y yø yû yõ yù î",
];

/// What windows-1258 makes of a vowel, and the tone behind it, both read as windows-1252.
const WINDOWS_1258: [&str; 12] = ["a", "ã", "â", "e", "ê", "i", "o", "ô", "õ", "u", "ý", "y"];
const TONES: [&str; 6] = ["", "Ì", "Ò", "Þ", "ì", "ò"];

/// A letter's row and tone, and whether it is a capital.
fn place(letter: char) -> Option<(usize, usize, bool)> {
    let small: String = letter.to_lowercase().collect();
    VOWELS.iter().enumerate().find_map(|(row, tones)| {
        let tone = tones.iter().position(|vowel| *vowel == small)?;
        Some((row, tone, small != letter.to_string()))
    })
}

fn tcvn3(text: &str) -> String {
    let letter = |letter: char| match (letter, place(letter)) {
        ('đ', _) => "®".to_owned(),
        ('Đ', _) => "§".to_owned(),
        (_, Some((row @ (1 | 2 | 4 | 7 | 8 | 10), 0, true))) => {
            let capital = [1, 2, 4, 7, 8, 10]
                .iter()
                .position(|at| *at == row)
                .unwrap();
            "¡¢£¤¥¦".chars().nth(capital).unwrap().to_string()
        }
        (_, Some((row, tone, _))) if !letter.is_ascii() => {
            TCVN3[row].split(' ').nth(tone).unwrap().to_owned()
        }
        _ => letter.to_string(),
    };
    text.nfc().map(letter).collect()
}

fn vni(text: &str) -> String {
    let letter = |letter: char| match (letter, place(letter)) {
        ('đ', _) => "ñ".to_owned(),
        ('Đ', _) => "Ñ".to_owned(),
        (_, Some((row, tone, capital))) => {
            let code = VNI[row].split(' ').nth(tone).unwrap();
            if capital {
                code.to_uppercase()
            } else {
                code.to_owned()
            }
        }
        _ => letter.to_string(),
    };
    text.nfc().map(letter).collect()
}

/// With the letters that windows-1258 has in one, or every tone apart.
fn windows_1258(text: &str, composed: bool) -> String {
    let letter = |letter: char| match (letter, place(letter)) {
        ('đ', _) => "ð".to_owned(),
        ('Đ', _) => "Ð".to_owned(),
        (_, Some((row, tone, capital))) => {
            if composed && "àáèéíóùúÀÁÈÉÍÓÙÚ".contains(letter) {
                return letter.to_string();
            }
            let base = WINDOWS_1258[row];
            let base = if capital {
                base.to_uppercase()
            } else {
                base.to_owned()
            };
            base + TONES[tone]
        }
        _ => letter.to_string(),
    };
    text.nfc().map(letter).collect()
}

/// UTF-8 read as windows-1252, or as Latin-1.
fn misread(text: &str, latin_1: bool) -> String {
    let specials: Vec<char> = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ"
        .chars()
        .collect();
    text.bytes()
        .map(|byte| match byte {
            0x80..=0x9f if !latin_1 => specials[usize::from(byte - 0x80)],
            _ => char::from(byte),
        })
        .collect()
}

type Encoder = fn(&str) -> String;

const ENCODERS: [(&str, Encoding, Encoder); 7] = [
    ("TCVN3", Encoding::Tcvn3, tcvn3),
    ("VNI", Encoding::Vni, vni),
    ("windows-1258", Encoding::Windows1258, |text| {
        windows_1258(text, true)
    }),
    ("windows-1258, tones apart", Encoding::Windows1258, |text| {
        windows_1258(text, false)
    }),
    ("UTF-8 as windows-1252", Encoding::Utf8, |text| {
        misread(text, false)
    }),
    ("UTF-8 as Latin-1", Encoding::Utf8, |text| {
        misread(text, true)
    }),
    ("UTF-8 as windows-1252 twice", Encoding::Utf8, |text| {
        misread(&misread(text, false), false)
    }),
];

/// Titles, summaries and some bodies (without their tags) of the sample entries.
fn samples() -> [Vec<String>; 3] {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/domain/corpus.jsonl"
    );
    let entries = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("the sample entries must stand at {path}: {error}"));
    let mut samples = [const { Vec::new() }; 3];
    for line in entries.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let body = entry["body_html"].as_str().unwrap();
        let text: String = body
            .split('<')
            .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
            .collect::<Vec<_>>()
            .join(" ");
        samples[0].push(entry["title"].as_str().unwrap().to_owned());
        samples[1].push(entry["summary"].as_str().unwrap().to_owned());
        // Every third body: they are long, and much alike.
        if samples[0].len() % 3 == 0 {
            samples[2].push(text);
        }
    }
    samples
}

const FOREIGN: [&str; 44] = [
    "Le décret n° 2013-28 a été publié après délibération du Conseil d’État.",
    "Né à Orléans, élève doué, il a été reçu où l’on sait : « très bien ».",
    "Bébé né, thé glacé, café fermé.",
    "L’été dernier, la forêt a brûlé ; l’hôtel et le château aussi.",
    "Ça y est, Noël approche, naïve Zoé !",
    "Thé vert à la française, crème brûlée, pâté, rôti, où, là, ô",
    "«ami» «on» «la» «ai»",
    "A coração, não, são, mãe, pão, irmã, lã, maçã e avó.",
    "Há só três lições: é, à, às, dó, pó, cá, lá, nós, vós.",
    "A educação jurídica é um direito de todos os cidadãos; põe-se a questão.",
    "São Tomé e Príncipe já pôs à disposição três milhões.",
    "O avô e a avó têm água, pão e café.",
    "El niño comió piña en España; ¿cuántos años tenía? ¡Sí, él también!",
    "La ley n.º 14 entró en vigor el día 1.º; según él, sí, aún más.",
    "Aún así él dio té, sé qué más dé tú, mi.",
    "José, María, Andrés y Raúl: ¿dónde está la raíz del país?",
    "Der Gesetzgeber ändert das Gesetz über die Öffentlichkeit; groß, schön, für Köln.",
    "«Gruß» aus München, Füße, Mädchen, Äpfel, Übermut, „Maß“ und »Spaß« heißen so.",
    "Ö, Ä, Ü: die Größe der Tür hört man.",
    "Può darsi che ciò sia più utile: perché no? Così è, però.",
    "Ciò può, ciò può, giù, già, là, più",
    "Città, università, libertà: è la verità, sì.",
    "Ärlig talat är det på åtta öar, så går det.",
    "På øen går små børn; også år får råd.",
    "Hyvää päivää, mitä kuuluu? Sää on hyvä, tämä yö on lämmin.",
    "Við erum á Íslandi og það er gott að búa þar; ný lög, mánuði síðar.",
    "Või on hea, kõik sõid õuna; mõni lõpp õhtul.",
    "Žluťoučký kůň úpěl ďábelské ódy.",
    "Zażółć gęślą jaźń, proszę.",
    "Árvíztűrő tükörfúrógép, és öt szép őz.",
    "İstanbul’da çok güzel bir gün, öğle yemeği.",
    "Legal education reaches 80 % of the people (© 2024, ® Loa, § 5, 25 °C, 10 m², ±3 µm, ½).",
    "The naïve café façade costs £5 or ¥900; see § 12 and the 1ª edição.",
    "Coca-Cola® and Vinamilk® are marks; µ, ¶ and · are signs « so ».",
    "Đạo luật về đất đai; hoà giải ở cơ sở; Uỷ ban nhân dân xã.",
    "Có gì khó? Cô ấy là cán bộ xã, hãy hỏi.",
    "Là gì, có, hãy, bà, mà, xã, lý, ý, và, cá, cô, tôi, đã",
    "va, la, cho, trong, theo, luat dat dai",
    "Bộ trưởng nói “không” – và đi về… 5 ½ km² · 30 °C",
    "Công ty Nestlé và café Trung Nguyên ở phố Bà Triệu.",
    "Xã hội chủ nghĩa, chỉ có thế; à, ừ, ờ!",
    "Приказ № 5 от 1 мая; ελληνικά; 法律; กฎหมาย; 한국어",
    "",
    "· Mục 1 · Mục 2 « trích » §3",
];

#[test]
fn other_texts_are_left_alone() {
    for text in FOREIGN {
        assert_eq!(repair(text), None, "{text}");
        for word in text.split(' ') {
            assert_eq!(repair(word), None, "{word}");
        }
    }
    for text in samples().iter().flatten() {
        assert_eq!(repair(text), None);
        assert_eq!(
            repair(&text.nfd().collect::<String>()),
            None,
            "decomposed: {text}"
        );
        assert_eq!(repair(&text.to_uppercase()), None);
    }
}

#[test]
fn every_letter_comes_back() {
    let syllables = VOWELS.iter().enumerate().flat_map(|(row, tones)| {
        tones.iter().map(move |vowel| match row {
            10 => format!("b{vowel}ng"),
            11 => format!("k{vowel}"),
            _ => format!("b{vowel}n"),
        })
    });
    for syllable in syllables.chain(["đang".to_owned()]) {
        let text = format!("Luật đất đai và nghị định {syllable} về bồi thường");
        for text in [text.clone(), text.to_uppercase()] {
            for (name, encoding, encode) in ENCODERS {
                let repaired = repair(&encode(&text)).unwrap();
                assert_eq!(repaired.encoding, encoding, "{name} {text}");
                assert_eq!(repaired.text, text, "{name}");
            }
        }
    }
}

#[test]
fn the_sample_entries_come_back() {
    let samples = samples();
    for (name, encoding, encode) in ENCODERS {
        for (kind, least, samples) in [
            ("titles", 0.97, &samples[0]),
            ("summaries", 1.0, &samples[1]),
            ("bodies", 1.0, &samples[2]),
        ] {
            let (mut found, mut exact, mut but_case) = (0, 0, 0);
            let mut confidence = 1.0_f64;
            for text in samples {
                let encoded = encode(text);
                match repair(&encoded) {
                    Some(repaired) if repaired.encoding == encoding => {
                        found += 1;
                        confidence = confidence.min(repaired.confidence);
                        exact += usize::from(repaired.text == *text);
                        let same = repaired.text.to_lowercase() == text.to_lowercase();
                        but_case += usize::from(same);
                        if !same {
                            println!("{name}: {encoded}\n   {}", repaired.text);
                        }
                    }
                    other => println!("{name}, missed: {encoded} {other:?}"),
                }
            }
            let [found, exact, but_case] =
                [found, exact, but_case].map(|count| ratio(count, samples.len()));
            println!(
                "{name}, {kind}: found {found:.4}, exact {exact:.4}, but for case {but_case:.4}, \
                 least confidence {confidence:.2}"
            );
            assert!(
                found >= least && but_case >= least,
                "{name}, {kind}: {found} {but_case}"
            );
        }
    }
}

#[test]
fn capitals_that_the_fonts_hide_are_put_back() {
    for (legacy, unicode) in [
        (
            "CéNG HOµ X· HéI CHñ NGHÜA VIÖT NAM",
            "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        ),
        ("ë c¬ së, tr\u{ad}êng Hµ Néi", "Ở cơ sở, trường Hà Nội"),
        ("LuËt ®Êt ®ai ë Hå ChÝ Minh", "Luật đất đai ở Hồ Chí Minh"),
        ("Q§-UBND vÒ viÖc « t« 10ª", "QĐ-UBND về việc ô tô 10ª"),
    ] {
        assert_eq!(repair(legacy).unwrap().text, unicode);
    }
}

#[test]
fn parts_are_repaired_and_the_rest_is_kept() {
    let good = "Uỷ ban nhân dân xã thông báo: có gì khó, hãy hỏi. ";
    let legacy = "Luật đất đai và nghị định về bồi thường khi thu hồi đất";
    for (name, encoding, encode) in ENCODERS {
        for text in [
            format!("{good}{legacy}"),
            format!("{legacy}. {good}"),
            format!("{good}{legacy}. {good}"),
        ] {
            let mixed = text.replace(legacy, &encode(legacy));
            let repaired = repair(&mixed).unwrap();
            assert_eq!(repaired.text, text, "{name}");
            assert_eq!(repaired.encoding, encoding);
            assert!(
                repaired.share > 0.2 && repaired.share < 0.7,
                "{}",
                repaired.share
            );
        }
    }
}

#[test]
fn ends_of_letters_that_were_lost_are_guessed() {
    let lost = misread("Luật đất đai: bất cứ ai sử dụng và bậc", false).replace('\u{ad}', "");
    let repaired = repair(&lost.replace('\u{a0}', " ")).unwrap();
    assert_eq!(repaired.text, "Luật đất đai: bất cứ ai sử dụng và bậc");
    assert!(repaired.confidence < 0.95);
}

proptest::proptest! {
    #[test]
    fn any_text_is_taken(text in "(\\PC|[a-zéèßáºâ€Ã»µ®©ìòÞýõö ]){0,40}") {
        if let Some(repaired) = repair(&text) {
            assert!((0.0..=1.0).contains(&repaired.confidence), "{repaired:?}");
            assert!((0.0..=1.0).contains(&repaired.share), "{repaired:?}");
        }
    }
}
