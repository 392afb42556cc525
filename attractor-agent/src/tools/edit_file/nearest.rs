//! Where a text that wasn't found comes closest; pure.

use crate::limits;

/// How alike two lines must be for the place to be worth quoting.
const ALIKE: f64 = 0.5;
/// Places compared in full after the first line has been compared everywhere.
const PLACES: usize = 8;

/// The most similar place: its first line (1-based) and its lines.
pub(super) fn nearest(content: &str, old: &str) -> Option<(usize, Vec<String>)> {
    let lines: Vec<&str> = content.lines().take(limits::EDIT_COMPARED_LINES).collect();
    let wanted: Vec<&str> = old.lines().take(limits::EDIT_QUOTED_LINES).collect();
    let key = wanted.iter().position(|line| !line.trim().is_empty())?;
    let mut places: Vec<(usize, f64)> = lines
        .iter()
        .enumerate()
        .map(|(place, line)| (place, alike(line, wanted[key])))
        .filter(|&(_, score)| score >= ALIKE)
        .collect();
    places.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    places.truncate(PLACES);
    let score = |place: usize| -> f64 {
        lines[place..]
            .iter()
            .zip(&wanted[key..])
            .map(|(line, old)| alike(line, old))
            .sum()
    };
    let best = places
        .into_iter()
        .map(|(place, _)| (place, score(place)))
        .reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    let start = best.0.saturating_sub(key);
    let quoted = lines[start..]
        .iter()
        .take(wanted.len())
        .map(|line| (*line).to_owned());
    Some((start + 1, quoted.collect()))
}

/// The share of two lines that is the same at their beginnings and ends, indentation aside.
fn alike(left: &str, right: &str) -> f64 {
    let (left, right) = (left.trim(), right.trim());
    if left.is_empty() || right.is_empty() {
        return if left == right { 1.0 } else { 0.0 };
    }
    let shortest = left.len().min(right.len());
    let prefix = left
        .bytes()
        .zip(right.bytes())
        .take_while(|(l, r)| l == r)
        .count();
    let suffix = left
        .bytes()
        .rev()
        .zip(right.bytes().rev())
        .take(shortest - prefix)
        .take_while(|(l, r)| l == r)
        .count();
    #[expect(
        clippy::cast_precision_loss,
        reason = "line lengths are far below 2^52"
    )]
    let share = (2 * (prefix + suffix)) as f64 / (left.len() + right.len()) as f64;
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_lines_are_quoted_with_their_number() {
        let content = "fn main() {\n    let total = add(1, 2);\n    print(total);\n}\n";
        let found = nearest(content, "let total = add(1, 3);\nprint(total);");
        let lines = ["    let total = add(1, 2);", "    print(total);"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(found, Some((2, lines)));
        assert_eq!(nearest(content, "something else entirely"), None);
    }
}
