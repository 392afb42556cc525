//! What holds for any file and any patch.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};
use similar::{Algorithm, ChangeTag, capture_diff_slices, group_diff_ops};

use super::{
    parse::parse,
    patch::{Hunk, HunkLine, LineKind, Operation},
    update::update,
};
use crate::limits;

/// Files as lines, of which the last may lack its ending.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let line = prop_oneof!["[a-c]", "( {2}|\t)[a-c]", "[a-z]{3,5}", Just(String::new())];
    (vec(line, 0..16), any::<bool>()).prop_map(|(lines, has_final_newline)| {
        let mut lines: Vec<String> = lines.into_iter().map(|line| line + "\n").collect();
        if let Some(last) = lines.last_mut()
            && !has_final_newline
            && last != "\n"
        {
            last.pop();
        }
        lines
    })
}

/// The way from one file to another as a patch, with so many lines of context.
fn patch(from: &[String], to: &[String], context: usize) -> String {
    let changes = capture_diff_slices(Algorithm::Myers, from, to);
    let mut text = "*** Begin Patch\n*** Update File: f\n".to_owned();
    for group in group_diff_ops(changes, context) {
        text.push_str("@@\n");
        for change in group
            .iter()
            .flat_map(|change| change.iter_changes(from, to))
        {
            text.push(match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            });
            text.push_str(&change.value());
            if !change.value().ends_with('\n') {
                text.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    text + "*** End Patch\n"
}

/// A file with a patch applied to it; what was wrong where it is refused.
fn applied(content: &[u8], patch: &str) -> Result<Vec<u8>, String> {
    let patch = parse(patch).map_err(|malformed| malformed.to_string())?;
    let [Operation::Update { hunks, .. }] = &patch.operations[..] else {
        return Err("another patch".to_owned());
    };
    update(content, hunks)
        .map(|updated| updated.content)
        .map_err(|problems| problems.concat())
}

fn with_endings(lines: &[String], crlf: bool) -> Vec<u8> {
    let text = lines.concat();
    if crlf {
        text.replace('\n', "\r\n")
    } else {
        text
    }
    .into_bytes()
}

/// A hunk of such lines, for a comparison with every way to place it.
fn hunk() -> impl Strategy<Value = Vec<(LineKind, &'static str)>> {
    let kind = prop_oneof![
        3 => Just(LineKind::Context),
        2 => Just(LineKind::Delete),
        1 => Just(LineKind::Add),
    ];
    let line = (kind, prop_oneof![Just("a"), Just("b"), Just("c")]);
    let lines = vec(line, 1..4);
    lines.prop_filter("it has lines of the file", |lines| {
        lines.iter().any(|(kind, _)| *kind != LineKind::Add)
    })
}

/// Every file that some way to place the hunks in their order gives, and how many ways there are.
fn all_ways(
    file: &[&str],
    hunks: &[Vec<(LineKind, &'static str)>],
) -> (BTreeSet<Vec<String>>, usize) {
    type Way = (usize, Vec<(usize, LineKind, &'static str)>);
    let mut ways: Vec<Way> = vec![(0, Vec::new())];
    for hunk in hunks {
        let old: Vec<&str> = hunk
            .iter()
            .filter(|(kind, _)| *kind != LineKind::Add)
            .map(|(_, text)| *text)
            .collect();
        let starts: Vec<usize> = (0..(file.len() + 1).saturating_sub(old.len()))
            .filter(|start| file[*start..*start + old.len()] == old)
            .collect();
        let place = |(from, edits): &Way, start: usize| {
            let (mut at, mut edits) = (start, edits.clone());
            let mut changed: Option<(usize, usize)> = None;
            for &(kind, text) in hunk {
                let after = at + usize::from(kind != LineKind::Add);
                if kind != LineKind::Context {
                    edits.push((at, kind, text));
                    changed = Some((changed.map_or(at, |(first, _)| first), after));
                }
                at = after;
            }
            let (first, last) = changed.unwrap_or((at, at));
            (first >= *from).then_some((last, edits))
        };
        ways = ways
            .iter()
            .flat_map(|way| starts.iter().filter_map(move |start| place(way, *start)))
            .collect();
    }
    let count = ways.len();
    let files = ways.into_iter().map(|(_, edits)| edited(file, &edits));
    (files.collect(), count)
}

fn edited(file: &[&str], edits: &[(usize, LineKind, &str)]) -> Vec<String> {
    let mut result = Vec::new();
    for at in 0..=file.len() {
        let here = edits.iter().filter(|(place, ..)| *place == at);
        let added = here.clone().filter(|(_, kind, _)| *kind == LineKind::Add);
        result.extend(added.map(|(.., text)| (*text).to_owned()));
        let is_deleted = here.clone().any(|(_, kind, _)| *kind == LineKind::Delete);
        if let Some(line) = file.get(at).filter(|_| !is_deleted) {
            result.push((*line).to_owned());
        }
    }
    result
}

proptest! {
    #[test]
    fn a_patch_and_its_reverse_give_the_original(
        from in lines(),
        to in lines(),
        context in 1..4_usize,
        crlf in any::<bool>(),
    ) {
        prop_assume!(from != to);
        for (from, to) in [(&from, &to), (&to, &from)] {
            let (before, after) = (with_endings(from, crlf), with_endings(to, crlf));
            // Without a line break in the file, nothing tells how an added line ends.
            if crlf && !before.contains(&b'\n') {
                continue;
            }
            match applied(&before, &patch(from, to, context)) {
                Ok(result) => {
                    let shown = (result.escape_ascii().to_string(), after.escape_ascii().to_string());
                    prop_assert!(result == after, "{shown:?}");
                }
                Err(refused) => prop_assert!(refused.contains("is ambiguous"), "{refused}"),
            }
        }
    }

    #[test]
    fn a_result_is_the_only_one_there_can_be(
        file in vec(prop_oneof![Just("a"), Just("b"), Just("c")], 0..9),
        hunks in vec(hunk(), 1..4),
    ) {
        let content: String = file.iter().map(|line| format!("{line}\n")).collect();
        let parsed: Vec<Hunk<'_>> = hunks
            .iter()
            .map(|lines| {
                let line = |&(kind, text)| HunkLine {
                    kind,
                    text,
                    lacks_newline: false,
                    is_unmarked: false,
                };
                Hunk { lines: lines.iter().map(line).collect(), ..Hunk::default() }
            })
            .collect();
        let (ways, count) = all_ways(&file, &hunks);
        match update(content.as_bytes(), &parsed) {
            Ok(updated) if updated.notes.is_empty() => {
                let expected: Vec<String> = ways.iter().map(|lines| {
                    lines.iter().map(|line| format!("{line}\n")).collect()
                }).collect();
                prop_assert_eq!(expected, [String::from_utf8(updated.content).unwrap()]);
            }
            // Out of order: each hunk has one place only, which is told.
            Ok(_) => prop_assert!(ways.is_empty()),
            // More ways than are compared may all give one file.
            Err(_) => prop_assert!(ways.len() != 1 || count > limits::PATCH_CHOICES),
        }
    }

    #[test]
    fn bytes_that_no_hunk_removes_stay(
        before in vec(any::<u8>(), 0..120),
        after in vec(any::<u8>(), 0..120),
        context in any::<bool>(),
    ) {
        let content = [&before[..], b"\nfirst\nUNIQUE MARK\nlast\n", &after[..]].concat();
        let (first, last) = if context { (" first\n", " last\n") } else { ("", "") };
        let patch = format!(
            "*** Begin Patch\n*** Update File: f\n{first}-UNIQUE MARK\n+new\n{last}*** End Patch"
        );
        let expected = [&before[..], b"\nfirst\nnew\nlast\n", &after[..]].concat();
        prop_assert_eq!(applied(&content, &patch), Ok(expected));
    }

    #[test]
    fn any_text_is_read_and_applied_without_a_panic(
        content in vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b'a'), Just(b'\r')], 0..60),
        pieces in vec(prop_oneof![
            Just("@@".to_owned()), Just("@@ a".to_owned()), Just("*** End of File".to_owned()),
            Just("\\ No newline at end of file".to_owned()), Just("*** Move to: g".to_owned()),
            "[ +-]?[a\u{2013}\u{feff}\r\t ]{0,3}", ".{0,5}",
        ], 0..10),
    ) {
        let text = format!("*** Begin Patch\n*** Update File: f\n{}\n*** End Patch", pieces.join("\n"));
        let _ = applied(&content, &text);
    }
}
