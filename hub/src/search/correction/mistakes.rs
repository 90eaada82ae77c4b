//! How Vietnamese is mistyped: letters swapped, dropped, doubled or taken from the next key, letters
//! of the Telex method left over, sounds that a region does not tell apart.

/// Rows of the keyboard, each half a key to the right of the one above.
const KEYBOARD: [&[u8]; 3] = [b"qwertyuiop", b"asdfghjkl", b"zxcvbnm"];
/// Letters that sound alike somewhere, at a syllable's beginning.
const ONSETS: [(&str, &str); 9] = [
    ("ch", "tr"),
    ("s", "x"),
    ("d", "gi"),
    ("d", "r"),
    ("gi", "r"),
    ("l", "n"),
    ("d", "v"),
    ("k", "c"),
    ("ng", "ngh"),
];
/// The same at its end.
const CODAS: [(&str, &str); 5] = [
    ("n", "ng"),
    ("t", "c"),
    ("n", "nh"),
    ("ch", "t"),
    ("m", "p"),
];

/// What may have been meant by a word, with how likely such a mistake is. Only syllables are given.
/// `any` gives every word at a distance of one letter too.
pub(super) fn meant_by(typed: &str, any: bool) -> Vec<(String, f32)> {
    let mut guesses = Guesses {
        typed,
        found: Vec::new(),
    };
    let letters = typed.as_bytes();
    guesses.add(&from_telex(typed), 1.0);
    for at in 0..letters.len() {
        guesses.without(at, extra_letter(letters, at).or(any.then_some(0.4)));
        guesses.swapped(at);
        for letter in b'a'..=b'z' {
            let likely = if are_neighbours(letters[at], letter) {
                Some(0.9)
            } else {
                any.then_some(0.4)
            };
            guesses.replaced(at, letter, likely);
        }
    }
    for at in 0..=letters.len() {
        for letter in b'a'..=b'z' {
            guesses.inserted(at, letter);
        }
    }
    for (one, other) in ONSETS {
        for (from, to) in [(one, other), (other, one)] {
            if let Some(rest) = typed.strip_prefix(from) {
                guesses.add(&format!("{to}{rest}"), 0.9);
            }
        }
    }
    for (one, other) in CODAS {
        for (from, to) in [(one, other), (other, one)] {
            if let Some(rest) = typed.strip_suffix(from) {
                guesses.add(&format!("{rest}{to}"), 0.8);
            }
        }
    }
    guesses.found
}

struct Guesses<'t> {
    typed: &'t str,
    found: Vec<(String, f32)>,
}

impl Guesses<'_> {
    fn add(&mut self, word: &str, likelihood: f32) {
        if word == self.typed || word.len() < 2 || !is_syllable(word) {
            return;
        }
        match self.found.iter_mut().find(|(known, _)| known == word) {
            Some((_, known)) => *known = known.max(likelihood),
            None => self.found.push((word.to_owned(), likelihood)),
        }
    }

    fn without(&mut self, at: usize, likelihood: Option<f32>) {
        if let Some(likelihood) = likelihood {
            let word = [&self.typed[..at], &self.typed[at + 1..]].concat();
            self.add(&word, likelihood);
        }
    }

    fn swapped(&mut self, at: usize) {
        let mut letters = self.typed.as_bytes().to_vec();
        if at + 1 < letters.len() {
            letters.swap(at, at + 1);
            self.add(&String::from_utf8_lossy(&letters), 1.0);
        }
    }

    fn replaced(&mut self, at: usize, letter: u8, likelihood: Option<f32>) {
        if let Some(likelihood) = likelihood {
            let mut letters = self.typed.as_bytes().to_vec();
            letters[at] = letter;
            self.add(&String::from_utf8_lossy(&letters), likelihood);
        }
    }

    fn inserted(&mut self, at: usize, letter: u8) {
        let mut letters = self.typed.as_bytes().to_vec();
        letters.insert(at, letter);
        self.add(&String::from_utf8_lossy(&letters), 0.8);
    }
}

/// Whether one letter more, less or other makes one word of the other, or two that are swapped.
pub(super) fn is_one_apart(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let (short, long) = (short.as_bytes(), long.as_bytes());
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    match (&short[same..], &long[same..]) {
        ([a, b, rest @ ..], [c, d, others @ ..]) if a == d && b == c && rest == others => true,
        ([_, rest @ ..], [_, others @ ..]) if rest == others => true,
        (rest, [_, others @ ..]) => rest == others,
        (_, []) => false,
    }
}

/// How likely the letter at a place is one too many.
fn extra_letter(letters: &[u8], at: usize) -> Option<f32> {
    let letter = letters[at];
    let doubled = at > 0 && letters[at - 1] == letter;
    let beside = |other: Option<&u8>| other.is_some_and(|&other| are_neighbours(other, letter));
    if doubled || matches!(letter, b's' | b'f' | b'r' | b'x' | b'j' | b'w') {
        Some(1.0)
    } else if beside(letters.get(at + 1)) || (at > 0 && beside(letters.get(at - 1))) {
        Some(0.8)
    } else {
        None
    }
}

