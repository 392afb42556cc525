// What every page has: colours, things that open, copying, times that go on.
// Everything works without it but the switch of colours and copying, which aren't shown then.

const root = document.documentElement;

/* Colours: the server reads the cookie, so that no page flashes in the other colours first. */
const themes = ["", "light", "dark"];
const named = { "": "as the system is", light: "light", dark: "dark" };
for (const button of document.querySelectorAll("[data-theme-switch]")) {
  const show = () => {
    const theme = root.dataset.theme ?? "";
    button.textContent = { "": "◐", light: "☀", dark: "☾" }[theme];
    button.setAttribute("aria-label", `Colours: ${named[theme]}`);
    button.title = `Colours: ${named[theme]}`;
  };
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme ?? "") + 1) % themes.length];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    document.cookie = `attractor_theme=${next}; path=/; max-age=${next ? 31536000 : 0}; samesite=lax`;
    show();
  });
  show();
  button.hidden = false;
}

/* Menus and questions close when one goes elsewhere. */
const opened = "details.menu[open], details.confirm[open]";
document.addEventListener("click", (event) => {
  for (const details of document.querySelectorAll(opened)) {
    if (!details.contains(event.target)) details.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const details of document.querySelectorAll(opened)) {
    details.open = false;
    details.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  if (close) close.closest("details").open = false;
});

/* Copying. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.dataset.copy || document.getElementById(button.dataset.copyFrom)?.textContent;
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text ?? "");
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and copy it by hand";
  }
  setTimeout(() => { button.textContent = before; }, 1600);
});

/* A form is sent once, however often one clicks. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

/* Times: in the reader's own zone behind the words, and the words go on. */
const units = [[86400 * 60, 86400 * 30, "months"], [86400, 86400, "d"], [3600, 3600, "h"], [60, 60, "min"], [0, 1, "s"]];
export function span(seconds) {
  const [, size, unit] = units.find(([from]) => seconds >= from);
  const whole = Math.floor(seconds / size);
  const rest = Math.floor(seconds % size);
  if (unit === "min" && whole < 10) return `${whole} min ${rest} s`;
  if (unit === "h" && whole < 10) return `${whole} h ${Math.floor(rest / 60)} min`;
  return `${whole} ${unit}`;
}
// How far the server's clock is ahead of ours: pages are rendered by its clock.
const ahead = Date.parse(document.body.dataset.now) - Date.now();
export function retime(within = document) {
  const now = Date.now() + (Number.isNaN(ahead) ? 0 : ahead);
  for (const time of within.querySelectorAll("time[datetime]")) {
    const at = Date.parse(time.dateTime);
    if (Number.isNaN(at)) continue;
    if (!time.dataset.local) {
      time.dataset.local = "yes";
      time.title = new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
    }
    if (time.dataset.as === "exact") continue;
    const seconds = (now - at) / 1000;
    const away = span(Math.abs(seconds));
    const text = time.dataset.as === "span" ? away : seconds < -1 ? `in ${away}` : seconds < 5 ? "just now" : `${away} ago`;
    if (time.textContent !== text) time.textContent = text;
  }
}
retime();
setInterval(() => { if (!document.hidden) retime(); }, 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) retime(); });

/* What is said over the page when the server can't be reached, or who looks is signed out. */
const banner = document.querySelector("[data-banner]");
export function say(text, link) {
  if (!banner) return;
  banner.hidden = !text;
  banner.textContent = text ?? "";
  if (text && link) {
    const a = document.createElement("a");
    a.href = link.href;
    a.textContent = link.text;
    banner.append(" ", a);
  }
}
export const signIn = () => ({ href: `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`, text: "Sign in" });

/* A choice that decides what the page asks for. */
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

/* Fields that only one type of run has. */
const types = document.querySelectorAll('input[name="runType"]');
if (types.length) {
  const show = () => {
    const chosen = document.querySelector('input[name="runType"]:checked')?.value;
    for (const field of document.querySelectorAll("[data-for]")) field.hidden = field.dataset.for !== chosen;
  };
  for (const type of types) type.addEventListener("change", show);
  show();
}
