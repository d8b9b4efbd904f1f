import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startRequestTokenFilter } from "../../../local/engines/request-token-filter.ts";

const received: string[] = [];
let engineSockets: Socket[] = [];
let filter: Awaited<ReturnType<typeof startRequestTokenFilter>>;

const engine = createServer((socket) => {
  engineSockets.push(socket);
  socket.on("data", (chunk) => {
    received.push(chunk.toString());
    socket.write("answer");
  });
  socket.on("error", () => {});
});

beforeAll(async () => {
  engine.listen(0, "127.0.0.1");
  await once(engine, "listening");
  const { port } = engine.address() as AddressInfo;
  filter = await startRequestTokenFilter(`http://127.0.0.1:${port}`);
});

afterAll(async () => {
  await filter.stop();
  engine.close();
});

const open = async (): Promise<Socket> => {
  const socket = connect(Number(new URL(filter.endpoint).port), "127.0.0.1");
  await once(socket, "connect");
  return socket;
};

/** What the engine gets when `text` is sent. */
const pass = async (text: string): Promise<string> => {
  received.length = 0;
  const socket = await open();
  socket.write(text);
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toBe("answer");
  socket.destroy();
  return received.join("");
};

test("a request token gets another name of the same length, all else passes", async () => {
  const sent = '{"TransactItems":[],"ClientRequestToken":"a-token"}';
  const got = await pass(sent);
  expect(got).toBe('{"TransactItems":[],"XlientRequestToken":"a-token"}');
  expect(got).toHaveLength(sent.length);
});

test("every token of a chunk is renamed", async () => {
  const sent = '{"ClientRequestToken":"a"}{"ClientRequestToken":"b"}';
  expect(await pass(sent)).toBe('{"XlientRequestToken":"a"}{"XlientRequestToken":"b"}');
});

test("a value of that text is a value: a SKU may be called so", async () => {
  const sent = '{"sku":{"S":"ClientRequestToken"},"o":{"S":"\\"ClientRequestToken\\":"}}';
  expect(await pass(sent)).toBe(sent);
});

test("when one end goes, the other goes too", async () => {
  engineSockets = [];
  const socket = await open();
  socket.write("hello");
  await once(socket, "data");
  const closed = once(socket, "close");
  engineSockets.at(-1)!.destroy();
  await closed;
});

test("an engine that is gone closes the connection, and the filter lives on", async () => {
  const nowhere = await startRequestTokenFilter("http://127.0.0.1:1");
  const socket = connect(Number(new URL(nowhere.endpoint).port), "127.0.0.1");
  socket.on("error", () => {});
  socket.write("hello");
  await once(socket, "close");
  const again = connect(Number(new URL(nowhere.endpoint).port), "127.0.0.1");
  await once(again, "connect");
  again.destroy();
  await nowhere.stop();
});
