// A run's page, alive: it listens to the run's events, asks the server for the parts that changed, and
// appends what models say as it comes. What is stored is always the server's own rendering, so that nothing is
// lost or doubled by a connection that breaks.

import { Idiomorph } from "./vendor/idiomorph.js";
import { retime, say, signIn } from "./app.js";
import { Picture } from "./graph.js";
import { sendInPlace } from "./place.js";

/** At most so often are parts asked for, in milliseconds. */
const REFRESH = 350;
/** How long a connection may be away before the page says so. */
const PATIENCE = 1500;
/** How long to wait before the next connection, at first and at most. */
const RETRY = [500, 5000];
/** Characters of what comes live that are shown, at most. */
const LIVE = 20_000;
/** After so long in the background a page gives its connection back. */
const BACKGROUND = 60_000;

const page = document.querySelector("[data-run]");
const run = page.dataset.run;
const byPart = (name) => document.getElementById(`part-${name}`);

/* What is shown. */

let node = new URLSearchParams(location.search).get("node");

const shown = () => byPart("transcript")?.dataset.node || null;

let picture = makePicture(document.getElementById("graph-dot")?.textContent);

function makePicture(dot) {
  const host = document.getElementById("graph");
  if (!host || !dot) return null;
  const picture = new Picture(host, choose);
  picture.show(dot);
  return picture;
}

/** The pipeline's text may lie in the repository: the graph comes when the run has read it. */
async function fetchGraph() {
  const response = await fetch(`/runs/${run}/part/graph`);
  if (!response.ok || picture) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  picture = makePicture(page.getElementById("graph-dot")?.textContent);
  paint();
}

/** Takes over into the picture how the nodes stand. */
function paint() {
  if (!picture) return;
  const items = [...document.querySelectorAll("#part-now [data-state]")];
  const states = new Map(items.map((item) => [item.dataset.id, item.dataset.state]));
  const taken = byPart("now").dataset.edges;
  const edges = taken.split(" ").filter(Boolean).map((pair) => pair.split(":").map(Number));
  picture.setStates(states, new Map(edges));
  picture.select(shown());
}

/** Shows another node's transcript. */
function choose(id) {
  node = id;
  const address = new URL(location);
  address.searchParams.set("node", id);
  history.pushState({ node: id }, "", address);
  want("now", "transcript");
}

window.addEventListener("popstate", () => {
  node = new URLSearchParams(location.search).get("node");
  want("now", "transcript");
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-node]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  choose(link.dataset.node);
});

/* Parts: asked for one after the other, each at most once at a time. */

const wanted = new Set();
let asking = false;
let timer = null;

function want(...names) {
  for (const name of names) wanted.add(name);
  if (!asking && timer === null) timer = setTimeout(refresh, REFRESH);
}

async function refresh() {
  timer = null;
  asking = true;
  try {
    while (wanted.size > 0) {
      const [name] = wanted;
      wanted.delete(name);
      if (!(await fetchPart(name))) {
        wanted.add(name);
        break;
      }
      paint();
    }
  } finally {
    asking = false;
  }
  if (wanted.size > 0 && timer === null) timer = setTimeout(refresh, 4 * REFRESH);
}

/** Puts a part in place; whether that worked. */
async function fetchPart(name) {
  const asked = node;
  const query = asked ? `?node=${encodeURIComponent(asked)}` : "";
  const place = `/runs/${run}/part/${name}${query}`;
  const known = tags.get(name);
  let response;
  try {
    const headers = known?.place === place ? { "if-none-match": known.tag } : {};
    response = await fetch(place, { headers });
  } catch {
    return false;
  }
  if (response.status === 401) {
    signedOut();
    return true;
  }
  if (response.status === 304) return true;
  if (!response.ok) return response.status < 500;
  const html = await response.text();
  // Somebody has chosen another node meanwhile: its transcript is asked for already.
  if (asked !== node) return true;
  const old = byPart(name);
  if (!old) return true;
  const following = BOXES.filter(atEnd);
  Idiomorph.morph(old, html, { morphStyle: "outerHTML", callbacks: KEEP });
  tags.set(name, { place, tag: response.headers.get("etag") });
  const now = byPart(name);
  retime(now);
  if (name === "transcript") settle(Number(now.dataset.seq));
  if (name === "now") {
    if (!picture && now.dataset.hasGraph === "true") await fetchGraph().catch(() => {});
    if (now.dataset.behind === "true") want("now", "transcript");
  }
  following.forEach(toEnd);
  return true;
}

