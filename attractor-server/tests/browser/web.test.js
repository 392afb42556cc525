// The web UI as its readers have it: a real server, a real browser.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch, PHONE, Reader } from "./browser.js";
import { latch, Model } from "./model.js";
import { Server } from "./server.js";

const RELEASE = `digraph release {
  goal = "Release what is ready"
  start [shape=Mdiamond]
  exit [shape=Msquare]
  build [shape=parallelogram, label="Build", tool_command="echo built; mkdir -p .attractor/out; printf '# Report' > .attractor/out/report.md"]
  gate [shape=hexagon, label="Ship it?", max_visits=9]
  ship [shape=parallelogram, label="Ship", tool_command="echo shipped"]
  fix [shape=parallelogram, label="Fix", tool_command="echo fixed"]
  start -> build -> gate
  gate -> ship [label="[S] Ship"]
  gate -> fix [label="[F] Fix"]
  fix -> gate
  ship -> exit
}
`;

const WRITE = `digraph write {
  goal = "Say something"
  start [shape=Mdiamond]
  exit [shape=Msquare]
  write [label="Write", prompt="$goal"]
  start -> write -> exit
}
`;

let server;
let model;
let browser;

before(async () => {
  [server, model, browser] = await Promise.all([Server.start(), Model.start(), launch()]);
});

after(async () => {
  await browser?.close();
  await server?.remove();
  model?.stop();
});

/** A test with a reader who leaves at its end. */
function reads(name, options, story) {
  test(name, async () => {
    const reader = await Reader.of(browser, server, options);
    try {
      await story(reader, reader.page);
    } catch (error) {
      if (process.env.SCREENSHOTS) await reader.page.screenshot({ path: `${process.env.SCREENSHOTS}/failed.png`, fullPage: true });
      error.message += `\nnoticed: ${JSON.stringify(reader.noticed)}\nat ${reader.page.url()}`;
      throw error;
    }
    await reader.leave();
  });
}

reads("the printed link signs in once", {}, async (reader, page) => {
  await page.goto(server.link);
  await page.waitForURL((url) => url.pathname === "/");
  await page.getByText("admin", { exact: false }).first().waitFor();
});

reads("a project, an attractor whose error is mended, and a run up to its artifact", {}, async (reader, page) => {
  await reader.signIn();
  await page.goto("/projects/new");
  await page.getByLabel("Name", { exact: true }).fill("Press");
  await page.getByLabel("Repository").fill(server.repository);
  await page.getByLabel("Default branch").fill("main");
  await page.getByRole("button", { name: "Create project" }).click();
  await page.waitForURL(/\/projects\/c[a-z0-9]+$/);
  const project = page.url();

  await page.goto(`${project}/attractors/new`);
  const text = page.locator("#code .cm-content");
  await text.click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(RELEASE.replace("build -> gate", "build -> gat"));
  // Diagnostics come while one types, at their place; the graph shows what there is.
  await page.locator("#problems li.is-error, #problems li.is-warning").first().waitFor();
  await page.locator(".graph g.node").filter({ hasText: "gat" }).first().waitFor();
  await page.getByLabel("Name", { exact: true }).fill("release");
  await page.getByLabel("Path in the repository").fill("release.dot");
  await page.getByLabel("Runs are usually").selectOption("task");
  await page.getByLabel("Of stages that name none").selectOption("anthropic/claude-opus-5-5");
  // A form that is refused is an error to the browser.
  reader.expectsFailures = true;
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("alert").filter({ hasText: "isn't saved" }).waitFor();
  reader.expectsFailures = false;
  // The text is as it was sent. A click on a node leads to its line.
  await page.locator("#problems button.at").first().click();
  await page.locator(".graph g.node").filter({ hasText: "Build" }).first().click();
  await page.locator(".cm-activeLine").filter({ hasText: "build [" }).waitFor();
  await text.click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(RELEASE);
  await page.getByText("Nothing is wrong with it.").waitFor();
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByText("Saved. The newest version is 1.").waitFor();

  await page.goto(`${project}/runs/new`);
  await page.getByLabel("Attractor", { exact: true }).selectOption({ label: "release" });
  await page.getByRole("radio", { name: "task" }).check();
  await page.getByLabel("Source branch", { exact: true }).fill("main");
  await page.getByLabel("Target branch", { exact: true }).fill("work/first");
  await page.getByRole("button", { name: "Create run" }).click();
  await page.waitForURL(/\/runs\/c[a-z0-9]+$/);
  await reader.node("Build", "success");
  await reader.node("Ship it?", "running");
  await reader.node("Ship", "not reached");
  await page.getByRole("button", { name: "[F] Fix" }).click();
  await reader.node("Fix", "success");
  await page.getByRole("button", { name: "[S] Ship" }).click();
  await reader.status("SUCCEEDED");
  await reader.node("Ship", "success");

  const link = page.getByRole("link", { name: "Download report.md" });
  await link.waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  assert.equal(readFileSync(await download.path(), "utf8"), "# Report");
  await page.getByRole("link", { name: "report.md", exact: true }).click();
  await page.getByText("# Report").waitFor();
  await page.goBack();
  await page.getByRole("link", { name: "Why this way" }).click();
  await page.getByRole("heading", { name: "Why this way" }).waitFor();
});

