// Two versions of a text side by side, in place of the server's list of lines.

import { EditorState, EditorView, lineNumbers, MergeView, unifiedMergeView } from "./vendor/codemirror.js";
import { dotLanguage } from "./dot-language.js";

const host = document.getElementById("merge");
const [before, after] = ["before", "after"].map((name) => document.getElementById(`text-${name}`).textContent);

const extensions = [
  EditorView.cspNonce.of(host.dataset.nonce),
  EditorState.readOnly.of(true),
  EditorView.editable.of(false),
  EditorView.lineWrapping,
  lineNumbers(),
  dotLanguage,
];
const collapseUnchanged = { margin: 3, minSize: 6 };

if (before !== after) {
  host.hidden = false;
  document.getElementById("diff").hidden = true;
  if (matchMedia("(min-width: 800px)").matches) {
    new MergeView({
      a: { doc: before, extensions: [...extensions, named("Before")] },
      b: { doc: after, extensions: [...extensions, named("After")] },
      parent: host,
      collapseUnchanged,
    });
  } else {
    const merged = unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged });
    new EditorView({ doc: after, extensions: [...extensions, named("Changes"), merged], parent: host });
  }
}

function named(label) {
  return EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" });
}