fn are_neighbours(one: u8, other: u8) -> bool {
    let place = |letter| {
        KEYBOARD
            .iter()
            .enumerate()
            .find_map(|(row, keys)| Some((row, keys.iter().position(|&key| key == letter)?)))
    };
    let (Some((row, column)), Some((other_row, other_column))) = (place(one), place(other)) else {
        return false;
    };
    match other_row.cmp(&row) {
        std::cmp::Ordering::Equal => column.abs_diff(other_column) == 1,
        std::cmp::Ordering::Greater => column == other_column || column == other_column + 1,
        std::cmp::Ordering::Less => column == other_column || column + 1 == other_column,
    }
}

/// The word that the keys stand for in the Telex method, without marks: `ddaast` is `dat`.
fn from_telex(typed: &str) -> String {
    let mut word = String::with_capacity(typed.len());
    for letter in typed.chars() {
        let doubled = matches!(letter, 'a' | 'e' | 'o' | 'd') && word.ends_with(letter);
        let mark = matches!(letter, 's' | 'f' | 'r' | 'x' | 'j' | 'w')
            && word.contains(['a', 'e', 'i', 'o', 'u', 'y']);
        if !doubled && !mark {
            word.push(letter);
        }
    }
    word
}

/// Whether the letters could be a Vietnamese syllable without marks.
pub(in crate::search) fn is_syllable(word: &str) -> bool {
    const BEGINNINGS: [&str; 28] = [
        "ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr", "b", "c", "d", "g", "h",
        "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", "q", "",
    ];
    const MIDDLES: [&str; 45] = [
        "a", "e", "i", "o", "u", "y", "ai", "ao", "au", "ay", "eo", "eu", "ia", "ie", "iu", "oa",
        "oe", "oi", "oo", "ua", "ue", "ui", "uo", "uu", "uy", "ya", "ye", "oai", "oao", "oay",
        "oeo", "uay", "ieu", "uao", "uoi", "uou", "uya", "uye", "uyu", "yeu", "uai", "uau", "uie",
        "ueo", "iai",
    ];
    const ENDS: [&str; 9] = ["ng", "nh", "ch", "c", "m", "n", "p", "t", ""];
    BEGINNINGS.iter().any(|beginning| {
        word.strip_prefix(beginning).is_some_and(|rest| {
            ENDS.iter().any(|end| {
                rest.strip_suffix(end)
                    .is_some_and(|middle| MIDDLES.contains(&middle))
            })
        })
    })
}

/// Every way to put marks on a syllable.
pub(super) fn with_marks(folded: &str) -> Vec<String> {
    let mut shapes = vec![String::new()];
    for letter in folded.chars() {
        let choices: &[char] = match letter {
            'a' => &['a', 'ă', 'â'],
            'e' => &['e', 'ê'],
            'o' => &['o', 'ô', 'ơ'],
            'u' => &['u', 'ư'],
            'd' => &['d', 'đ'],
            _ => &[],
        };
        let mut next = Vec::new();
        for shape in &shapes {
            if choices.is_empty() {
                next.push(format!("{shape}{letter}"));
            }
            next.extend(choices.iter().map(|choice| format!("{shape}{choice}")));
        }
        shapes = next;
    }
    let mut marked = Vec::new();
    for shape in shapes {
        for (at, vowel) in shape.char_indices().filter(|(_, letter)| is_vowel(*letter)) {
            let end = at + vowel.len_utf8();
            for tone in ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'] {
                let toned = [&shape[..end], &tone.to_string(), &shape[end..]].concat();
                marked.push(law::text::normalise(&toned, law::text::Level::Iy));
            }
        }
        marked.push(shape);
    }
    marked
}

fn is_vowel(letter: char) -> bool {
    matches!(
        letter,
        'a' | 'ă' | 'â' | 'e' | 'ê' | 'i' | 'o' | 'ô' | 'ơ' | 'u' | 'ư' | 'y'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_of_the_hand_and_of_the_ear_are_undone() {
        for (typed, meant) in [
            ("tranhh", "tranh"),
            ("trnah", "tranh"),
            ("trah", "tranh"),
            ("trabh", "tranh"),
            ("chanh", "tranh"),
            ("ddaast", "dat"),
            ("phats", "phat"),
            ("nghiem", "nghiep"),
            ("xo", "so"),
        ] {
            let guesses = meant_by(typed, false);
            assert!(
                guesses.iter().any(|(word, _)| word == meant),
                "{typed}: {guesses:?}"
            );
        }
        assert!(meant_by("qwerty", true).is_empty());
    }

    #[test]
    fn one_mistake_is_told_from_two() {
        for near in ["bhx", "bhhx", "hbxh", "bhxhh", "bhxt", "xhxh"] {
            assert!(
                is_one_apart(near, "bhxh") && is_one_apart("bhxh", near),
                "{near}"
            );
        }
        for far in ["bhxh", "bh", "hxbh", "bxhx", "xbxx", ""] {
            assert!(!is_one_apart(far, "bhxh"), "{far}");
        }
    }

    #[test]
    fn every_marked_form_is_tried() {
        for word in ["nghiệp", "đường", "tranh", "thủy", "khuyết"] {
            let folded = law::text::normalise(word, law::text::Level::Fold);
            let word = law::text::normalise(word, law::text::Level::Iy);
            assert!(with_marks(&folded).contains(&word), "{word}");
            assert!(is_syllable(&folded), "{folded}");
        }
        assert!(!is_syllable("zxcv"));
        assert!(!is_syllable("asdfgh"));
    }
}
