use crate::harness::Bench;

#[test]
fn every_shell_completes_the_commands_for_a_server() {
    for shell in ["bash", "zsh", "fish"] {
        let script = Bench::new().output(&["completions", shell]).exits(0).stdout;
        for word in [
            "project",
            "secret",
            "attractor",
            "runs",
            "deactivate",
            "download",
            "expected-version",
            "from-env",
        ] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}
