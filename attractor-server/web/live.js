// Keeps parts of a page as the server has them now: `<section data-live="/part/…" data-every="3000">`.
// The server renders the part, unless it's what the page has; idiomorph puts it in place, so that focus and open
// details stay. A page that nobody sees asks for nothing.

import { Idiomorph } from "./vendor/idiomorph.js";
import { retime, say, signIn } from "./app.js";
import { sendInPlace } from "./place.js";

// Between two tries while the server can't be reached.
const patience = [1000, 2000, 4000, 8000];

function morph(part, html) {
  Idiomorph.morph(part, html, {
    morphStyle: "innerHTML",
    ignoreActiveValue: true,
    callbacks: {
      beforeAttributeUpdated: (name, node) => !(name === "open" && node.localName === "details"),
      beforeNodeMorphed: (old, now) => {
        if (!(old instanceof Element)) return true;
        // The words for times are kept going elsewhere.
        if (old.localName === "time" && now.dateTime === old.dateTime) return false;
        // What is being written stays.
        return !(old.localName === "form" && old.contains(document.activeElement));
      },
    },
  });
  retime(part);
}

/** Calls that wait for the next look. */
let waiting = [];
const look = () => {
  const calls = waiting;
  waiting = [];
  for (const call of calls) call();
};
const pause = (ms) => new Promise((done) => {
  waiting.push(done);
  setTimeout(done, ms);
});
const visible = () => new Promise((done) => {
  const seen = () => {
    if (document.hidden) return;
    document.removeEventListener("visibilitychange", seen);
    done();
  };
  document.addEventListener("visibilitychange", seen);
});

async function keep(part) {
  const every = Number(part.dataset.every) || 3000;
  let failures = 0;
  let tag = null;
  for (;;) {
    await pause(failures ? patience[Math.min(failures, patience.length) - 1] : every);
    if (document.hidden) await visible();
    if (!part.isConnected) return;
    try {
      const headers = tag ? { "if-none-match": tag } : {};
      const answer = await fetch(part.dataset.live, { headers, signal: AbortSignal.timeout(10_000) });
      if (answer.status === 401) return say("You are signed out.", signIn());
      if (answer.status === 404 || answer.status === 403) return say("This can't be seen any more.", { href: "", text: "Load the page again" });
      if (!answer.ok && answer.status !== 304) throw new Error(answer.statusText);
      if (answer.status !== 304) {
        morph(part, await answer.text());
        tag = answer.headers.get("etag");
      }
      if (failures) say(null);
      failures = 0;
    } catch {
      failures += 1;
      if (failures > 1) say("The server can't be reached. Trying again…");
    }
  }
}

for (const part of document.querySelectorAll("[data-live]")) keep(part);
sendInPlace(look);
