// Keeps parts of a page as the server has them now: `<section data-live="/part/…" data-every="3000">`.
// The server renders the part; idiomorph puts it in place, so that focus and open details stay.

import { Idiomorph } from "./vendor/idiomorph.js";
import { retime, say, signIn } from "./app.js";

// Between two tries while the server can't be reached.
const patience = [1000, 2000, 4000, 8000];

export function morph(part, html) {
  Idiomorph.morph(part, html, {
    morphStyle: "innerHTML",
    ignoreActiveValue: true,
    callbacks: {
      beforeAttributeUpdated: (name, node) => !(name === "open" && node.localName === "details"),
      // The words for times are kept going here.
      beforeNodeMorphed: (old, now) => !(old.localName === "time" && now.dateTime === old.dateTime),
    },
  });
  retime(part);
}

async function keep(part) {
  const every = Number(part.dataset.every) || 3000;
  let failures = 0;
  let last = null;
  for (;;) {
    await pause(failures ? patience[Math.min(failures, patience.length) - 1] : every);
    if (document.hidden) await visible();
    if (!part.isConnected) return;
    try {
      const answer = await fetch(part.dataset.live, { credentials: "same-origin", signal: AbortSignal.timeout(10_000) });
      if (answer.status === 401) return say("You are signed out.", signIn());
      if (answer.status === 404 || answer.status === 403) return say("This can't be seen any more.", { href: "", text: "Load the page again" });
      if (!answer.ok) throw new Error(answer.statusText);
      const html = await answer.text();
      if (failures) say(null);
      failures = 0;
      if (html !== last) morph(part, html);
      last = html;
    } catch {
      failures += 1;
      if (failures > 1) say("The server can't be reached. Trying again…");
    }
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const visible = () => new Promise((done) => {
  const look = () => {
    if (document.hidden) return;
    document.removeEventListener("visibilitychange", look);
    done();
  };
  document.addEventListener("visibilitychange", look);
});

for (const part of document.querySelectorAll("[data-live]")) keep(part);
