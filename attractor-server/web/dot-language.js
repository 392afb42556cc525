// DOT, as far as colours go.

import { HighlightStyle, StreamLanguage, syntaxHighlighting, tags } from "./vendor/codemirror.js";

const KEYWORDS = /^(?:strict|digraph|graph|subgraph|node|edge)\b/i;
const WORD = /^[\p{L}_][\p{L}\p{N}_.]*/u;
const NUMBER = /^-?(?:\d+(?:\.\d+)?|\.\d+)(?:ms|s|m|h|d)?\b/;
const CONSTANT = /^(?:true|false)\b/;

const mode = {
  name: "dot",
  startState: () => ({ comment: false, string: false, listed: 0 }),
  token(stream, state) {
    if (state.comment) {
      if (stream.skipTo("*/")) {
        stream.match("*/");
        state.comment = false;
      } else {
        stream.skipToEnd();
      }
      return "comment";
    }
    if (state.string) return text(stream, state);
    if (stream.eatSpace()) return null;
    if (stream.match("//") || (stream.sol() && stream.match("#"))) {
      stream.skipToEnd();
      return "comment";
    }
    if (stream.match("/*")) {
      state.comment = true;
      return "comment";
    }
    if (stream.match('"')) {
      state.string = true;
      return text(stream, state);
    }
    if (stream.match("->") || stream.match("--")) return "operator";
    if (stream.match(NUMBER) || stream.match(CONSTANT)) return "number";
    if (stream.match(KEYWORDS)) return "keyword";
    if (stream.match(WORD)) {
      return stream.match(/^\s*=/, false) ? "propertyName" : "variableName";
    }
    stream.next();
    return null;
  },
  languageData: {
    commentTokens: { line: "//", block: { open: "/*", close: "*/" } },
    closeBrackets: { brackets: ["{", "[", '"'] },
  },
};

/** The rest of a quoted text, which may go over several lines. */
function text(stream, state) {
  let escaped = false;
  for (let next = stream.next(); next !== undefined; next = stream.next()) {
    if (next === '"' && !escaped) {
      state.string = false;
      break;
    }
    escaped = next === "\\" && !escaped;
  }
  return "string";
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-keyword)", fontWeight: "600" },
  { tag: tags.propertyName, color: "var(--code-name)" },
  { tag: tags.string, color: "var(--code-text)" },
  { tag: tags.number, color: "var(--code-number)" },
  { tag: tags.comment, color: "var(--dim)", fontStyle: "italic" },
  { tag: tags.operator, color: "var(--code-keyword)" },
]);

/** The language with its colours. */
export const dotLanguage = [StreamLanguage.define(mode), syntaxHighlighting(colours)];
