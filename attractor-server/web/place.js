// Forms that are sent without leaving the page: `<form data-in-place>`, of a page that is alive.

import { say, signIn } from "./app.js";

/** `sent` is called after each that was sent, with whether it was done. */
export function sendInPlace(sent) {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-in-place]")) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    const says = form.querySelector("[role=alert]");
    const buttons = [...form.querySelectorAll("button:not([hidden])")];
    for (const button of buttons) button.disabled = true;
    let isDone = false;
    try {
      const response = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      if (response.status === 401) return say("You are signed out: nothing was sent.", signIn());
      isDone = response.ok || response.type === "opaqueredirect";
      if (says) says.textContent = isDone ? "" : ((await problem(response)) ?? "That didn't work.");
      if (isDone) leave(form);
    } catch {
      if (says) says.textContent = "The server can't be reached: nothing was done.";
    } finally {
      for (const button of buttons) button.disabled = false;
      delete form.dataset.sent;
    }
    sent(isDone);
  });
}

/** What was sent goes; whoever uses the keyboard stays where it was. */
function leave(form) {
  const hadFocus = form.contains(document.activeElement);
  form.closest("details")?.removeAttribute("open");
  const section = form.closest("#questions");
  if (hadFocus && section) section.focus({ preventScroll: true });
}

async function problem(response) {
  try {
    const { error } = await response.json();
    return error && error[0].toUpperCase() + error.slice(1);
  } catch {
    return null;
  }
}
