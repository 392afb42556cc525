//! What a server is set up with, and who says it.

use std::path::Path;

use crate::harness::{Bench, Finished};
use crate::plant::Served;

fn printed(bench: &Bench, arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
    let mut all = vec!["serve", "--print-config"];
    all.extend(arguments);
    let mut command = bench.attractor(&all);
    Finished::of(command.envs(variables.iter().copied()).output().unwrap())
}

fn file(path: &Path, text: &str) -> String {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_configuration_is_printed_as_a_file_that_says_the_same() {
    let bench = Bench::new();
    let named = bench.root().join("named.toml");
    let named = file(
        &named,
        "max_runs = 7\nmax_project_runs = 3\nlisten = \"127.0.0.1:1\"\n",
    );
    let mut arguments = vec!["--config", &named, "--listen", "127.0.0.1:9"];
    arguments.extend(["--repository-root", "/src"]);
    let secret = ("ATTRACTOR_DATABASE_URL", "postgres://me:hunter22@db/x");
    let variables = [("ATTRACTOR_MAX_RUNS", "8"), secret];
    let shown = printed(&bench, &arguments, &variables).exits(0).stdout;
    for line in [
        "listen = \"127.0.0.1:9\" # --listen",
        "max_runs = 8 # ATTRACTOR_MAX_RUNS",
        "repository_roots = [\"/src\"] # --repository-root",
        &format!("max_project_runs = 3 # {named}"),
        "github_api_url = \"https://api.github.com\" # default",
        "# public_url =",
    ] {
        assert!(shown.lines().any(|it| it == line), "no {line} in\n{shown}");
    }
    assert!(!shown.contains("hunter22"), "{shown}");
    assert!(
        !bench.root().join("home/.local").exists(),
        "nothing is made"
    );
}

#[test]
fn the_file_in_the_servers_directory_is_read() {
    let bench = Bench::new();
    let data = bench.root().join("data");
    file(&data.join("attractor.toml"), "max_runs = 7\n");
    let shown = printed(&bench, &["--data-dir", data.to_str().unwrap()], &[]);
    assert!(shown.exits(0).stdout.contains("max_runs = 7 #"));
}

#[test]
fn what_cannot_be_is_refused_by_its_name() {
    let bench = Bench::new();
    let named = bench.root().join("named.toml");
    for (text, words) in [
        ("listn = 1", "there is no \"listn\""),
        ("max_runs = 0", "max_runs ("),
        ("max_runs = \"many\"", "max_runs ("),
        ("listen = \"here\"", "listen ("),
        ("secret_key = \"x\"", "ATTRACTOR_SECRET_KEY"),
        ("public_url = \"ftp://x\"", "public URL"),
        ("listen = \"0.0.0.0:1\"", "--insecure-bind"),
        ("github_app_id = \"1\"", "github_app_private_key"),
        ("log = \"a=b=c\"", "log ("),
        ("log_format = \"xml\"", "it must be human or json"),
        ("not toml", "isn't TOML"),
    ] {
        let named = file(&named, text);
        let refused = printed(&bench, &["--config", &named], &[]);
        refused.exits(2).says(&[words]);
    }
    let absent = printed(&bench, &["--config", "/nowhere.toml"], &[]);
    assert_ne!(absent.code, Some(0));
    let variable = printed(&bench, &[], &[("ATTRACTOR_SIMULATE", "perhaps")]);
    variable.exits(2).says(&["simulate (ATTRACTOR_SIMULATE)"]);
}

/// A key that no one uses, in PEM.
const KEY: &str = include_str!("../../../src/testing/fake_github/app_key.pem");

#[tokio::test]
async fn the_servers_github_app_is_set_up() {
    let bench = Bench::new();
    let data = bench.root().join("data");
    let key = file(&data.join("app.pem"), KEY);
    let text = format!(
        "github_app_id = \"7\"\ngithub_app_slug = \"factory\"\ngithub_app_private_key_file = {key:?}\n\
         github_web_url = \"https://github.example\"\n"
    );
    file(&data.join("attractor.toml"), &text);
    let server = Served::start(&bench, &data, &[]);
    let created = server
        .post("/api/projects", &serde_json::json!({"name": "App"}))
        .await;
    let project = created.is(201).json()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/github/app/start?projectId={project}");
    let started = server.read(&path).await;
    let url = started["installationUrl"].as_str().unwrap();
    let expected =
        format!("https://github.example/apps/factory/installations/new?state={project}.");
    assert!(url.starts_with(&expected), "{url}");
}
