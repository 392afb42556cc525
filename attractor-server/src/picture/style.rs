//! The style sheets of the SVG.

/// Plain selectors and values only: many viewers know no more of CSS than that.
pub(super) const PLAIN: &str = "\
text { font-family: Helvetica, Arial, sans-serif; text-anchor: middle; fill: #1f2933; }
.shape { fill: #ffffff; stroke: #1f2933; stroke-width: 1.4px; }
.start { fill: #e3f2e8; }
.exit { fill: #e8ecf8; }
.codergen { fill: #fff8e6; }
.tool { fill: #eef2f5; }
.choice { fill: #fdeeea; }
.edge { fill: none; stroke: #5b6b7b; stroke-width: 1.4px; }
.conditional { stroke-dasharray: 5 3; }
.head { fill: #5b6b7b; }
.label { fill: #44525f; font-size: 12px; }
.plate { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
  svg { background: #14181d; }
  text { fill: #e4e9ee; }
  .shape { fill: #14181d; stroke: #c3ccd4; }
  .start { fill: #1d3527; }
  .exit { fill: #232b45; }
  .codergen { fill: #3a3116; }
  .tool { fill: #252d35; }
  .choice { fill: #40251d; }
  .edge { stroke: #9aa8b5; }
  .head { fill: #9aa8b5; }
  .label { fill: #b4c0cb; }
  .plate { fill: #14181d; }
}
";

/// What a run adds: the state is in the colour, in the outline and in the words below the label.
pub(super) const RUN: &str = "\
.success { fill: #dff3e4; stroke: #1f7a3f; stroke-width: 2px; }
.partial { fill: #fdf3cf; stroke: #8a6a00; stroke-width: 2px; }
.failed { fill: #fbdcd8; stroke: #b3261e; stroke-width: 3px; }
.skipped { fill: #eceff2; stroke: #5b6b7b; }
.running { fill: #d9e8fc; stroke: #1a5fb4; stroke-width: 3px; }
.interrupted { fill: #fde4cc; stroke: #a85400; stroke-width: 2px; }
.not-reached { fill: #ffffff; stroke: #9aa8b5; stroke-dasharray: 4 3; }
.faint { fill: #6b7a88; }
.taken { stroke: #1f2933; stroke-width: 3px; }
.untaken { stroke: #b4c0cb; stroke-width: 1px; }
.key { text-anchor: start; font-size: 12px; }
@media (prefers-color-scheme: dark) {
  .success { fill: #1d3527; stroke: #6fcf97; }
  .partial { fill: #3a3116; stroke: #e5c558; }
  .failed { fill: #47201c; stroke: #ff8a80; }
  .skipped { fill: #252d35; stroke: #9aa8b5; }
  .running { fill: #1b2f4a; stroke: #78aeed; }
  .interrupted { fill: #40291a; stroke: #ffb066; }
  .not-reached { fill: #14181d; stroke: #5b6b7b; }
  .faint { fill: #9aa8b5; }
  .taken { stroke: #e4e9ee; }
  .untaken { stroke: #44525f; }
}
";