/** The tags of the parts that are there, by which the server knows them. */
const tags = new Map();

/** What the reader has done to the page stays. */
const KEEP = {
  // Details that were opened or closed by hand, and what is being typed.
  beforeAttributeUpdated: (name, element) => !(name === "open" && element.matches("details")),
  beforeNodeMorphed: (old, now) => {
    if (!(old instanceof Element)) return true;
    // The words for times are kept going elsewhere.
    if (old.localName === "time" && now.dateTime === old.dateTime) return false;
    const isOurs = old.id === "live" || (old.id === "graph" && picture !== null);
    return !isOurs && !(old.localName === "form" && old.contains(document.activeElement));
  },
};

/** What grows at its end: whoever is there stays there. */
const BOXES = [".transcript", ".timeline"];

function atEnd(name) {
  const box = document.querySelector(name);
  return box !== null && box.scrollHeight - box.scrollTop - box.clientHeight < 40;
}

function toEnd(name) {
  const box = document.querySelector(name);
  if (box) box.scrollTop = box.scrollHeight;
}

/* What comes live: pieces of a node's present message, until the whole of it is stored. */

class Live {
  /** Pieces that aren't stored yet, or aren't shown as stored yet. */
  text = "";
  output = "";
  /** What of a stored message may still come in pieces. */
  owed = "";
  /** Whether the beginning of the message isn't known. */
  isCut = false;
  /** Up to where the text is stored, and by which event. */
  cut = { seq: Infinity, length: 0 };
  /** The event with which the node was done. */
  ended = Infinity;

  /** What was said before this page listened. */
  static of({ text, output, owed, isCut }) {
    return Object.assign(new Live(), { text, output, owed, isCut });
  }

  add(kind, piece, isCut) {
    if (kind !== "toolOutput" && !this.text) this.isCut = isCut === true;
    if (kind === "toolOutput") {
      this.output = (this.output + piece).slice(-LIVE);
      return;
    }
    if (this.owed) {
      const whole = this.owed;
      const isOf = whole.startsWith(piece) || piece.startsWith(whole);
      this.owed = isOf ? whole.slice(piece.length) : "";
      piece = isOf ? piece.slice(whole.length) : piece;
    }
    const all = this.text + piece;
    const gone = Math.max(0, all.length - LIVE);
    this.text = all.slice(gone);
    this.cut.length = Math.max(0, this.cut.length - gone);
    this.isCut ||= gone > 0;
  }

  /** A message is stored: its pieces go when the stored one is shown. */
  stored(seq, message) {
    const before = this.cut.seq === Infinity ? 0 : this.cut.length;
    const rest = this.text.slice(before);
    const isWhole = rest.startsWith(message);
    const at = this.isCut && rest ? message.lastIndexOf(rest) : message.indexOf(rest);
    const isPart = !isWhole && (this.isCut ? at >= 0 : at === 0);
    this.owed = isPart ? message.slice(at + rest.length) : "";
    this.cut = { seq, length: before + (isWhole ? message.length : rest.length) };
  }

  /** The transcript shows everything up to an event; whether nothing can come any more. */
  settle(seq) {
    if (seq >= this.cut.seq) {
      this.text = this.text.slice(this.cut.length);
      this.cut = { seq: Infinity, length: 0 };
      this.isCut = false;
    }
    return seq >= this.ended;
  }
}

/** By node: whoever comes to another one sees what it has said so far. */
const lives = new Map();

function liveOf(id) {
  if (!lives.has(id)) lives.set(id, new Live());
  return lives.get(id);
}

/** The transcript that is there shows everything up to an event. */
function settle(seq) {
  if (lives.get(shown())?.settle(seq)) lives.delete(shown());
  showLive();
}

