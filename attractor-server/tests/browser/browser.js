// Chromium, and pages that notice what a reader would not: errors on the console, what the policy has
// blocked, requests to other hosts.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long a condition may take to come true: ten times what it takes on a busy machine. */
const PATIENCE = 60_000;

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });

export const PHONE = { width: 390, height: 844 };

/** A reader with a browser of their own. */
export class Reader {
  static async of(browser, server, options = {}) {
    const reader = new Reader();
    reader.server = server;
    reader.context = await browser.newContext({ baseURL: server.base, acceptDownloads: true, ...options });
    reader.context.setDefaultTimeout(PATIENCE);
    reader.page = await reader.context.newPage();
    reader.noticed = [];
    /** While the server is away, what can't be loaded is no fault. */
    reader.expectsFailures = false;
    reader.#notice();
    return reader;
  }

  #notice() {
    const host = new URL(this.server.base).host;
    this.page.on("console", (message) => {
      const isFault = ["error", "warning"].includes(message.type()) && !this.expectsFailures;
      if (isFault) this.noticed.push(`console: ${message.text()} (${message.location().url})`);
    });
    this.page.on("pageerror", (error) => this.noticed.push(`error: ${error.stack}`));
    this.page.on("request", (request) => {
      const { protocol, host: other } = new URL(request.url());
      if (/^https?:$/.test(protocol) && other !== host) this.noticed.push(`request to ${request.url()}`);
    });
    this.context.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => {
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
      });
    });
  }

  /** Signs in with the administrator's token. */
  async signIn() {
    await this.page.goto("/sign-in");
    await this.page.getByLabel("Token").fill(this.server.token);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.page.waitForURL((url) => url.pathname === "/");
  }

  /** The node's state in the graph. */
  async node(label, state) {
    await this.page.locator(`.graph g.node[aria-label="${label}: ${state}"]`).waitFor();
  }

  async status(word) {
    await this.page.locator(`#run-status[data-status="${word}"]`).waitFor();
  }

  /** That nothing has to be scrolled sideways. */
  async fits() {
    const [width, room] = await this.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(width <= room, `${this.page.url()} is ${width} wide in ${room}`);
  }

  /** Ends the visit; what was noticed fails the test. */
  async leave() {
    await this.context.close();
    assert.deepEqual(this.noticed, []);
  }
}
