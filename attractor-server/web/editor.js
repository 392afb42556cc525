// An attractor's editor: CodeMirror in place of the text field, what is wrong with the text where it is wrong,
// and its graph beside it. The server says both, for the text as it is.

import {
  bracketMatching,
  closeBrackets,
  closeBracketsKeymap,
  defaultKeymap,
  drawSelection,
  EditorState,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSelectionMatches,
  highlightSpecialChars,
  history,
  historyKeymap,
  indentOnInput,
  keymap,
  lineNumbers,
  lintGutter,
  lintKeymap,
  searchKeymap,
  setDiagnostics,
} from "./vendor/codemirror.js";
import { say, signIn } from "./app.js";
import { dotLanguage } from "./dot-language.js";
import { Picture } from "./graph.js";

/** How long nothing is typed before the server is asked, in milliseconds. */
const PAUSE = 250;

const form = document.getElementById("editor");
const field = document.getElementById("content");
const host = document.getElementById("code");
const list = document.getElementById("problems");
const unsaved = document.getElementById("unsaved");
const graph = document.getElementById("graph");

/* The editor. */

const view = new EditorView({
  parent: host,
  state: EditorState.create({
    doc: field.value,
    extensions: [
      EditorView.cspNonce.of(form.dataset.nonce),
      lineNumbers(),
      lintGutter(),
      highlightActiveLineGutter(),
      highlightActiveLine(),
      highlightSpecialChars(),
      highlightSelectionMatches(),
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      dotLanguage,
      EditorState.readOnly.of(field.readOnly),
      EditorState.tabSize.of(4),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": "Pipeline in DOT", "aria-describedby": "problems" }),
      // Tab goes on to the next field, as everywhere.
      keymap.of([
        { key: "Mod-s", run: save, preventDefault: true },
        ...closeBracketsKeymap,
        ...defaultKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...lintKeymap,
      ]),
      EditorView.domEventHandlers({ beforeinput: replace }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) changed();
        if (update.docChanged || update.selectionSet) follow();
      }),
    ],
  }),
});
host.hidden = false;
field.hidden = true;
document.querySelector('label[for="content"]').addEventListener("click", () => view.focus());

/**
 * Puts what is typed in the place of a selection. Left to itself, Chromium keeps the colours of what was there in a
 * style attribute, which the page's policy blocks.
 */
function replace(event, view) {
  const { data, inputType } = event;
  const isOurs = inputType === "insertText" && data !== null && !view.state.selection.main.empty;
  if (!isOurs || view.state.readOnly || '{["'.includes(data)) return false;
  view.dispatch(view.state.replaceSelection(data), { userEvent: "input.type", scrollIntoView: true });
  return true;
}

const text = () => view.state.doc.toString();

/* What is wrong, and the graph: asked for after each pause; only the last answer counts. */

const picture = new Picture(graph, (id) => jump(nodes.get(id)));
picture.setStates(null);
let nodes = new Map();
let timer = null;
let asked = null;
let failures = 0;

function changed() {
  mark();
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
}

async function ask() {
  asked?.abort();
  const mine = (asked = new AbortController());
  const content = text();
  list.dataset.state = "asking";
  let response;
  try {
    response = await fetch("/api/attractors/sketch", {
      method: "POST",
      headers: { "content-type": "application/json", "x-attractor-csrf": "1" },
      body: JSON.stringify({ content }),
      signal: mine.signal,
    });
    if (response.status === 401) return say("You are signed out: copy your text before you sign in.", signIn());
    if (response.status >= 500) throw new Error(response.statusText);
    const answer = await response.json();
    // What came while it was on its way counts, and this doesn't.
    if (mine !== asked || content !== text()) return;
    if (failures > 0) say(null);
    failures = 0;
    if (response.ok) show(answer);
    else tell([{ severity: "error", message: answer.error, line: 1, column: 1 }]);
    list.dataset.state = "shown";
  } catch (error) {
    if (mine.signal.aborted || mine !== asked) return;
    failures += 1;
    if (failures > 1) say("The server can't be reached. Your text is here; trying again…");
    timer = setTimeout(ask, Math.min(1000 * failures, 5000));
  }
}

/** Whether the text lies in the repository, and nothing takes its place yet. */
const isElsewhere = graph.dataset.elsewhere === "true";

