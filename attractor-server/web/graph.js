// A pipeline's picture, laid out by Graphviz. How its nodes stand is in classes, so that nothing moves
// when that changes.

let loading;

/** Graphviz, once. It is large, so it comes after the page. */
function graphviz() {
  loading ??= import("./vendor/graphviz.js").then(({ Graphviz }) => Graphviz.load());
  return loading;
}

/** How a node stands, in words. */
const WORDS = {
  running: "running",
  success: "success",
  partial: "partly done",
  failed: "failed",
  skipped: "skipped",
  interrupted: "interrupted",
  idle: "not reached",
};

/** Lays out DOT as the server writes it; an SVG element. */
async function layOut(dot) {
  const text = (await graphviz()).layout(dot, "svg", "dot");
  const { documentElement } = new DOMParser().parseFromString(text, "image/svg+xml");
  const svg = document.importNode(documentElement, true);
  // The background, which is the page's.
  svg.querySelector("g.graph > polygon")?.remove();
  svg.querySelector("g.graph > title")?.remove();
  return svg;
}

/** The picture in an element. */
export class Picture {
  #host;
  #pick;
  #ticket = 0;
  #dot = null;
  #nodes = new Map();
  #edges = new Map();
  #states = new Map();
  #taken = new Map();
  #selected = null;

  /** `pick` is called with the id of a node that somebody chooses. */
  constructor(host, pick) {
    this.#host = host;
    this.#pick = pick;
  }

  /** Draws another pipeline; if a newer one comes while this is laid out, this is dropped. */
  async show(dot) {
    if (dot === this.#dot) return;
    this.#dot = dot;
    const ticket = ++this.#ticket;
    let svg;
    try {
      svg = await layOut(dot);
    } catch (error) {
      if (ticket === this.#ticket) this.#host.dataset.problem = "The graph can't be drawn.";
      console.warn("the graph can't be drawn", error);
      return;
    }
    if (ticket !== this.#ticket) return;
    delete this.#host.dataset.problem;
    this.#take(svg);
    this.#host.replaceChildren(svg);
    this.#paint();
  }

  /** Shows something in place of a picture. */
  clear(element) {
    this.#ticket += 1;
    this.#dot = null;
    this.#nodes = new Map();
    this.#edges = new Map();
    delete this.#host.dataset.problem;
    this.#host.replaceChildren(element);
  }

  #take(svg) {
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", "The pipeline's graph");
    this.#nodes = new Map();
    this.#edges = new Map();
    for (const group of svg.querySelectorAll("g.node")) {
      const title = group.querySelector("title");
      const id = title.textContent;
      const label = [...group.querySelectorAll("text")].map((text) => text.textContent).join(" ");
      group.setAttribute("tabindex", "0");
      group.setAttribute("role", "button");
      group.addEventListener("click", () => this.#pick(id));
      group.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        this.#pick(id);
      });
      this.#nodes.set(id, { group, title, label: label || id });
    }
    for (const group of svg.querySelectorAll("g.edge")) {
      group.querySelector("title")?.remove();
      this.#edges.set(Number(group.id.replace("edge-", "")), group);
    }
  }

  /** How nodes stand, by their ids; those that aren't in it weren't reached. None: it is no run. */
  setStates(states, taken = new Map()) {
    this.#states = states;
    this.#taken = taken;
    this.#paint();
  }

  /** Marks the node that the page is about. */
  select(id) {
    this.#selected = id;
    this.#paint();
  }

  #paint() {
    for (const [id, { group, title, label }] of this.#nodes) {
      const state = this.#states && (this.#states.get(id) ?? "idle");
      for (const name of Object.keys(WORDS)) group.classList.toggle(`is-${name}`, name === state);
      group.classList.toggle("is-selected", id === this.#selected);
      const words = state ? `${label}: ${WORDS[state] ?? state}` : label;
      group.setAttribute("aria-label", words);
      title.textContent = words;
    }
    for (const [index, group] of this.#edges) {
      group.classList.toggle("is-taken", (this.#taken.get(index) ?? 0) > 0);
    }
  }
}
