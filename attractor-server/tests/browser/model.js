// A model on loopback that speaks Anthropic's Messages API, and says what a test tells it to, when it
// tells it to.

import { createServer } from "node:http";
import { once } from "node:events";

export class Model {
  #waiting = [];
  #turns = [];

  static async start() {
    const model = new Model();
    model.server = createServer((request, response) => model.#answer(request, response));
    model.server.listen(0, "127.0.0.1");
    await once(model.server, "listening");
    model.base = `http://127.0.0.1:${model.server.address().port}`;
    return model;
  }

  /** What a project needs to ask it. */
  get secrets() {
    return { ANTHROPIC_API_KEY: "sk-ant-test", ANTHROPIC_BASE_URL: this.base };
  }

  /** The next answers: each a list of pieces, texts or functions that are awaited, or a tool call. */
  says(...turns) {
    this.#turns.push(...turns);
  }

  async #answer(request, response) {
    for await (const _ of request);
    const turn = this.#turns.shift() ?? ["Done."];
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (type, data) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
    const usage = { input_tokens: 1200, output_tokens: 1 };
    const message = { id: "msg_1", type: "message", role: "assistant", model: "claude-opus-5-5", content: [] };
    send("message_start", { message: { ...message, stop_reason: null, stop_sequence: null, usage } });
    const isCall = !Array.isArray(turn);
    const block = isCall
      ? { type: "tool_use", id: `toolu_${Math.random().toString(36).slice(2)}`, name: turn.tool, input: {} }
      : { type: "text", text: "" };
    send("content_block_start", { index: 0, content_block: block });
    if (isCall) {
      send("content_block_delta", { index: 0, delta: { type: "input_json_delta", partial_json: JSON.stringify(turn.input) } });
    } else {
      for (const piece of turn) {
        if (typeof piece === "function") await piece();
        else send("content_block_delta", { index: 0, delta: { type: "text_delta", text: piece } });
      }
    }
    send("content_block_stop", { index: 0 });
    send("message_delta", { delta: { stop_reason: isCall ? "tool_use" : "end_turn", stop_sequence: null }, usage: { output_tokens: 40 } });
    send("message_stop", {});
    response.end();
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** Something that a test lets happen: `await latch.opened` waits for `latch.open()`. */
export function latch() {
  let open;
  const opened = new Promise((done) => (open = done));
  return { opened, open };
}