function show({ validation, dot, nodes: places }) {
  nodes = new Map(places.map((place) => [place.id, place]));
  tell(isElsewhere && !text().trim() ? [] : validation.diagnostics);
  if (dot) picture.show(dot);
  else if (places.length > 0) picture.clear(tooLarge(places.length));
  else if (isElsewhere && !text().trim()) picture.clear(nothing());
  graph.classList.toggle("is-stale", !dot && places.length === 0 && text().trim() !== "");
  follow();
}

/** What is shown in place of a graph that nobody could lay out while they type. */
function tooLarge(count) {
  const says = document.createElement("p");
  says.className = "dim";
  says.textContent = `The pipeline has ${count} nodes, which are too many to be drawn while one types. `;
  if (graph.dataset.picture) {
    const link = document.createElement("a");
    link.href = graph.dataset.picture;
    link.target = "_blank";
    link.textContent = "Open the picture of what is saved";
    says.append(link);
  }
  return says;
}

/** What is shown while the text lies in the repository. */
function nothing() {
  const says = document.createElement("p");
  says.className = "dim";
  says.textContent = "The text lies in the repository. A text that is saved here is drawn here.";
  return says;
}

/** A place of the server, which counts lines and characters from 1, as one of the editor. */
function offset(line, column) {
  const doc = view.state.doc;
  if (line > doc.lines) return doc.length;
  const { from, text } = doc.line(Math.max(line, 1));
  const before = [...text].slice(0, column - 1).join("");
  return from + before.length;
}

/** Shows what is wrong: in the text, and as a list below it. */
function tell(found) {
  const marks = found.map((one) => {
    const from = offset(one.line ?? 1, one.column ?? 1);
    const to = Math.max(from, one.end_line ? offset(one.end_line, one.end_column) : from);
    const severity = { error: "error", warning: "warning" }[one.severity] ?? "info";
    const message = one.fix ? `${one.message}\n${one.fix}` : one.message;
    return { from, to, severity, message, source: one.rule };
  });
  view.dispatch(setDiagnostics(view.state, marks));
  const items = found.slice(0, 50).map((one) => {
    const item = document.createElement("li");
    item.className = `is-${one.severity}`;
    const place = document.createElement("button");
    place.type = "button";
    place.className = "at";
    place.textContent = `${one.line ?? 1}:${one.column ?? 1}`;
    place.title = "Go there";
    place.addEventListener("click", () => jump({ line: one.line ?? 1, column: one.column ?? 1 }));
    const message = document.createElement("span");
    message.textContent = one.message;
    if (one.fix) {
      const fix = document.createElement("span");
      fix.className = "dim";
      fix.textContent = ` ${one.fix}`;
      message.append(fix);
    }
    item.append(place, message);
    return item;
  });
  if (items.length > 0) {
    const all = document.createElement("ul");
    all.append(...items);
    list.replaceChildren(all);
  } else {
    const none = document.createElement("p");
    none.className = "dim";
    none.textContent = text().trim() ? "Nothing is wrong with it." : "";
    list.replaceChildren(none);
  }
}

/* Between the graph and the text. */

function jump(place) {
  if (!place) return;
  const at = offset(place.line, place.column);
  view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
  view.focus();
}

/** Marks the node in whose line the cursor is. */
function follow() {
  const line = view.state.doc.lineAt(view.state.selection.main.head).number;
  const here = [...nodes.values()].find((place) => place.line === line);
  picture.select(view.hasFocus && here ? here.id : null);
}

/* Saving. */

const first = text();
const firstFields = fields();
let isSending = false;

/** What the settings say. */
function fields() {
  const data = new FormData(form);
  data.delete("content");
  return JSON.stringify([...data.entries()]);
}

function isUnsaved() {
  return form.dataset.unsaved === "true" || text() !== first || fields() !== firstFields;
}

function mark() {
  if (unsaved) unsaved.hidden = !isUnsaved();
}

function save() {
  form.requestSubmit();
  return true;
}

form.addEventListener("input", mark);
form.addEventListener("submit", () => {
  field.value = text();
  isSending = true;
});
addEventListener("pageshow", () => {
  isSending = false;
});
addEventListener("beforeunload", (event) => {
  if (!isSending && isUnsaved()) event.preventDefault();
});

mark();
ask();
