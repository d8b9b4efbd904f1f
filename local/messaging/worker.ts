/** The thread of the emulator. What it needs to be fit for us is done to Node's modules before. */
import { Server as HttpServer, type RequestListener } from "node:http";
import { Server } from "node:net";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { forThisMachine, refuseWithMessage } from "../foreign-requests.ts";
import type { MessagingMessage, MessagingOptions } from "./messaging.ts";

const port = parentPort;
if (port === null) throw new Error("worker.ts runs in a worker thread only");

/**
 * fauxqs 2.4 listens on every interface of the machine and has no option for another. No message of
 * ours, nor anybody's who asks, goes over the network: every server of this thread is on loopback.
 */
const listenOnLoopbackOnly = (): void => {
  const { listen } = Server.prototype as { listen: (this: Server, ...args: unknown[]) => Server };
  Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
    const [options, ...others] = args;
    if (typeof options !== "object" || options === null) {
      throw new TypeError("the emulator listens in a way that is not known to be on loopback");
    }
    return listen.call(this, { ...options, host: "127.0.0.1" }, ...others);
  };
};

/**
 * One fsync per message is most of what a message costs, and protects from a loss of power alone:
 * what a killed process has written is the operating system's by then.
 */
const syncAtCheckpointsOnly = (): void => {
  const { exec, prepare } = DatabaseSync.prototype as {
    exec: (this: DatabaseSync, sql: string) => void;
    prepare: (this: DatabaseSync, sql: string) => StatementSync;
  };
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string): void {
    exec.call(this, sql);
    if (/journal_mode = WAL/i.test(sql)) exec.call(this, "PRAGMA synchronous = NORMAL");
  };
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
    return prepare.call(this, keepingReceiveCount(sql));
  };
};

/**
 * To make a message visible again at once, fauxqs 2.4 sets its count of receives to null, where its
 * own table allows no null: the request fails and the message is out of the queue until a restart.
 */
const keepingReceiveCount = (sql: string): string =>
  sql.replace(
    "approximate_receive_count = ?,",
    "approximate_receive_count = COALESCE(?, approximate_receive_count),",
  );

/** fauxqs 2.4 answers every name and every site. */
const answerThisMachineOnly = (): void => {
  const { emit } = HttpServer.prototype as {
    emit: (this: HttpServer, name: string, ...args: unknown[]) => boolean;
  };
  HttpServer.prototype.emit = function (this: HttpServer, name: string, ...args: unknown[]) {
    if (name !== "request") return emit.call(this, name, ...args);
    const answer: RequestListener = (...request) => void emit.call(this, name, ...request);
    forThisMachine(answer, refuseWithMessage)(...(args as Parameters<RequestListener>));
    return true;
  };
};

listenOnLoopbackOnly();
answerThisMachineOnly();
syncAtCheckpointsOnly();
const { startFauxqs } = await import("fauxqs");
const { dataDirectory } = workerData as MessagingOptions;
const server = await startFauxqs({
  port: 0,
  logger: false,
  ...(dataDirectory !== undefined && { dataDir: dataDirectory }),
});
port.once("message", () => void server.stop().finally(() => process.exit(0)));
const message: MessagingMessage = { endpoint: `http://127.0.0.1:${server.port}` };
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window
port.postMessage(message);
