use super::desk::{Desk, stable};
use crate::harness::Finished;

const VALUE: &str = "sk-ant-hunter2";

#[tokio::test]
async fn a_value_comes_from_standard_input_or_a_variable_and_is_never_shown() {
    let desk = Desk::start().await;
    let piped = desk.pipes(VALUE, &["secret", "set", "llm", "--provider", "anthropic"]);
    assert_eq!(piped.exits(0).stdout, "wrote llm (apiKey)\n");
    let mut command = desk.command(&[
        "secret",
        "set",
        "cloud",
        "--provider",
        "openai",
        "--from-env",
        "MY_KEY",
        "--from-env",
        "orgId=MY_ORG",
        "--json",
    ]);
    command.env("MY_KEY", VALUE).env("MY_ORG", "org");
    let written = Finished::of(command.output().unwrap()).exits(0);
    assert!(!written.stdout.contains("hunter2"), "{}", written.stdout);
    let keys = r#"{"MY_VARIABLE": "sk-ant-hunter2", "OTHER": "x"}"#;
    let several = ["--key", "OTHER", "--key", "MY_VARIABLE"];
    let several = [
        &["secret", "set", "any", "--provider", "__arbitrary__"],
        &several[..],
    ]
    .concat();
    assert_eq!(
        desk.pipes(keys, &several).exits(0).stdout,
        "wrote any (MY_VARIABLE,OTHER)\n"
    );
    let list = desk.prints(&["secret", "list"]);
    insta::assert_snapshot!(stable(&desk, &list), @r#"
    any    __arbitrary__  MY_VARIABLE,OTHER  [moment]
    cloud  openai         apiKey,orgId       [moment]
    llm    anthropic      apiKey             [moment]
    "#);
    assert!(
        !desk
            .json(&["secret", "list"])
            .to_string()
            .contains("hunter2")
    );
    assert_eq!(
        desk.prints(&["secret", "delete", "any", "--yes"]),
        "deleted any\n"
    );
}

#[tokio::test]
async fn what_has_no_value_is_not_written() {
    let desk = Desk::start().await;
    let set = ["secret", "set", "llm", "--provider", "anthropic"];
    desk.pipes("\n", &set)
        .exits(2)
        .says(&["standard input has no value"]);
    let of_variable = [&set[..], &["--from-env", "NOT_SET"]].concat();
    desk.types(&of_variable)
        .exits(2)
        .says(&["the variable NOT_SET isn't set"]);
    assert_eq!(desk.prints(&["secret", "list"]), "");
    // A value isn't taken from the command line: it would be seen by others.
    desk.types(&["secret", "set", "llm", VALUE, "--provider", "anthropic"])
        .exits(2);
}

#[tokio::test]
async fn the_providers_are_listed_with_their_keys() {
    let desk = Desk::start().await;
    let providers = desk.prints(&["secret", "providers"]);
    let line = providers
        .lines()
        .find(|line| line.starts_with("anthropic "))
        .unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(
        words[1..],
        [
            "apiKey=ANTHROPIC_API_KEY",
            "oauthToken=ANTHROPIC_OAUTH_TOKEN"
        ]
    );
    let first = &desk.json(&["secret", "providers"])["providers"][0];
    assert!(first["keys"].is_array(), "{first}");
}
