// A real `attractor serve` in a directory of its own, and what a test asks of it beside the browser.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const binary = process.env.ATTRACTOR_BINARY;
if (!binary) throw new Error("ATTRACTOR_BINARY must name the command: scripts/browser-tests does so");

const git = (directory, ...args) => execFileSync("git", ["-C", directory, ...args], { stdio: "pipe" });

export class Server {
  #child = null;
  #listen = "127.0.0.1:0";

  constructor() {
    this.root = mkdtempSync(join(tmpdir(), "attractor-browser-"));
    this.repository = join(this.root, "repository");
    execFileSync("git", ["init", "--quiet", "--initial-branch=main", this.repository]);
    writeFileSync(join(this.repository, "README.md"), "# A project\n");
    git(this.repository, "add", "--all");
    git(this.repository, "-c", "user.name=Test", "-c", "user.email=test@localhost", "commit", "--quiet", "--message=Begin");
  }

  static async start() {
    const server = new Server();
    await server.start();
    return server;
  }

  /** Starts the command, the second time at the address of the first. */
  async start() {
    const args = ["serve", "--listen", this.#listen, "--data-dir", join(this.root, "data"), "--repository-root", this.root];
    const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], env: this.#environment() });
    this.#child = child;
    let said = "";
    child.stderr.on("data", (piece) => (said += piece));
    await new Promise((done, failed) => {
      child.once("exit", (code) => failed(new Error(`attractor serve ended with ${code}: ${said}`)));
      child.stdout.on("data", (piece) => {
        said += piece;
        if (said.includes("Ctrl-C")) done();
      });
    });
    child.removeAllListeners("exit");
    this.base = /serves (http:\/\/\S+)/.exec(said)[1];
    this.link = /sign in\s+(\S+)/.exec(said)[1];
    this.#listen = new URL(this.base).host;
    this.token = readFileSync(join(this.root, "data/admin-token"), "utf8").trim();
  }

  /** What git and the server need, and nothing of who runs the tests. */
  #environment() {
    const { PATH, LANG, TMPDIR, LLVM_PROFILE_FILE } = process.env;
    const all = { PATH, LANG, TMPDIR, LLVM_PROFILE_FILE, HOME: this.root };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  }

  /** Ends the command at once, as a crash would. */
  async kill() {
    await this.#end("SIGKILL");
  }

  async #end(signal) {
    const child = this.#child;
    this.#child = null;
    if (!child) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  async remove() {
    // Runs that a test has left end with it.
    for (const { id } of (await this.api("GET", "/api/runs?status=QUEUED,RUNNING,PAUSED")).runs) {
      await this.api("POST", `/api/runs/${id}/cancel`);
    }
    await this.#end("SIGTERM");
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The API's answer. */
  async api(method, path, body) {
    const response = await fetch(this.base + path, {
      method,
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** A project with the repository, and an attractor. */
  async project(content, secrets = {}) {
    const project = await this.api("POST", "/api/projects", { name: `Project ${++count}` });
    await this.api("PATCH", `/api/projects/${project.id}`, { repository: this.repository, defaultBranch: "main" });
    if (Object.keys(secrets).length > 0) {
      // Each value's key is the variable that it is for.
      const keyMappings = Object.fromEntries(Object.keys(secrets).map((name) => [name, name]));
      const secret = { name: "model", provider: "__arbitrary__", keyMappings, values: secrets };
      await this.api("POST", `/api/projects/${project.id}/secrets`, secret);
    }
    const attractor = await this.api("POST", `/api/projects/${project.id}/attractors`, {
      name: "release",
      repoPath: "release.dot",
      defaultRunType: "task",
      content,
      modelConfig: { provider: "anthropic", modelId: "claude-opus-5-5" },
    });
    return { project: project.id, attractor: attractor.id };
  }

  /** A run of it. */
  async run({ project, attractor }) {
    const run = await this.api("POST", "/api/runs", {
      projectId: project,
      attractorDefId: attractor,
      runType: "task",
      sourceBranch: "main",
      targetBranch: `work/${++count}`,
    });
    return run.runId;
  }
}

let count = 0;
