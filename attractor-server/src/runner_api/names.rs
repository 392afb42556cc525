/// What an entry of the engine's journal is called among a run's events: `Engine` and its name in
/// camel case, but for those that the contract names.
///
/// ```
/// use attractor_server::runner_api::event_type_of;
///
/// assert_eq!(event_type_of("stage_started"), "EngineNodeStarted");
/// assert_eq!(event_type_of("commit_created"), "EngineCommitCreated");
/// ```
///
/// Source: contract, 2.1 and 9.5.
pub fn event_type_of(event: &str) -> String {
    let event = match event {
        "stage_started" => "node_started",
        "stage_completed" => "node_completed",
        "stage_failed" => "node_failed",
        "stage_retrying" => "node_retrying",
        "goal_gate_unsatisfied" => "goal_gate_redirected",
        other => other,
    };
    let mut name = String::from("Engine");
    for word in event.split('_') {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_names_are_kept() {
        let table = [
            ("stage_started", "EngineNodeStarted"),
            ("stage_completed", "EngineNodeCompleted"),
            ("stage_failed", "EngineNodeFailed"),
            ("stage_retrying", "EngineNodeRetrying"),
            ("parallel_started", "EngineParallelStarted"),
            ("parallel_completed", "EngineParallelCompleted"),
            ("goal_gate_unsatisfied", "EngineGoalGateRedirected"),
            ("run_started", "EngineRunStarted"),
            ("text", "EngineText"),
        ];
        for (event, name) in table {
            assert_eq!(event_type_of(event), name);
        }
    }
}
