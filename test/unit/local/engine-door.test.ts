import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEngineDoor } from "../../../local/engines/engine-door.ts";

const received: string[] = [];
let answer = "answer";

/** The head of a request of this machine. */
const head = "POST / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n";
let engineSockets: Socket[] = [];
let door: Awaited<ReturnType<typeof startEngineDoor>>;

const engine = createServer((socket) => {
  engineSockets.push(socket);
  socket.on("data", (chunk) => {
    received.push(chunk.toString());
    socket.write(answer);
  });
  socket.on("error", () => {});
});

beforeAll(async () => {
  engine.listen(0, "127.0.0.1");
  await once(engine, "listening");
  const { port } = engine.address() as AddressInfo;
  door = await startEngineDoor({ endpoint: `http://127.0.0.1:${port}`, losesTokens: true });
});

afterAll(async () => {
  await door.stop();
  engine.close();
});

const open = async (): Promise<Socket> => {
  const socket = connect(Number(new URL(door.endpoint).port), "127.0.0.1");
  await once(socket, "connect");
  return socket;
};

/** Sends `text` and returns the bytes that the engine receives. */
const pass = async (text: string): Promise<string> => {
  received.length = 0;
  const socket = await open();
  socket.write(head + text);
  const [got] = (await once(socket, "data")) as [Buffer];
  expect(got.toString()).toBe("answer");
  socket.destroy();
  expect(received.join("").startsWith(head)).toBe(true);
  return received.join("").slice(head.length);
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
  socket.write(head);
  await once(socket, "data");
  const closed = once(socket, "close");
  engineSockets.at(-1)!.destroy();
  await closed;
});

test("an engine that is gone closes the connection, and the door lives on", async () => {
  const nowhere = await startEngineDoor({ endpoint: "http://127.0.0.1:1", losesTokens: false });
  const socket = connect(Number(new URL(nowhere.endpoint).port), "127.0.0.1");
  socket.on("error", () => {});
  socket.write(head);
  await once(socket, "close");
  const again = connect(Number(new URL(nowhere.endpoint).port), "127.0.0.1");
  await once(again, "connect");
  again.destroy();
  await nowhere.stop();
});

test("a head that comes byte by byte is passed on as it is", async () => {
  received.length = 0;
  const socket = await open();
  for (const byte of `${head}{}`) socket.write(byte);
  await expect.poll(() => received.join("")).toBe(`${head}{}`);
  socket.destroy();
});

test.each([
  ["Host: evil.example", 'Host \\"evil.example\\"'],
  ["Host: 127.0.0.1\r\nOrigin: https://evil.example", 'Origin \\"https://evil.example\\"'],
  ["Host: 127.0.0.1\r\nsec-fetch-site: cross-site", 'Sec-Fetch-Site \\"cross-site\\"'],
])("a request with %j is refused, and does not reach the engine", async (lines, reason) => {
  received.length = 0;
  const socket = await open();
  socket.write(`POST / HTTP/1.1\r\n${lines}\r\n\r\n{}`);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "end");
  const refused = Buffer.concat(chunks).toString();
  expect(refused).toMatch(/^HTTP\/1.1 403 Forbidden\r\n/);
  expect(refused).toContain(reason);
  expect(received).toEqual([]);
});

test("an answer for all sites becomes one for none, a value of that text is a value", async () => {
  answer =
    'HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\n\r\n{"S":"access-control-allow-origin:"}';
  try {
    const socket = await open();
    socket.write(head);
    const [got] = (await once(socket, "data")) as [Buffer];
    expect(got.toString()).toBe(answer.replace("\r\naccess", "\r\nXccess"));
    socket.destroy();
  } finally {
    answer = "answer";
  }
});