function showLive() {
  const box = document.getElementById("live");
  if (!box) return;
  const live = lives.get(shown());
  const [text, output] = [box.querySelector(".live-text"), box.querySelector(".live-output")];
  text.textContent = live?.text.trimStart() ?? "";
  output.textContent = live?.output ?? "";
  text.hidden = !text.textContent;
  box.querySelector(".live-cut").hidden = text.hidden || !live?.isCut;
  output.hidden = !output.textContent;
  box.hidden = text.hidden && output.hidden;
}

/* The stream. */

let source = null;
let last = Number(page.dataset.seq);
let retry = RETRY[0];
let isOver = page.dataset.over === "true";
let away = null;
/** Up to which piece is known what is said: what the stream began with. */
let known = { server: null, number: 0 };

function connect() {
  source?.close();
  source = new EventSource(`/api/runs/${run}/events?after=${last}`);
  source.addEventListener("open", () => {
    retry = RETRY[0];
    // What is said at this moment comes first.
    lives.clear();
    known = { server: null, number: 0 };
    showLive();
    back();
  });
  source.addEventListener("soFar", ({ data }) => {
    const { nodes, ...all } = JSON.parse(data);
    known = all;
    for (const said of nodes) lives.set(said.nodeId, Live.of(said));
    showSaid();
  });
  source.addEventListener("message", ({ data }) => heard(JSON.parse(data)));
  source.addEventListener("live", ({ data }) => {
    const piece = JSON.parse(data);
    if (piece.server === known.server && piece.number <= known.number) return;
    liveOf(piece.nodeId).add(piece.kind, piece.text, piece.isCut);
    if (piece.nodeId === shown()) showSaid();
  });
  source.addEventListener("end", () => {
    isOver = true;
    disconnect();
    back();
    lives.clear();
    want("now", "transcript", "artifacts");
  });
  source.addEventListener("error", lost);
}

function showSaid() {
  const isFollowing = atEnd(".transcript");
  showLive();
  if (isFollowing) toEnd(".transcript");
}

function disconnect() {
  source?.close();
  source = null;
}

/** The connection broke: another is made until one holds, whatever the browser thinks of it. */
function lost() {
  disconnect();
  if (isOver) return;
  away ??= setTimeout(() => say("The server can't be reached. Trying again…"), PATIENCE);
  setTimeout(reconnect, retry);
  retry = Math.min(2 * retry, RETRY[1]);
}

async function reconnect() {
  if (source || isOver || document.hidden) return;
  // A stream that is refused doesn't say why; this does.
  try {
    const response = await fetch("/api/session");
    if (response.status === 401) return signedOut();
  } catch {
    return lost();
  }
  connect();
}

/** The server is there: what was missed is asked for. */
function back() {
  const wasAway = away !== null;
  clearTimeout(away);
  away = null;
  if (!wasAway) return;
  say(null);
  want("now", "transcript", "artifacts");
}

/** A stored event: which parts it changes. */
function heard(event) {
  if (event.seq <= last) return;
  last = event.seq;
  want("now");
  const of = event.payload?.nodeId;
  if (event.type === "ArtifactStored") want("artifacts");
  const live = lives.get(of);
  if (event.type === "EngineText") live?.stored(event.seq, event.payload.payload?.text ?? "");
  if (live && event.type === "EngineToolCallCompleted") live.output = "";
  if (live && /^EngineNode(Completed|Failed)$/.test(event.type)) {
    live.output = "";
    live.ended = event.seq;
    if (of !== shown()) lives.delete(of);
  }
  // Whoever hasn't chosen a node sees the one that works.
  if (of === shown() || (!node && event.type === "EngineNodeStarted")) want("transcript");
}

function signedOut() {
  disconnect();
  isOver = true;
  clearTimeout(away);
  say("You are signed out.", signIn());
}

/* What the reader does: forms are sent without leaving the page. */

sendInPlace((isDone) => {
  // A run that was over goes on.
  if (isDone && isOver) {
    isOver = false;
    connect();
  }
  want("now", "transcript");
});

/* A page in the background gives its connection back: a browser has few for one server. */

let hiding = null;

document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (document.hidden) {
    hiding = setTimeout(disconnect, BACKGROUND);
  } else if (!source && !isOver) {
    want("now", "transcript", "artifacts");
    connect();
  }
});

paint();
BOXES.forEach(toEnd);
if (!isOver) connect();