reads("a run that waits is cancelled where it is shown", {}, async (reader, page) => {
  const run = await server.run(await server.project(RELEASE));
  await reader.signIn();
  await page.goto(`/runs/${run}`);
  await reader.node("Ship it?", "running");
  await page.getByText("Cancel…").click();
  await page.getByRole("button", { name: "Cancel the run" }).click();
  await reader.status("CANCELED");
  await reader.node("Ship it?", "interrupted");
  await page.getByText("Run again…").waitFor();
});

reads("what a model says comes as it says it, and survives the server's death", {}, async (reader, page) => {
  const [watched, go] = [latch(), latch()];
  model.says(
    { tool: "write_file", input: { file_path: "notes.txt", content: "one\ntwo\n" } },
    [() => watched.opened, "It begins ", "with one ", () => go.opened, "and ends ", "with two."],
  );
  const run = await server.run(await server.project(WRITE, model.secrets));
  await reader.signIn();
  const stream = page.waitForResponse(/\/events\?/);
  await page.goto(`/runs/${run}`);
  await stream;
  watched.open();
  await page.locator("#live").getByText("It begins with one").waitFor();
  await page.locator(".diff .add").filter({ hasText: "two" }).waitFor();

  reader.expectsFailures = true;
  await server.kill();
  await page.getByText("The server can't be reached").waitFor();
  await server.start();
  await page.getByText("The server can't be reached").waitFor({ state: "hidden" });
  reader.expectsFailures = false;
  go.open();
  await page.locator(".turn-said").getByText("It begins with one and ends with two.").waitFor();
  await reader.status("SUCCEEDED");
  await reader.node("Write", "success");
  await page.locator("#live").waitFor({ state: "hidden" });
  const said = await page.locator(".transcript").innerText();
  assert.equal(said.split("It begins with one").length, 2, said);
  assert.equal(await page.locator(".timeline li").filter({ hasText: "started" }).count(), 1);
  assert.equal(await page.locator(".turn-call").count(), 1);
});

reads("a run is answered with the keyboard alone", {}, async (reader, page) => {
  const run = await server.run(await server.project(RELEASE));
  await reader.signIn();
  await page.goto(`/runs/${run}`);
  await page.getByRole("button", { name: "[S] Ship" }).waitFor();
  // From the top of the page on, as somebody without a mouse goes.
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  for (let stops = 0; (await focused()) !== "[S] Ship"; stops += 1) {
    assert.ok(stops < 60, "the answer can't be reached with Tab");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await reader.status("SUCCEEDED");
  // A node of the graph is chosen with Enter.
  await page.locator('.graph g.node[aria-label="Build: success"]').focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Build" }).waitFor();
  await page.locator(".transcript .output").getByText("built").waitFor();
});

reads("a question is answered from the overview, which moves nothing meanwhile", {}, async (reader, page) => {
  const run = await server.run(await server.project(RELEASE));
  await reader.signIn();
  const question = page.locator(".question").filter({ has: page.locator(`a[href="/runs/${run}"]`) });
  await question.waitFor();
  // What is being written stays, and Enter in it chooses no answer.
  const note = question.getByLabel("A note");
  await note.fill("as agreed");
  await note.press("Enter");
  const same = page.waitForResponse((response) => response.url().endsWith("/part/overview") && response.status() === 304);
  await same;
  assert.equal(await note.inputValue(), "as agreed");
  await page.evaluate(() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shifted += entry.value;
    }).observe({ type: "layout-shift" });
  });
  await page.waitForResponse((response) => response.url().endsWith("/part/overview"));
  assert.equal(await page.evaluate(() => window.shifted), 0);
  await question.getByRole("button", { name: "[S] Ship" }).click();
  await question.waitFor({ state: "detached" });
  assert.equal(new URL(page.url()).pathname, "/");
  await page.goto(`/runs/${run}`);
  await reader.status("SUCCEEDED");
});

