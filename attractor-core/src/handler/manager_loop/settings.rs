//! What a manager's node says about how it supervises.

use std::time::Duration;

use crate::condition::Condition;
use crate::graph::{AttrValue, Node};
use crate::handler::StageContext;
use crate::run::limits::{MANAGER_CYCLES, MANAGER_POLL_INTERVAL_MS};

/// The words of `manager.actions`.
pub(crate) const ACTIONS: [&str; 3] = ["observe", "steer", "wait"];

/// The attributes that hold conditions.
pub(crate) const CONDITIONS: [&str; 3] = [
    "manager.stop_condition",
    "manager.guard_condition",
    "manager.steer_condition",
];

/// The attributes of a manager, with defaults filled in.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) poll_interval: Duration,
    pub(super) max_cycles: u32,
    pub(super) observes: bool,
    pub(super) steers: bool,
    pub(super) waits: bool,
    /// The child is stopped and the stage succeeds once it holds.
    pub(super) stop: Option<Condition>,
    /// The child is stopped and the stage fails once it doesn't hold any more.
    pub(super) guard: Option<Condition>,
    /// The fixed message is sent while it holds.
    pub(super) steer: Option<Condition>,
    pub(super) message: Option<String>,
    pub(super) cooldown: Duration,
    pub(super) autostart: bool,
}

impl Settings {
    pub(super) fn of(stage: &StageContext) -> Self {
        let node = stage.node();
        let poll_interval = duration(node, "manager.poll_interval")
            .unwrap_or(Duration::from_millis(MANAGER_POLL_INTERVAL_MS));
        let steers_by_default =
            !node.prompt.is_empty() || node.attr("manager.steer_message").is_some();
        let default = if steers_by_default {
            "observe,steer,wait"
        } else {
            "observe,wait"
        };
        let actions = text(node, "manager.actions").unwrap_or_else(|| default.to_owned());
        let has = |wanted: &str| words(&actions).any(|word| word == wanted);
        let cycles = match node.attr("manager.max_cycles") {
            Some(AttrValue::Integer(count)) => u32::try_from(*count).unwrap_or(u32::MAX),
            _ => MANAGER_CYCLES,
        };
        Self {
            poll_interval,
            max_cycles: cycles,
            observes: has("observe"),
            steers: has("steer"),
            waits: has("wait") && !poll_interval.is_zero(),
            stop: condition(node, "manager.stop_condition"),
            guard: condition(node, "manager.guard_condition"),
            steer: condition(node, "manager.steer_condition"),
            message: text(node, "manager.steer_message"),
            cooldown: duration(node, "manager.steer_cooldown").unwrap_or(poll_interval),
            autostart: autostart(stage),
        }
    }
}

/// The words of a list such as `observe, wait`.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
}

fn autostart(stage: &StageContext) -> bool {
    let name = "stack.child_autostart";
    let of_graph = || stage.graph().attrs().attr(name);
    stage.node().attr(name).or_else(of_graph) != Some(&AttrValue::Boolean(false))
}

fn text(node: &Node, name: &str) -> Option<String> {
    let text = node.attr(name)?.to_string();
    (!text.trim().is_empty()).then_some(text)
}

fn duration(node: &Node, name: &str) -> Option<Duration> {
    match node.attr(name) {
        Some(AttrValue::Duration(duration)) => Some(*duration),
        _ => None,
    }
}

/// A condition; one that can't be read is reported before a run starts.
fn condition(node: &Node, name: &str) -> Option<Condition> {
    Condition::parse(&text(node, name)?).ok()
}
