//! Runs the conformance cases through the Rust binding: this file reads them, the others perform and remember.

mod bytes;
mod group;
mod huge;
mod look;
mod make;
mod pool;
mod pool_look;
mod region;
mod ring;
mod state;
mod uring;

use allockit::{process, Error, MisuseMode};
use state::{Outcome, State, Stop};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((path, names)) = arguments.split_first() else {
        eprintln!("usage: conformance cases.txt [NAME...]");
        return ExitCode::from(2);
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::from(2);
        }
    };
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    let mut lines = text.lines().enumerate();
    while let Some((_, line)) = lines.next() {
        let Some(name) = line.trim().strip_prefix("case ").map(str::trim) else { continue };
        let case: Vec<_> = lines.by_ref().take_while(|(_, line)| line.trim() != "end").collect();
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
            continue;
        }
        match run_case(&case) {
            Ok(()) => {
                println!("ok {name}");
                passed += 1;
            }
            Err(End::Fail(why)) => {
                println!("FAIL {name}: {why}");
                failed += 1;
            }
            Err(End::Skip(why)) => {
                println!("skip {name}: {why}");
                skipped += 1;
            }
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    ExitCode::from(u8::from(failed != 0))
}

/// How a case ended that did not pass, and why.
enum End {
    Fail(String),
    Skip(String),
}

fn run_case(lines: &[(usize, &str)]) -> Result<(), End> {
    process::misuse_mode(MisuseMode::Count).map_err(|error| End::Fail(error.to_string()))?;
    let mut state = State::default();
    for (number, line) in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.first().is_some_and(|word| !word.starts_with('#')) {
            run_line(&mut state, &words).map_err(|end| match end {
                End::Fail(why) => End::Fail(format!("line {}: {why}", number + 1)),
                End::Skip(why) => End::Skip(format!("line {}: {why}", number + 1)),
            })?;
        }
    }
    Ok(())
}

/// Performs one line and compares the error it came to with the error it names.
fn run_line(state: &mut State, words: &[&str]) -> Result<(), End> {
    let (words, wanted) = match words {
        [operation @ .., "!", names] => (operation, names.split('|').map(errno_of).collect()),
        operation => (operation, Ok(Vec::new())),
    };
    let wanted = wanted.map_err(End::Fail)?;
    if let ["given", operation @ ..] = words {
        return perform(state, operation).map_err(|stop| End::Skip(stop.to_string()));
    }
    let got = match perform(state, words) {
        Ok(()) => 0,
        Err(Stop::Refused(error)) => error.errno(),
        Err(Stop::Wrong(why)) => return Err(End::Fail(why)),
    };
    if wanted.contains(&got) || wanted.is_empty() && got == 0 {
        return Ok(());
    }
    let texts: Vec<_> = wanted.iter().map(|errno| Error::from_errno(*errno).to_string()).collect();
    let wanted = if texts.is_empty() { "success".into() } else { texts.join(" or ") };
    Err(End::Fail(format!("{}: wanted {wanted}, got {}", words[0], Error::from_errno(got))))
}

fn perform(state: &mut State, words: &[&str]) -> Outcome {
    match words {
        ["other", operation @ ..] => std::thread::scope(|scope| scope.spawn(|| perform_here(state, operation)).join())
            .unwrap_or_else(|_| Err(Stop::Wrong("the other thread panicked".into()))),
        operation => perform_here(state, operation),
    }
}

fn perform_here(state: &mut State, words: &[&str]) -> Outcome {
    make::perform(state, words)
        .or_else(|| bytes::perform(state, words))
        .or_else(|| region::perform(state, words))
        .or_else(|| huge::perform(state, words))
        .or_else(|| pool::perform(state, words))
        .or_else(|| pool_look::perform(state, words))
        .or_else(|| ring::perform(state, words))
        .or_else(|| uring::perform(state, words))
        .or_else(|| group::perform(state, words))
        .or_else(|| look::perform(state, words))
        .unwrap_or_else(|| Err(Stop::Wrong(format!("cannot understand: {}", words.join(" ")))))
}

fn errno_of(name: &str) -> Result<i32, String> {
    const KNOWN: [(&str, i32); 15] = [
        ("EPERM", 1),
        ("ENOENT", 2),
        ("E2BIG", 7),
        ("ENOMEM", 12),
        ("EBADF", 9),
        ("EBUSY", 16),
        ("EEXIST", 17),
        ("EINVAL", 22),
        ("ENOSPC", 28),
        ("ENOSYS", 38),
        ("EOVERFLOW", 75),
        ("EMSGSIZE", 90),
        ("EOPNOTSUPP", 95),
        ("ENOBUFS", 105),
        ("ESHUTDOWN", 108),
    ];
    let known = KNOWN.iter().find(|(known, _)| *known == name);
    known.map(|(_, errno)| *errno).ok_or_else(|| format!("no error {name}"))
}