reads("whoever comes in the middle of a message sees its beginning", {}, async (reader, page) => {
  const [said, go] = [latch(), latch()];
  model.says(["It began ", "long ago, ", () => (said.open(), go.opened), "and it ends."]);
  const run = await server.run(await server.project(WRITE, model.secrets));
  await said.opened;
  await reader.signIn();
  await page.goto(`/runs/${run}`);
  await page.locator("#live .live-text").getByText("It began long ago,").waitFor();
  assert.equal(await page.locator(".live-cut").isVisible(), false);
  go.open();
  await page.locator(".turn-said").getByText("It began long ago, and it ends.").waitFor();
  await reader.status("SUCCEEDED");
  assert.equal((await page.locator(".transcript").innerText()).split("It began").length, 2);
});

reads("an attractor is saved with a message, compared and taken back", {}, async (reader, page) => {
  const { project, attractor } = await server.project(RELEASE);
  const place = `/projects/${project}/attractors/${attractor}`;
  await reader.signIn();
  await page.goto(place);
  await page.locator(".graph g.node").first().waitFor();
  await page.locator(".cm-line").filter({ hasText: "echo shipped" }).click();
  await page.keyboard.press("End");
  await page.keyboard.insertText(" // at last");
  await page.getByText("Not saved yet").waitFor();
  await page.getByLabel("What has changed").fill("Say when");
  await page.keyboard.press("Enter");
  await page.getByText("Saved. The newest version is 2.").waitFor();
  await page.getByRole("link", { name: "Versions (2)" }).click();
  await page.getByText("Say when").waitFor();
  await page.getByRole("link", { name: "2", exact: true }).click();
  await page.locator("#merge .cm-changedLine").first().waitFor();
  await page.goto(`${place}/versions/1`);
  await page.getByRole("link", { name: "Edit this text" }).click();
  await page.getByText("This is the text of version 1.").waitFor();
});

reads("whoever leaves what isn't saved is asked", {}, async (reader, page) => {
  const { project, attractor } = await server.project(RELEASE);
  await reader.signIn();
  await page.goto(`/projects/${project}/attractors/${attractor}`);
  await page.locator("#code .cm-content").click();
  await page.keyboard.insertText("// ");
  await page.getByText("Not saved yet").waitFor();
  const asked = page.waitForEvent("dialog");
  const left = page.goto("/").catch(() => null);
  const dialog = await asked;
  assert.equal(dialog.type(), "beforeunload");
  await dialog.accept();
  await left;
});

reads("nothing is scrolled sideways on a telephone", { viewport: PHONE, colorScheme: "dark" }, async (reader, page) => {
  const { project, attractor } = await server.project(RELEASE);
  const run = await server.run({ project, attractor });
  await reader.signIn();
  await page.goto(`/runs/${run}`);
  await reader.node("Ship it?", "running");
  await reader.fits();
  await page.goto(`/projects/${project}/attractors/${attractor}`);
  await page.locator(".graph g.node").first().waitFor();
  await reader.fits();
  for (const place of ["/", "/projects", "/runs", `/runs/${run}/log`, `/runs/${run}/explain`]) {
    await page.goto(place);
    await reader.fits();
  }
  for (const place of ["", "/versions", "/versions/1"]) {
    await page.goto(`/projects/${project}/attractors/${attractor}${place}`);
    await reader.fits();
  }
});

reads("without scripts a run is read and answered, and an attractor is saved", { javaScriptEnabled: false }, async (reader, page) => {
  const { project, attractor } = await server.project(RELEASE);
  const run = await server.run({ project, attractor });
  await reader.signIn();
  // Nothing comes by itself: the page is loaded until the question is there.
  do {
    await page.goto(`/runs/${run}`);
  } while ((await page.getByRole("button", { name: "[S] Ship" }).count()) === 0);
  await page.getByRole("img", { name: "The pipeline's graph" }).waitFor();
  await page.getByRole("button", { name: "[S] Ship" }).click();
  do {
    await page.goto(`/runs/${run}?node=ship`);
  } while ((await page.locator("#run-status[data-status=SUCCEEDED]").count()) === 0);
  await page.locator(".transcript").getByText("shipped").first().waitFor();
  await page.goto(`/projects/${project}/attractors/${attractor}`);
  await page.getByLabel("Pipeline").fill(RELEASE.replace("echo fixed", "echo mended"));
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved. The newest version is 2.").waitFor();
});
