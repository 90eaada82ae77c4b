//! Typing errors as fingers make them: one in a word, always the same for the same text.

/// Rows of a keyboard; letters beside each other are mistaken for each other.
const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// Shorter words are not mistyped: nobody could tell what was meant.
const SHORTEST: usize = 4;

/// The text with one error in one of its words; none where all are short. Each `round` gives another.
pub(super) fn with_error(text: &str, round: u64) -> Option<String> {
    let mut chance = Chance::new(text, round);
    let words: Vec<&str> = text.split(' ').collect();
    let long: Vec<usize> = (0..words.len())
        .filter(|&at| {
            let word = words[at];
            word.chars().count() >= SHORTEST && word.chars().all(char::is_alphabetic)
        })
        .collect();
    let chosen = *long.get(chance.below(long.len())?)?;
    let mistyped = mistype(words[chosen], &mut chance)?;
    let words = words.iter().enumerate();
    let words = words.map(|(at, word)| if at == chosen { &mistyped } else { *word });
    Some(words.collect::<Vec<_>>().join(" "))
}

fn mistype(word: &str, chance: &mut Chance) -> Option<String> {
    let mut letters: Vec<char> = word.chars().collect();
    // Which kind of error is possible depends on the letters: the first that is counts.
    let first = chance.below(4)?;
    for kind in (first..4).chain(0..first) {
        let at = chance.below(letters.len())?;
        match kind {
            0 if letters.len() > at + 1 && letters[at] != letters[at + 1] => {
                letters.swap(at, at + 1);
            }
            1 => {
                letters.remove(at);
            }
            2 => letters.insert(at, letters[at]),
            3 => match beside(letters[at]) {
                Some(neighbours) => letters[at] = neighbours[chance.below(neighbours.len())?],
                None => continue,
            },
            _ => continue,
        }
        return Some(letters.into_iter().collect());
    }
    None
}

/// The keys to the left and the right of a letter; none for letters that need several keys.
fn beside(letter: char) -> Option<Vec<char>> {
    let row = ROWS.iter().find(|row| row.contains(letter))?;
    let keys: Vec<char> = row.chars().collect();
    let at = keys.iter().position(|key| *key == letter)?;
    Some(
        at.checked_sub(1)
            .into_iter()
            .chain([at + 1])
            .filter_map(|at| keys.get(at).copied())
            .collect(),
    )
}

/// Numbers that look random and are the same for the same text (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn new(text: &str, round: u64) -> Self {
        let seed = text.bytes().fold(round, |seed, byte| {
            seed.wrapping_mul(31).wrapping_add(byte.into())
        });
        Self(seed)
    }

    /// A number below `limit`; none where there is none.
    fn below(&mut self, limit: usize) -> Option<usize> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let limit = u64::try_from(limit).ok()?;
        usize::try_from(mixed.checked_rem(limit)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_long_word_is_mistyped_and_always_in_the_same_way() {
        let text = "uống bia lái xe máy bị phạt bao nhiêu";
        for round in 0..50 {
            let mistyped = with_error(text, round).unwrap();
            assert_eq!(with_error(text, round).unwrap(), mistyped);
            let pairs = text.split(' ').zip(mistyped.split(' '));
            let different: Vec<_> = pairs.filter(|(word, typed)| word != typed).collect();
            let [(word, _)] = different[..] else {
                panic!("{mistyped}")
            };
            assert!(word.chars().count() >= SHORTEST, "{mistyped}");
        }
        assert_eq!(with_error("sổ đỏ 168/2024", 0), None);
    }
}
